//! Listing users.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::directory::value;
use crate::workspace_room::store::{TOP, users};
use schema::page::{self, Page};
use schema::room::user::{HandleKind, ListUsers, User, UserSort};
use schema::{Permission, Reject};

/// Lists users, the latest first; with a handle, the one who has it.
///
/// # Errors
/// `invalid_input` for a bad limit, cursor, address or handle, or a sort that the list has not.
pub fn list_users(ctx: &Ctx<'_>, input: &ListUsers) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let archived = input.archived.unwrap_or(false);
    let sort = input.sort.unwrap_or(UserSort::CreatedAt);
    let list = format!("users/{:?}/{archived}/{sort:?}", input.company_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    if let Some((kind, value)) = asked_handle(input)? {
        let found = users::find_by_handle(ctx.sql, kind, &value)?;
        let fits = |user: &User| input.company_id.is_none_or(|id| user.company_id == Some(id));
        let items: Vec<User> = found.into_iter().filter(fits).collect();
        return Reply::of(&Page { items, next_cursor: None });
    }
    let before = position.map_or(TOP, |(_, number)| number);
    let rows = match (input.company_id, sort) {
        (Some(_), UserSort::UpdatedAt) => {
            return Err(Reject::field("sort", "lists by company are sorted by createdAt"));
        }
        (Some(company), _) => users::of_company(ctx.sql, company, archived, before, limit + 1)?,
        (None, UserSort::CreatedAt) => users::list(ctx.sql, archived, before, limit + 1)?,
        (None, UserSort::UpdatedAt) => {
            users::by_change(ctx.sql, archived, position.unwrap_or((TOP, TOP)), limit + 1)?
        }
    };
    let key = |user: &User| if sort == UserSort::UpdatedAt { user.updated_at } else { 0 };
    let rows = rows.into_iter().map(|(number, it)| ((key(&it), number), it)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// The handle that is asked for, if one is.
fn asked_handle(input: &ListUsers) -> Result<Option<(HandleKind, String)>, Reject> {
    match (&input.email, &input.handle, input.handle_kind) {
        (Some(_), Some(_), _) => Err(Reject::field("handle", "give email or handle, not both")),
        (Some(email), None, None) => {
            Ok(Some((HandleKind::Email, value::value("email", HandleKind::Email, email)?)))
        }
        (None, Some(handle), Some(kind)) => Ok(Some((kind, value::value("handle", kind, handle)?))),
        (None, Some(_), None) => Err(Reject::field("handleKind", "must stand beside handle")),
        (_, None, Some(_)) => Err(Reject::field("handle", "must stand beside handleKind")),
        (None, None, None) => Ok(None),
    }
}
