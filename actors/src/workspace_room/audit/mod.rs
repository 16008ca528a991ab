//! The audit: who did what beside the daily work, when, and from where.
//!
//! It is drawn from the event log: an entry points to its event, and adds the log-in, the key and
//! the address that the log, which everybody reads, does not have. What leaves no event (a log-in,
//! an export) is noted by itself. What somebody says in a ticket or does to it is not here: that is
//! the ticket's activities.

pub mod list;
pub mod store;

#[cfg(test)]
mod tests;

use crate::kernel::Ctx;
use schema::event::By;
use schema::ids::AgentId;
use schema::{Caller, Millis, Reject, codec};
use serde::{Deserialize, Serialize};
use store::New;

/// The things that the daily work is about.
const DAILY: [&str; 7] =
    ["ticket", "comment", "scheduledComment", "mail", "mailbox", "sla", "notification"];
/// What else happens every day.
const DAILY_KINDS: [&str; 8] = [
    "automation.fired",
    "automation.webhook",
    "company.changed",
    "company.created",
    "user.changed",
    "user.created",
    "workflow.ended",
    "workflow.started",
];

/// What an entry takes from its event.
#[derive(Deserialize)]
struct Head {
    seq: i64,
    at: Millis,
    by: By,
}

/// Looks at a step that has appended events.
///
/// # Errors
/// A storage fault.
pub fn appended(ctx: &Ctx<'_>) -> Result<(), Reject> {
    for event in ctx.appended() {
        let Some(kind) = kind_of(event.get()).filter(|kind| !is_daily(kind)) else { continue };
        let head: Head = codec::read_json(event.get().as_bytes())
            .map_err(|error| Reject::internal(format!("event: {}", error.message)))?;
        let agent = match head.by {
            By::Agent { id } => Some(id),
            _ => None,
        };
        let new = New { at: head.at, kind, agent, seq: Some(head.seq), ..New::default() };
        store::insert(ctx.sql, &from(ctx, new))?;
    }
    Ok(())
}

/// Notes what leaves no event.
///
/// # Errors
/// A storage fault.
pub fn note<T: Serialize>(
    ctx: &Ctx<'_>,
    kind: &str,
    agent: Option<AgentId>,
    data: &T,
) -> Result<(), Reject> {
    let json = serde_json::to_string(data)
        .map_err(|error| Reject::internal(format!("audit {kind}: {error}")))?;
    let new = New { at: ctx.now, kind, agent, json: Some(&json), ..New::default() };
    Ok(store::insert(ctx.sql, &from(ctx, new))?)
}

/// Adds where it came from, where the caller did it themselves.
fn from<'a>(ctx: &'a Ctx<'_>, new: New<'a>) -> New<'a> {
    let own = new.agent.is_some() && new.agent == ctx.principal.agent();
    let (session, api_key) = match &ctx.principal.caller {
        Caller::Agent { session, .. } if own => (Some(*session), None),
        Caller::Key { id, .. } if own => (None, *id),
        _ => (None, None),
    };
    let address = Some(ctx.address).filter(|address| !address.is_empty());
    New { session, api_key, address, ..new }
}

/// The type of an event: it stands before everything that somebody else has written.
fn kind_of(event: &str) -> Option<&str> {
    let (_, rest) = event.split_once("\"type\":\"")?;
    rest.split_once('"').map(|(kind, _)| kind)
}

fn is_daily(kind: &str) -> bool {
    let thing = kind.split('.').next().unwrap_or_default();
    DAILY.contains(&thing) || DAILY_KINDS.contains(&kind)
}
