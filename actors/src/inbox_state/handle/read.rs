//! Tells of the inbox and of its mails.

use crate::inbox_state::{registered, send_of, store, view};
use crate::kernel::Ctx;
use schema::inbox::{GetSend, InboxView, ListSends, SendPage, SendView};
use schema::{Permission, Reject};

/// Tells how the inbox is. Permission: read.
///
/// # Errors
/// `forbidden`; `not_found` where there is none.
pub fn status(ctx: &Ctx<'_>) -> Result<InboxView, Reject> {
    ctx.require(Permission::Read)?;
    view::inbox(ctx, &registered(ctx)?)
}

/// Tells of one mail. Permission: read.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn get_send(ctx: &Ctx<'_>, input: &GetSend) -> Result<SendView, Reject> {
    ctx.require(Permission::Read)?;
    view::send(ctx, &send_of(ctx, input.send_id)?)
}

/// Lists mails, newest first. Permission: read.
///
/// # Errors
/// `forbidden`; `not_found` where there is no inbox; `invalid_input`.
pub fn list_sends(ctx: &Ctx<'_>, input: &ListSends) -> Result<SendPage, Reject> {
    ctx.require(Permission::Read)?;
    registered(ctx)?;
    let limit = input.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(Reject::field("limit", "must be from 1 to 100"));
    }
    // Greater than every id: a letter after the last hexadecimal digit.
    let before = input.cursor.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let mut ids = store::ledger::page(ctx.sql, input.state, &before, limit + 1)?;
    let more = ids.len() as i64 > limit;
    ids.truncate(usize::try_from(limit).unwrap_or(0));
    let next_cursor = ids.last().copied().filter(|_| more);
    let sends: Result<_, Reject> =
        ids.into_iter().map(|id| view::send(ctx, &send_of(ctx, id)?)).collect();
    Ok(SendPage { sends: sends?, next_cursor })
}
