//! Listing the comments of a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::{BOTTOM, TOP, comments as store};
use crate::workspace_room::{comments, cursor, tickets};
use schema::page;
use schema::room::comment::ListComments;
use schema::{Permission, Reject};

/// Lists the comments of a ticket, oldest first; with `after`, only those that came later.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_comments(ctx: &Ctx<'_>, input: &ListComments) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("comments/{}", input.ticket_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;
    let after = input.after.unwrap_or(BOTTOM).clamp(BOTTOM, TOP);
    let ticket = tickets::standing(ctx, input.ticket_id)?;

    let after = position.map_or(after, |(_, seq)| seq.max(after));
    let found = store::of_ticket(ctx.sql, ticket.number, after, limit + 1)?;
    let found = comments::with_files(ctx, found)?;
    let rows = found.into_iter().map(|comment| ((0, comment.seq), comment)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}
