//! Listing what happened to a ticket.

use crate::kernel::store::events;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::TOP;
use crate::workspace_room::{cursor, tickets};
use schema::page;
use schema::room::ticket::ListActivities;
use schema::{Permission, Reject};
use serde_json::value::RawValue;

/// Lists the events of a ticket, the latest first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_activities(ctx: &Ctx<'_>, input: &ListActivities) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("activities/{}", input.ticket_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;
    tickets::standing(ctx, input.ticket_id)?;

    let before = position.map_or(TOP, |(_, seq)| seq);
    let events = events::of_ticket(ctx.sql, input.ticket_id, before, limit + 1)?;
    let rows: Result<Vec<_>, Reject> = events
        .into_iter()
        .map(|(seq, json)| {
            let event = RawValue::from_string(json);
            let broken = |error| Reject::internal(format!("event {seq}: {error}"));
            Ok(((0, seq), event.map_err(broken)?))
        })
        .collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows?))
}
