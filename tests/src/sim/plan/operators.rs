//! Operators of the deployment: they suppress for all workspaces, and lift it again.

use super::About;
use super::prospects::written;
use crate::sim::clients::Op;
use crate::sim::world::World;
use schema::ids::WorkspaceId;
use schema::suppression::instance;
use schema::{ActorKind, Caller, Principal};
use serde_json::json;
use uuid::Uuid;

/// The kind of thing that an entry of their list is.
const ENTRY: &str = "suppression";

/// Somebody whom a tenant may write to, or everybody at the domain, comes on the list or is lifted;
/// or the list is read.
pub fn operators(world: &mut World, tenant: usize) {
    let plan = &mut world.plan;
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let known = own.one(random, ENTRY);
    let person = random.pick(&own.people);
    let whole = if random.chance(150) { &person.domain } else { &person.email };
    let value = written(random, whole);
    let (command, about) = match (random.below(10), known) {
        (0..6, Some(id)) => (json!({ "lift": { "id": id } }), About::Gone(tenant, ENTRY, id)),
        (6, _) => (json!({ "list": { "limit": 2 } }), About::Other),
        (7, _) => (json!({ "list": { "q": value, "limit": 2 } }), About::Other),
        _ => {
            let add = json!({ "add": { "value": value, "note": "asked for by letter" } });
            (add, About::Made(tenant, ENTRY))
        }
    };
    let reads = about == About::Other;
    let operator = Principal { workspace: WorkspaceId(Uuid::nil()), caller: Caller::Operator };
    let command = json!({ "suppressions": command }).to_string();
    let op = Op::new((ActorKind::RateLimiter, instance()), operator, command, about);
    world.begin_op(if reads { op.keyless() } else { op });
}
