//! The log of what rules did.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::rules::store::passes;
use crate::workspace_room::store::{TOP, tickets};
use schema::page::{self, Page};
use schema::room::automation::{AutomationRun, ListAutomationRuns};
use schema::{Permission, Reject};

/// How many passes are read for one page; a page can be short, and go on behind its cursor.
const PASSES_MAX: i64 = 200;
/// A cursor's first number is the time of the pass and the second one its number with the place of
/// the rule in it.
const PLACES: i64 = 128;

/// Lists which rules were asked, the latest first, and what became of each.
///
/// # Errors
/// `not_found` for an unknown ticket; `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, input: &ListAutomationRuns) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let limit = page::limit(input.limit)?;
    let mut filter = input.clone();
    (filter.limit, filter.cursor) = (None, None);
    let name = format!("automationRuns/{filter:?}");
    let from = cursor::read(ctx, &name, input.cursor.as_deref())?;
    let (at, place) = from.unwrap_or((TOP, TOP));
    // The pass that the cursor is in is read again.
    let before = (at, place / PLACES + 1);
    let found = match input.ticket_id {
        Some(id) => {
            let ticket = tickets::standing(ctx.sql, id)?;
            let ticket = ticket.ok_or_else(|| Reject::not_found("ticket"))?;
            passes::of_ticket(ctx.sql, ticket.number, before, PASSES_MAX)?
        }
        None => passes::list(ctx.sql, before.1, PASSES_MAX)?,
    };
    let more = found.len() as i64 == PASSES_MAX;
    let mut items = Vec::new();
    let mut last = (at, place);
    for (number, ticket_id, pass) in found {
        // Within a pass the last rule is the latest.
        for (index, result) in (0..PLACES).zip(pass.results).collect::<Vec<_>>().into_iter().rev() {
            let position = (pass.at, number * PLACES + index);
            if position >= (at, place) {
                continue;
            }
            if items.len() as i64 == limit {
                let next_cursor = Some(cursor::write(ctx, &name, last));
                return Reply::of(&Page { items, next_cursor });
            }
            last = position;
            let fits = input.automation_id.is_none_or(|id| result.automation_id == Some(id))
                && input.outcome.is_none_or(|outcome| result.outcome == outcome);
            if fits {
                let (at, on, seq, round) = (pass.at, pass.on, pass.seq, pass.round);
                items.push(AutomationRun { ticket_id, at, on, seq, round, result });
            }
        }
        last = (pass.at, number * PLACES);
    }
    let next_cursor = more.then(|| cursor::write(ctx, &name, last));
    Reply::of(&Page { items, next_cursor })
}
