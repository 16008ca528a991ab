//! Listing companies.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::{TOP, companies};
use schema::page;
use schema::room::user::ListCompanies;
use schema::{Permission, Reject};

const LIST: &str = "companies";

/// Lists companies, the latest first.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list_companies(ctx: &Ctx<'_>, input: &ListCompanies) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let position = cursor::read(ctx, LIST, input.cursor.as_deref())?;

    let before = position.map_or(TOP, |(_, number)| number);
    let rows = companies::list(ctx.sql, before, limit + 1)?;
    let rows = rows.into_iter().map(|(number, company)| ((0, number), company)).collect();
    Reply::of(&cursor::page(ctx, LIST, limit, rows))
}
