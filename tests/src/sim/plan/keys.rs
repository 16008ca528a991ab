//! API keys: made, used by a program, revoked, and used once more.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::clock::DAY_MS;
use crate::sim::world::World;
use schema::{Caller, Principal, Role};
use serde_json::json;

/// How many keys a workspace makes.
const KEYS_MAX: usize = 4;

/// Makes a key, works with one, takes one away.
pub fn keys(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let now = world.clock.wall();
    let plan = &mut world.plan;
    let (text, hash) = (plan.text(tenant), plan.secret_hash());
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let key = (!own.keys.is_empty()).then(|| random.pick(&own.keys).clone());
    let (command, about) = match (random.below(10), key) {
        (0, Some((id, hash))) => {
            (json!({ "revokeApiKey": { "apiKeyId": id } }), About::Revoke(tenant, hash))
        }
        (1, Some((id, _))) => (json!({ "getApiKey": { "apiKeyId": id } }), About::Other),
        (2, _) => (json!({ "listApiKeys": {} }), About::Other),
        (3..8, Some((_, hash))) => return work(world, tenant, hash, None),
        _ if own.keys.len() < KEYS_MAX => {
            let role = *random.pick(&["viewer", "agent", "agent", "admin"]);
            let ends = random.chance(300).then(|| now + random.between(60_000, DAY_MS));
            let create = json!({ "name": text, "role": role, "keyHash": hash, "expiresAt": ends });
            (json!({ "createApiKey": create }), About::Key(tenant, hash))
        }
        _ => return,
    };
    room::ask(world, tenant, owner.principal, &command, about, Via::Http);
}

/// A program works with a key; `bad` where it must not.
fn work(world: &mut World, tenant: usize, hash: String, bad: Option<About>) {
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let workspace = plan.tenants[tenant].id;
    let caller = Caller::Key { hash, id: None, agent: None, role: Role::Viewer };
    let (command, about) = match plan.random.below(4) {
        0 => (json!({ "createTicket": { "subject": text } }), About::Ticket(tenant)),
        1 => (json!({ "listTickets": {} }), About::Other),
        2 => (json!({ "createUser": { "name": text } }), About::Made(tenant, "user")),
        _ => (json!({ "me": {} }), About::Other),
    };
    let principal = Principal { workspace, caller };
    room::ask(world, tenant, principal, &command, bad.unwrap_or(about), Via::Http);
}

/// A key that was revoked may nothing from the next request on.
pub fn revoked(world: &mut World, tenant: usize, hash: &str) {
    world.plan.tenants[tenant].keys.retain(|(_, known)| known != hash);
    world.mark("a revoked key was tried");
    work(world, tenant, hash.to_owned(), Some(About::Bad));
}
