//! Where the next page of a list begins: a position that only its own list takes back.
//!
//! A cursor ends in a check over the workspace, the list with its filters, and the position. It
//! keeps nothing secret; it tells a cursor of another list, of another workspace or with an altered
//! byte from a good one.

use crate::kernel::Ctx;
use crate::kernel::engine::hex;
use schema::page::Page;
use schema::{Millis, Reject};
use sha2::{Digest, Sha256};

/// A place in a list: the key it is sorted by (0 where that is the number alone), and the number.
pub type Position = (Millis, i64);

const CHECK_BYTES: usize = 8;

/// The cursor of a position in a list; `list` names the list and its filters.
#[must_use]
pub fn write(ctx: &Ctx<'_>, list: &str, (key, number): Position) -> String {
    let place = format!("{key}.{number}");
    let check = check(ctx, list, &place);
    format!("{place}.{check}")
}

/// The position of a cursor; none where the client begins.
///
/// # Errors
/// `invalid_input` for a cursor that this list never gave.
pub fn read(ctx: &Ctx<'_>, list: &str, cursor: Option<&str>) -> Result<Option<Position>, Reject> {
    let Some(cursor) = cursor else { return Ok(None) };
    parse(ctx, list, cursor)
        .map(Some)
        .ok_or_else(|| Reject::field("cursor", "is none of this list: take nextCursor as it came"))
}

fn parse(ctx: &Ctx<'_>, list: &str, cursor: &str) -> Option<Position> {
    let (place, given) = cursor.rsplit_once('.')?;
    let (key, number) = place.split_once('.')?;
    let position = (key.parse().ok()?, number.parse().ok()?);
    let same = check(ctx, list, place) == given;
    same.then_some(position)
}

fn check(ctx: &Ctx<'_>, list: &str, place: &str) -> String {
    let digest = Sha256::digest(format!("{}\n{list}\n{place}", ctx.instance));
    hex(&digest[..CHECK_BYTES])
}

/// A page out of up to `limit + 1` rows, each with its position: the last one only tells that there
/// is more.
#[must_use]
pub fn page<T>(ctx: &Ctx<'_>, list: &str, limit: i64, mut rows: Vec<(Position, T)>) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more).map(|(position, _)| *position);
    Page {
        next_cursor: last.map(|position| write(ctx, list, position)),
        items: rows.into_iter().map(|(_, item)| item).collect(),
    }
}
