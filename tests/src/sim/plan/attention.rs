//! Who looks after a ticket, and when: snoozing, claims, followers, deletion, many at once, and
//! drafts of what is yet to be said.

use super::{About, Tenant, room};
use crate::sim::clients::Via;
use crate::sim::clock::DAY_MS;
use crate::sim::random::Random;
use crate::sim::world::World;
use schema::Millis;
use schema::ids::TicketId;
use serde_json::{Value, json};

/// Somebody looks after tickets.
pub fn attention(world: &mut World, tenant: usize) {
    let Some((principal, via)) = room::someone(world, tenant) else { return };
    let now = world.clock.wall();
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    if own.tickets.is_empty() {
        return;
    }
    let ticket = *random.pick(&own.tickets);
    let command = match random.below(10) {
        0..3 => time(random, ticket, now),
        3..5 => claim(random, ticket),
        5 => {
            let command = *random.pick(&["followTicket", "unfollowTicket", "listFollowers"]);
            json!({ command: { "ticketId": ticket } })
        }
        6..8 => draft(random, ticket, &text),
        8 => json!({ "changeTicket": { "ticketId": ticket, "attributes": field(random, &text) } }),
        _ => return manage(world, tenant, &text),
    };
    let drafted = command["saveDraft"].is_object();
    room::ask(world, tenant, principal.clone(), &command, About::Other, via);
    if drafted {
        let get = json!({ "getDraft": { "ticketId": ticket } });
        room::ask(world, tenant, principal, &get, About::Other, via);
    }
}

fn time(random: &mut Random, ticket: TicketId, now: Millis) -> Value {
    if random.chance(250) {
        return json!({ "wakeTicket": { "ticketId": ticket } });
    }
    let wait = *random.pick(&[60_000, 3_600_000, DAY_MS]);
    let until = random.chance(800).then(|| now + random.between(1_000, wait));
    let on_reply = until.is_none() || random.chance(500);
    json!({ "snoozeTicket": { "ticketId": ticket, "until": until, "onReply": on_reply } })
}

fn claim(random: &mut Random, ticket: TicketId) -> Value {
    if random.chance(300) {
        return json!({ "releaseTicket": { "ticketId": ticket } });
    }
    let seconds = *random.pick(&[10, 120, 3_600]);
    json!({ "claimTicket": { "ticketId": ticket, "leaseSeconds": seconds,
        "takeOver": random.chance(200) } })
}

fn draft(random: &mut Random, ticket: TicketId, text: &str) -> Value {
    match random.below(8) {
        0..2 => json!({ "listDrafts": { "ticketId": ticket } }),
        2 => json!({ "deleteDraft": { "ticketId": ticket } }),
        _ => json!({ "saveDraft": { "ticketId": ticket, "body": text,
            "shared": random.chance(500) } }),
    }
}

/// A value of one of the attributes that the directory's plan defines, of a type that may be wrong.
fn field(random: &mut Random, text: &str) -> Value {
    let value = match random.below(4) {
        0 => json!(random.below(10)),
        1 => json!(random.chance(500)),
        2 => Value::Null,
        _ => json!(text),
    };
    json!({ format!("field{}", random.below(3)): value })
}

/// The owner deletes, restores, and changes many at once.
fn manage(world: &mut World, tenant: usize, text: &str) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let (random, own) = (&mut plan.random, &mut plan.tenants[tenant]);
    let ticket = *random.pick(&own.tickets);
    let command = match random.below(8) {
        0..2 => {
            own.make("deleted", &ticket.to_string());
            let delete = json!({ "deleteTicket": { "ticketId": ticket } });
            let who = owner.principal.clone();
            room::ask(world, tenant, who, &delete, About::Other, Via::Http);
            if world.plan.random.chance(500) {
                return;
            }
            json!({ "restoreTicket": { "ticketId": ticket } })
        }
        2..4 => {
            let Some(id) = own.one(random, "deleted") else { return };
            json!({ "restoreTicket": { "ticketId": id } })
        }
        _ => many(random, own, text),
    };
    room::ask(world, tenant, owner.principal, &command, About::Other, Via::Http);
}

fn many(random: &mut Random, own: &Tenant, text: &str) -> Value {
    let start = random.index(own.tickets.len());
    let tickets: Vec<_> = own.tickets.iter().skip(start).take(3).collect();
    if random.chance(100) {
        return json!({ "bulkChangeTickets": { "ticketIds": tickets, "change": {},
            "delete": true } });
    }
    let change = json!({ "priority": *random.pick(&["low", "high"]), "addTags": [text] });
    json!({ "bulkChangeTickets": { "ticketIds": tickets, "change": change } })
}
