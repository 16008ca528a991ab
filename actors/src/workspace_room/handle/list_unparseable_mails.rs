//! Listing the mails that could not be read, and reading what is known of one.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::{TOP, mails};
use schema::page;
use schema::room::mail::{GetUnparseableMail, ListUnparseableMails};
use schema::{Permission, Reject};

const LIST: &str = "unparseable";

/// Lists the mails that could not be read, the latest first.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list_unparseable_mails(
    ctx: &Ctx<'_>,
    input: &ListUnparseableMails,
) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let position = cursor::read(ctx, LIST, input.cursor.as_deref())?;

    let before = position.map_or(TOP, |(_, number)| number);
    let mails = mails::list_unparseable(ctx.sql, before, limit + 1)?;
    let rows = mails.into_iter().map(|mail| ((0, mail.number), mail)).collect();
    Reply::of(&cursor::page(ctx, LIST, limit, rows))
}

/// Reads one of them, for whoever tries it again.
///
/// # Errors
/// `forbidden` for who does not manage; `not_found`, also where it was taken in since.
pub fn get_unparseable_mail(ctx: &Ctx<'_>, input: &GetUnparseableMail) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let mail = match input.number {
        1..=TOP => mails::unparseable_of_number(ctx.sql, input.number)?,
        _ => None,
    };
    Reply::of(&mail.ok_or_else(|| Reject::not_found("unparseable mail"))?)
}
