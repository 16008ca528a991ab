//! Webhooks: somebody's server is told what happens.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::world::World;
use serde_json::json;

/// What receivers there are; the world knows how each behaves.
const HOSTS: [&str; 4] = ["receiver.example", "receiver.example", "gone.example", "silent.example"];

/// Makes one, changes it, has it tested, looks at what became of its deliveries.
pub fn webhooks(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let known = own.one(random, "webhook");
    let few = own.all("webhook").len() < 3;
    let sealed: Vec<u8> = format!("{:7<61}", super::SECRET).into_bytes();
    let url = format!("https://{}/", random.pick(&HOSTS));
    let (command, about) = match (random.below(20), known) {
        (0..5, Some(id)) => (json!({ "testWebhook": { "webhookId": id } }), About::Other),
        (5..8, Some(id)) => {
            let number = 1 + random.below(40);
            let replay = json!({ "webhookId": id, "number": number });
            (json!({ "replayDelivery": replay }), About::Other)
        }
        (8..10, Some(id)) => (json!({ "listDeliveries": { "webhookId": id } }), About::Other),
        (10..13, Some(id)) => {
            let change = json!({ "webhookId": id, "active": random.chance(600) });
            (json!({ "changeWebhook": change }), About::Other)
        }
        (13, Some(id)) => {
            let change = json!({ "webhookId": id, "url": url, "description": text });
            (json!({ "changeWebhook": change }), About::Other)
        }
        (14, Some(id)) => {
            let fresh = format!("{:7<61}", format!("{}{:016x}", super::SECRET, random.bits()));
            let rotate = json!({ "webhookId": id, "sealedSecret": fresh.into_bytes() });
            (json!({ "rotateWebhookSecret": rotate }), About::Other)
        }
        (15..17, Some(id)) => {
            let gone = About::Gone(tenant, "webhook", id.clone());
            (json!({ "deleteWebhook": { "webhookId": id } }), gone)
        }
        _ if few => {
            let kinds = *random.pick(&["*", "*", "comment.*"]);
            let create = json!({
                "url": url, "kinds": [kinds], "description": text, "sealedSecret": sealed,
            });
            (json!({ "createWebhook": create }), About::Made(tenant, "webhook"))
        }
        _ => (json!({ "listWebhooks": {} }), About::Other),
    };
    room::ask(world, tenant, owner.principal, &command, about, Via::Http);
}
