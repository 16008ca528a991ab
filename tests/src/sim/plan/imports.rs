//! Imports of prospects: begun by agents, counted part by part by whoever takes them off the queue.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::world::World;
use serde_json::json;
use uuid::Uuid;

/// Begins one of three imports, counts a part of it, says that its file was read, or looks.
pub fn imports(world: &mut World, tenant: usize) {
    let Some((someone, _)) = room::someone(world, tenant) else { return };
    let system = world.plan.tenants[tenant].system();
    let random = &mut world.plan.random;
    let id = Uuid::from_u128(0x1f00 + u128::from(random.below(3)));
    let part = random.below(4);
    let (who, command) = match random.below(8) {
        0..2 => (someone, json!({ "beginProspectImport": { "importId": id } })),
        2..5 => {
            let errors = json!([{ "row": 10 * part, "reason": "email: must be an address" }]);
            let note = json!({ "importId": id, "part": part, "created": 2, "known": 7,
                "errors": errors });
            (system, json!({ "noteProspectImport": note }))
        }
        5 => {
            let broken = random.chance(500).then_some("the body broke off");
            let end = json!({ "importId": id, "parts": 4, "rows": 40, "broken": broken });
            (system, json!({ "endProspectImport": end }))
        }
        _ => (someone, json!({ "getProspectImport": { "importId": id } })),
    };
    room::ask(world, tenant, who, &command, About::Other, Via::Http);
}
