//! The commands of rules: a resource a file, its verbs in the order of the API.
//!
//! Agents read them, who manages the workspace changes them.

pub mod automation_runs;
pub mod automations;
pub mod hours;
pub mod sla_policies;
pub mod workflow_runs;
pub mod workflows;

use super::store::definitions::{self, Definition};
use crate::kernel::Ctx;
use crate::workspace_room::cursor;
use schema::page::{self, Page};
use schema::room::automation::NAME_CHARS_MAX;
use schema::sort::SortSmall;
use schema::{Reject, check};

/// More than there are of any kind.
const ALL: i64 = 1_000;

/// A name as it is kept.
fn name(name: &str) -> Result<String, Reject> {
    check::line("name", name, NAME_CHARS_MAX)
}

/// A definition.
fn find<T: Definition>(ctx: &Ctx<'_>, id: &str, what: &str) -> Result<T, Reject> {
    definitions::find::<T>(ctx.sql, id)?.ok_or_else(|| Reject::not_found(what))
}

/// The place of a new definition.
///
/// # Errors
/// `conflict` where there are so many already.
pub fn next_place<T: Definition>(ctx: &Ctx<'_>, most: i64) -> Result<i64, Reject> {
    let (count, last) = definitions::count::<T>(ctx.sql)?;
    if count >= most {
        return Err(Reject::conflict(format!("there are {most} already: delete one first")));
    }
    Ok(last + 1)
}

/// A page of definitions in their order, of those that `takes` takes.
fn page_of<T: Definition>(
    ctx: &Ctx<'_>,
    list: &str,
    (limit, from): (Option<i64>, Option<&str>),
    takes: impl Fn(&T) -> bool,
) -> Result<Page<T>, Reject> {
    let limit = page::limit(limit)?;
    let after = cursor::read(ctx, list, from)?.map_or(0, |(_, place)| place);
    let found = definitions::list::<T>(ctx.sql, 0, ALL)?;
    let rows = (1..).zip(found.into_iter().filter(takes));
    let rows = rows.filter(|(place, _)| *place > after).map(|(place, one)| ((0, place), one));
    Ok(cursor::page(ctx, list, limit, rows.take(limit as usize + 1).collect()))
}

/// Puts definitions into an order that names each once.
fn reorder<T: Definition>(ctx: &Ctx<'_>, field: &str, ids: &[String]) -> Result<Vec<T>, Reject> {
    let known = definitions::list::<T>(ctx.sql, 0, ALL)?;
    let (mut asked, mut there): (Vec<String>, Vec<String>) =
        (ids.to_vec(), known.iter().map(Definition::id).collect());
    asked.sort_small();
    there.sort_small();
    if asked != there {
        return Err(Reject::field(field, "must name each one once, and no other"));
    }
    for (position, id) in (1..).zip(ids) {
        definitions::place(ctx.sql, id, position)?;
    }
    Ok(definitions::list::<T>(ctx.sql, 0, ALL)?)
}
