//! Webhooks: somebody's server is told what happens.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::world::World;
use serde_json::json;

/// Makes one, has it tested, looks at what became of its deliveries.
pub fn webhooks(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let known = (!own.webhooks.is_empty()).then(|| random.pick(&own.webhooks).clone());
    let few = own.webhooks.len() < 3;
    let (command, about) = match (random.below(10), known) {
        (0..4, Some(id)) => (json!({ "testWebhook": { "webhookId": id } }), About::Other),
        (4..6, Some(id)) => {
            let number = 1 + random.below(40);
            let replay = json!({ "webhookId": id, "number": number });
            (json!({ "replayDelivery": replay }), About::Other)
        }
        (6..8, Some(id)) => (json!({ "listDeliveries": { "webhookId": id } }), About::Other),
        _ if few => {
            let kinds = *random.pick(&["*", "*", "comment.*"]);
            let create = json!({
                "url": "https://receiver.example/", "kinds": [kinds], "description": text,
                "sealedSecret": vec![7; 61],
            });
            (json!({ "createWebhook": create }), About::Webhook(tenant))
        }
        _ => (json!({ "listWebhooks": {} }), About::Other),
    };
    room::ask(world, tenant, owner.principal, &command, about, Via::Http);
}
