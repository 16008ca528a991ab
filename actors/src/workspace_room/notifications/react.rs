//! Who is told of an event: whom a ticket is given to, whom a comment mentions, whose ticket was
//! commented on, whose promise is at stake. Nobody is told of what they did themselves.

use super::{News, store, tell};
use crate::kernel::Ctx;
use crate::workspace_room::store::tickets;
use schema::event::By;
use schema::ids::{AgentId, CommentId, TicketId};
use schema::room::notification::NotificationKind;
use schema::{Reject, codec};
use serde::Deserialize;
use serde_json::Value;

/// An event that somebody may want to know of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    by: By,
    ticket_id: TicketId,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    ticket: Option<Held>,
    #[serde(default)]
    before: Option<Value>,
    #[serde(default)]
    comment: Option<Said>,
    #[serde(default)]
    promise: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    #[serde(default)]
    assignee_id: Option<AgentId>,
}

#[derive(Deserialize)]
struct Said {
    id: CommentId,
    author: By,
    #[serde(default)]
    automatic: bool,
    #[serde(default)]
    mentions: Vec<AgentId>,
}

/// Looks at a step that has appended events.
///
/// # Errors
/// A storage fault.
pub fn appended(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let wanted = |json: &&str| {
        matches!(
            kind(json),
            "ticket.created"
                | "ticket.changed"
                | "comment.created"
                | "sla.warning"
                | "sla.breached"
        )
    };
    let events: Vec<String> =
        ctx.appended().iter().map(|event| event.get()).filter(wanted).map(str::to_owned).collect();
    for event in events {
        let seen: Seen = codec::read_json(event.as_bytes())
            .map_err(|error| Reject::internal(format!("event: {}", error.message)))?;
        if kind(&event) == "comment.created" {
            commented(ctx, &seen)?;
        } else if let Some(promise) = &seen.data.promise {
            let breached = kind(&event) == "sla.breached";
            promised(ctx, &seen, promise, breached)?;
        } else {
            given(ctx, &seen)?;
        }
    }
    Ok(())
}

/// The type stands before everything that somebody else has written.
fn kind(event: &str) -> &str {
    let rest = event.split_once("\"type\":\"").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split_once('"')).map_or("", |(name, _)| name)
}

fn given(ctx: &mut Ctx<'_>, seen: &Seen) -> Result<(), Reject> {
    let Some(agent) = seen.data.ticket.as_ref().and_then(|ticket| ticket.assignee_id) else {
        return Ok(());
    };
    // At its creation everything is new; later only what was something else before.
    let changed = seen.data.before.as_ref().is_none_or(|it| it.get("assigneeId").is_some());
    if !changed || is(&seen.by, agent) {
        return Ok(());
    }
    let Some(ticket) = tickets::find(ctx.sql, seen.ticket_id)? else { return Ok(()) };
    let kind = NotificationKind::Assigned;
    tell(ctx, agent, &News { kind, ticket: Some(&ticket), comment: None, by: &seen.by, text: "" })
}

fn commented(ctx: &mut Ctx<'_>, seen: &Seen) -> Result<(), Reject> {
    let Some(said) = &seen.data.comment else { return Ok(()) };
    if said.automatic || said.author == By::System {
        return Ok(());
    }
    let mut told = Vec::new();
    for agent in &said.mentions {
        told.push((*agent, NotificationKind::Mentioned));
    }
    if let Some(agent) = store::assignee(ctx.sql, seen.ticket_id)? {
        told.push((agent, NotificationKind::Replied));
    }
    let mut done = Vec::new();
    for (agent, kind) in told {
        if is(&said.author, agent) || done.contains(&agent) {
            continue;
        }
        done.push(agent);
        let Some(ticket) = tickets::find(ctx.sql, seen.ticket_id)? else { return Ok(()) };
        let comment = Some(said.id);
        tell(
            ctx,
            agent,
            &News { kind, ticket: Some(&ticket), comment, by: &said.author, text: "" },
        )?;
    }
    Ok(())
}

fn promised(ctx: &mut Ctx<'_>, seen: &Seen, promise: &str, breached: bool) -> Result<(), Reject> {
    let Some(ticket) = tickets::find(ctx.sql, seen.ticket_id)? else { return Ok(()) };
    let Some(agent) = ticket.assignee_id else { return Ok(()) };
    let what = if promise == "firstReply" { "first reply" } else { "resolution" };
    let text = if breached { format!("{what} overdue") } else { format!("{what} due soon") };
    let kind = NotificationKind::SlaWarning;
    tell(
        ctx,
        agent,
        &News { kind, ticket: Some(&ticket), comment: None, by: &seen.by, text: &text },
    )
}

fn is(by: &By, agent: AgentId) -> bool {
    matches!(by, By::Agent { id } if *id == agent)
}
