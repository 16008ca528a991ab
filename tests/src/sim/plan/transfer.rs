//! Moving in and out: rows that come from elsewhere, twice and in any order, and all rows by pages.

use super::{About, Tenant, room};
use crate::sim::clients::Via;
use crate::sim::random::Random;
use crate::sim::world::World;
use schema::Millis;
use serde_json::{Value, json};

/// When the other helpdesk was in use.
const THEN: Millis = 1_600_000_000_000;

/// Imports some rows of a small world, or exports.
pub fn transfer(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let (command, about) = if random.chance(300) {
        (json!({ "exportRows": {} }), About::Export(tenant))
    } else {
        let rows: Vec<Value> = (0..1 + random.below(8)).map(|_| row(random, own, &text)).collect();
        (json!({ "importRows": { "rows": rows } }), About::Other)
    };
    room::ask(world, tenant, owner.principal, &command, about, Via::Http);
}

/// The next page of an export.
pub fn go_on(world: &mut World, tenant: usize, page: &Value) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let Some(cursor) = page["nextCursor"].as_str() else { return };
    let command = json!({ "exportRows": { "cursor": cursor } });
    room::ask(world, tenant, owner.principal, &command, About::Export(tenant), Via::Http);
}

fn row(random: &mut Random, own: &Tenant, text: &str) -> Value {
    let id = |kind, number| own.id_elsewhere(kind, number);
    let (one, other) = (random.below(4), random.below(4));
    let at = THEN + one as i64 * 1_000;
    let updated = at + random.below(3) as i64;
    match random.below(7) {
        0 => json!({ "agent": { "id": id(1, one), "name": text, "role": "agent",
            "email": format!("old{one}@{}.example", own.canary), "createdAt": at,
            "updatedAt": updated } }),
        1 => json!({ "team": { "id": id(7, one), "name": format!("{} {one}", own.canary),
            "memberIds": [id(1, other)], "createdAt": at, "updatedAt": updated } }),
        2 => json!({ "company": { "id": id(2, one), "name": text, "createdAt": at,
            "domain": format!("firm{one}.{}.example", own.canary) } }),
        3 => json!({ "user": { "id": id(3, one), "name": text, "createdAt": at,
            "email": format!("u{one}@firm{other}.{}.example", own.canary),
            "companyId": id(2, other), "updatedAt": updated } }),
        4 => json!({ "ticket": { "id": id(4, one), "subject": text, "priority": "high",
            "status": *random.pick(&["open", "solved", "closed"]), "source": "mail",
            "userId": id(3, other), "createdAt": at, "updatedAt": updated } }),
        5 => json!({ "comment": { "id": id(5, one), "ticketId": id(4, other),
            "author": { "kind": "user", "id": id(3, other) }, "visibility": "public",
            "body": text, "source": "mail", "createdAt": at } }),
        _ => json!({ "attachment": { "id": id(6, one), "commentId": id(5, other),
            "fileName": "plan.pdf", "contentType": "application/pdf", "bytesCount": 3,
            "sha256": "ba".repeat(32) } }),
    }
}
