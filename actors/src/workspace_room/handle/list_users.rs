//! Listing users.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::{TOP, users};
use schema::page::{self, Page};
use schema::room::user::{ListUsers, User};
use schema::{Permission, Reject, check};

/// Lists users, the latest first; with `email`, the one of that address.
///
/// # Errors
/// `invalid_input` for a bad limit, cursor or address.
pub fn list_users(ctx: &Ctx<'_>, input: &ListUsers) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("users/{:?}", input.company_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    if let Some(email) = &input.email {
        return Reply::of(&of_email(ctx, input, email)?);
    }
    let before = position.map_or(TOP, |(_, number)| number);
    let rows = match input.company_id {
        Some(company) => users::of_company(ctx.sql, company, before, limit + 1)?,
        None => users::list(ctx.sql, before, limit + 1)?,
    };
    let rows = rows.into_iter().map(|(number, user)| ((0, number), user)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

fn of_email(ctx: &Ctx<'_>, input: &ListUsers, email: &str) -> Result<Page<User>, Reject> {
    let email = check::email("email", email)?;
    let found = users::find_by_email(ctx.sql, &email)?;
    let fits = |user: &User| input.company_id.is_none_or(|id| user.company_id == Some(id));
    Ok(Page { items: found.into_iter().filter(fits).collect(), next_cursor: None })
}
