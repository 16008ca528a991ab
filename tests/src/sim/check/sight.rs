//! Invariant 2, and 7: what a connection gets is what its role and its views admit of the log, in
//! order; of the rest it learns the numbers and nothing else.

use super::log::Log;
use crate::sim::sockets::Client;
use schema::ids::{AgentId, TicketId};
use schema::view::View;
use schema::{Role, audience};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The roles of agents, each from an event on.
pub type Roles = BTreeMap<AgentId, Vec<(i64, Role)>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    ticket_id: Option<TicketId>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    seq: i64,
    #[serde(default)]
    from: i64,
}

#[derive(Deserialize)]
struct Changed {
    agent: Agent,
}

#[derive(Deserialize)]
struct Agent {
    id: AgentId,
    role: Role,
}

/// Notes what an event says of roles.
pub(super) fn note_role(roles: &mut Roles, seq: i64, kind: &str, data: &RawValue) {
    if !matches!(kind, "agent.joined" | "agent.changed") {
        return;
    }
    if let Ok(Changed { agent }) = serde_json::from_str(data.get()) {
        roles.entry(agent.id).or_default().push((seq, agent.role));
    }
}

/// One thing of a frame arrived: an event, or a run of those that are not shown. Gives the number
/// up to which the client has now seen everything.
///
/// # Errors
/// What is wrong with it.
pub(super) fn take(
    log: &Log,
    client: &Client,
    last: i64,
    item: &RawValue,
) -> Result<(i64, bool), String> {
    let Item { kind, seq, from } = serde_json::from_str(item.get()).map_err(|e| e.to_string())?;
    let advance = kind == "advance";
    let from = if advance { from } else { seq };
    if from != last + 1 || seq < from {
        return Err(format!("{from} to {seq} where {} was to follow", last + 1));
    }
    if advance && item.get().contains("data") {
        return Err(format!("more than numbers: {item}"));
    }
    for number in from..=seq {
        let shown = is_shown(log, client, number)?;
        if shown == advance {
            let word = if shown { "withheld" } else { "shown" };
            return Err(format!("event {number} was {word}, against role and views"));
        }
    }
    Ok((seq, advance))
}

fn is_shown(log: &Log, client: &Client, number: i64) -> Result<bool, String> {
    let json = usize::try_from(number - 1).ok().and_then(|index| log.events.get(index));
    let json = json.ok_or_else(|| format!("event {number} was told before it was committed"))?;
    let event: Event = serde_json::from_str(json).map_err(|e| e.to_string())?;
    let needs = audience::of(&event.kind).ok_or_else(|| format!("{} has no row", event.kind))?;
    // What was missed is told as of the joining, what is live as of the event.
    let as_of = number.max(client.head);
    let roles = client.principal.agent().and_then(|agent| log.roles.get(&agent));
    let role = roles.and_then(|roles| roles.iter().rev().find(|(from, _)| *from <= as_of));
    let Some((_, role)) = role else { return Ok(false) };
    Ok(role.may(needs) && wants(views(client, number), &event))
}

fn views(client: &Client, number: i64) -> &[View] {
    let now = client.views.iter().rev().find(|(after, _)| number > *after);
    now.map_or(&[], |(_, views)| views)
}

fn wants(views: &[View], event: &Event) -> bool {
    views.is_empty() || views.iter().any(|view| view.wants(&event.kind, event.ticket_id, &[]))
}
