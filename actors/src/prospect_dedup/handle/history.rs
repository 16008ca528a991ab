//! Reads what happened to the prospect, newest first.
//!
//! For everybody of the workspace. Rejects: `not_found`, `gone`, `invalid_input`.

use crate::kernel::Ctx;
use crate::prospect_dedup::person;
use crate::prospect_dedup::store::history;
use schema::prospect::{History, HistoryPage};
use schema::{Permission, Reject};

/// Sorts after every id.
const LAST: &str = "~";

/// Reads a page of the history.
///
/// # Errors
/// See above.
pub fn history(ctx: &Ctx<'_>, input: &History) -> Result<HistoryPage, Reject> {
    ctx.require(Permission::Read)?;
    let limit = input.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(Reject::field("limit", "must be 1 to 100"));
    }
    let before = match &input.cursor {
        None => LAST,
        Some(cursor) if uuid::Uuid::try_parse(cursor).is_ok() => cursor,
        Some(_) => return Err(Reject::field("cursor", "must be the nextCursor of a page")),
    };
    person::owner(ctx)?;
    let mut entries = history::page(ctx.sql, before, limit + 1)?;
    let more = entries.len() as i64 > limit;
    entries.truncate(usize::try_from(limit).unwrap_or(100));
    let next_cursor = entries.last().filter(|_| more).map(|entry| entry.id.clone());
    Ok(HistoryPage { entries, next_cursor })
}
