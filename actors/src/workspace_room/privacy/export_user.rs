//! `exportUser`: everything that is stored of a person, page by page, as one list.
//!
//! First the person with those merged into them, then their tickets, then comments: a page looks at
//! a bounded number of comments, so that one may be short, and still have a next.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::{BOTTOM, comments, tickets, users};
use crate::workspace_room::{audit, comments as texts, cursor};
use schema::page::{self, Page};
use schema::room::privacy::{ExportUser, Stored};
use schema::{Permission, Reject};

/// How many comments a page looks at.
const LOOKED_AT: i64 = 2_000;

/// Gives the next page.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` for a bad limit or cursor.
pub fn export_user(ctx: &Ctx<'_>, input: &ExportUser) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Manage)?;
    let limit = page::limit(input.limit)?;
    let user = users::find(ctx.sql, input.user_id)?.ok_or_else(|| Reject::not_found("user"))?;
    let list = format!("person/{}", user.id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    if position.is_none() {
        audit::note(ctx, "user.exported", member.agent, input)?;
    }
    let parts = users::merged_into(ctx.sql, user.id)?;
    let mut items = Vec::new();
    let next = match position {
        None => {
            let all = [user].into_iter().chain(parts);
            items.extend(all.map(|user| Stored::User(Box::new(user))));
            Some((1, 0))
        }
        Some((1, number)) => {
            let found = tickets::ids_of_user(ctx.sql, user.id, number, limit)?;
            for (_, id) in &found {
                let id = id.parse().map_err(|_| Reject::internal("a ticket without an id"))?;
                let ticket = tickets::find(ctx.sql, id)?;
                items.extend(ticket.map(|ticket| Stored::Ticket(Box::new(ticket))));
            }
            let last = found.last().filter(|_| found.len() as i64 == limit);
            Some(last.map_or((2, BOTTOM), |(number, _)| (1, *number)))
        }
        Some((_, after)) => {
            let ids: Vec<String> = parts
                .iter()
                .map(|part| part.id)
                .chain([user.id])
                .map(|id| id.to_string())
                .collect();
            spoken(ctx, &ids, after, limit, &mut items)?
        }
    };
    let next_cursor = next.map(|position| cursor::write(ctx, &list, position));
    Reply::of(&Page { items, next_cursor })
}

/// The next comments; gives where to go on, if there is more.
fn spoken(
    ctx: &Ctx<'_>,
    ids: &[String],
    after: i64,
    limit: i64,
    items: &mut Vec<Stored>,
) -> Result<Option<cursor::Position>, Reject> {
    let Some(last) = store::last_comment(ctx.sql, after, LOOKED_AT)? else { return Ok(None) };
    let mut found = Vec::new();
    for id in store::of_person(ctx.sql, after, last, ids, limit)? {
        found.extend(comments::find(ctx.sql, id)?);
    }
    let full = found.len() as i64 == limit;
    let upto = found.last().filter(|_| full).map_or(last, |(comment, _)| comment.seq);
    let found = texts::with_files(ctx, found)?;
    items.extend(found.into_iter().map(|comment| Stored::Comment(Box::new(comment))));
    Ok(Some((2, upto)))
}
