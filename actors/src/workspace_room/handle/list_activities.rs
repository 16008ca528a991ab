//! Listing what happened to a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::{TOP, activities};
use crate::workspace_room::{cursor, tickets};
use schema::codec::read_json;
use schema::page::{self, Page};
use schema::room::ticket::ListActivities;
use schema::{Permission, Reject, audience};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Lists the events of a ticket that the caller may see, the latest first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_activities(ctx: &Ctx<'_>, input: &ListActivities) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("activities/{}", input.ticket_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;
    tickets::standing(ctx, input.ticket_id)?;

    let before = position.map_or(TOP, |(_, seq)| seq);
    let events = activities::of_ticket(ctx.sql, input.ticket_id, before, limit + 1)?;
    let mut rows = Vec::with_capacity(events.len());
    for (seq, json) in events {
        let broken = |why: String| Reject::internal(format!("event {seq}: {why}"));
        let Kind { kind } =
            read_json(json.as_bytes()).map_err(|error: Reject| broken(error.message))?;
        let needs = audience::of(&kind).unwrap_or(Permission::Own);
        let event = RawValue::from_string(json).map_err(|error| broken(error.to_string()))?;
        rows.push(((0, seq), Some(event).filter(|_| member.role.may(needs))));
    }
    let page = cursor::page(ctx, &list, limit, rows);
    let items: Vec<Box<RawValue>> = page.items.into_iter().flatten().collect();
    Reply::of(&Page { items, next_cursor: page.next_cursor })
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}
