//! Listing comments that wait.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::scheduled;
use crate::workspace_room::{cursor, tickets};
use schema::page;
use schema::room::schedule::ListScheduledComments;
use schema::{Permission, Reject};

/// Lists the comments that wait, of a ticket or of all, the next one first.
///
/// # Errors
/// `not_found` for an unknown ticket; `invalid_input` for a bad limit or cursor.
pub fn list_scheduled_comments(
    ctx: &Ctx<'_>,
    input: &ListScheduledComments,
) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("scheduled/{:?}", input.ticket_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?.unwrap_or((0, 0));

    let rows = match input.ticket_id {
        Some(id) => {
            let ticket = tickets::standing(ctx, id)?;
            scheduled::of_ticket(ctx.sql, ticket.number, position, limit + 1)?
        }
        None => scheduled::list(ctx.sql, position, limit + 1)?,
    };
    let rows = rows.into_iter().map(|(number, comment)| ((comment.publish_at, number), comment));
    Reply::of(&cursor::page(ctx, &list, limit, rows.collect()))
}
