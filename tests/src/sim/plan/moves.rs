//! Comments that go from ticket to ticket: merges, splits, and what is undone of them.

use super::{About, Tenant, room};
use crate::sim::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many of the latest events are looked through for comments.
const LATEST: usize = 120;

/// Merges two tickets, splits one, undoes either.
pub fn moves(world: &mut World, tenant: usize) {
    let Some((principal, via)) = room::someone(world, tenant) else { return };
    let said = said(world, tenant);
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    if own.tickets.len() < 2 {
        return;
    }
    let (one, other) = (*random.pick(&own.tickets), *random.pick(&own.tickets));
    let several: Vec<_> = said.iter().filter(|(_, comments)| comments.len() > 1).collect();
    let (command, about) = match (random.below(10), own.one(random, "move")) {
        (0..3, Some(id)) => (json!({ "undoMove": { "moveId": id } }), About::Other),
        (3, _) => (json!({ "listMoves": { "ticketId": one } }), About::Other),
        (4..7, _) if !several.is_empty() => {
            let (ticket, comments) = *random.pick(&several);
            let split = json!({ "ticketId": ticket, "subject": text,
                "commentIds": &comments[..1 + random.index(comments.len() - 1)] });
            (json!({ "splitTicket": split }), About::Moved(tenant))
        }
        _ if one != other => {
            let merge = json!({ "ticketId": one, "intoId": other });
            (json!({ "mergeTickets": merge }), About::Moved(tenant))
        }
        _ => return,
    };
    room::ask(world, tenant, principal, &command, about, via);
}

/// The comments of the latest events, by the ticket that they were written on.
fn said(world: &World, tenant: usize) -> BTreeMap<String, Vec<String>> {
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let log = world.checks.logs.get(&world.plan.tenants[tenant].room);
    for json in log.iter().flat_map(|log| log.events.iter().rev().take(LATEST)) {
        let event: Value = serde_json::from_str(json).unwrap_or_default();
        let comment = &event["data"]["comment"]["id"];
        if let ("comment.created", Some(ticket), Some(comment)) = (
            event["type"].as_str().unwrap_or_default(),
            event["ticketId"].as_str(),
            comment.as_str(),
        ) {
            said.entry(ticket.to_owned()).or_default().push(comment.to_owned());
        }
    }
    said
}

/// Notes a merge or split, and the ticket that a split has made.
pub fn learn(own: &mut Tenant, reply: &Value) {
    own.make("move", reply["moved"]["id"].as_str().unwrap_or_default());
    if let Some(Ok(ticket)) = reply["target"]["id"].as_str().map(str::parse)
        && !own.tickets.contains(&ticket)
    {
        own.tickets.push(ticket);
    }
}
