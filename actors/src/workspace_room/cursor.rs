//! Where the next page of a list begins: a position that only its own list takes back.
//!
//! A cursor ends in a check over the workspace, the list with its filters, and the position. It
//! keeps nothing secret; it tells a cursor of another list, of another workspace or with an altered
//! byte from a good one. Whoever reads this can make one up: what it holds is looked at like any
//! input.

use crate::kernel::Ctx;
use crate::kernel::engine::hex;
use crate::workspace_room::store::{BOTTOM, TOP};
use schema::page::Page;
use schema::{Millis, Reject};
use sha2::{Digest, Sha256};

/// A place in a list: the key it is sorted by (0 where that is the number alone), and the number.
pub type Position = (Millis, i64);

const CHECK_BYTES: usize = 8;

/// The cursor of a position in a list; `list` names the list and its filters.
#[must_use]
pub fn write(ctx: &Ctx<'_>, list: &str, (key, number): Position) -> String {
    seal(ctx, list, &format!("{key}.{number}"))
}

/// The cursor of a place that is no [`Position`].
#[must_use]
pub fn seal(ctx: &Ctx<'_>, list: &str, place: &str) -> String {
    let check = check(ctx.instance, list, place);
    format!("{place}.{check}")
}

/// The position of a cursor; none where the client begins.
///
/// # Errors
/// `invalid_input` for a cursor that this list never gave.
pub fn read(ctx: &Ctx<'_>, list: &str, cursor: Option<&str>) -> Result<Option<Position>, Reject> {
    let Some(place) = unseal(ctx, list, cursor)? else { return Ok(None) };
    let part = |text: &str| text.parse::<i64>().ok().filter(|it| (BOTTOM..=TOP).contains(it));
    let position = |(key, number): (&str, &str)| Some((part(key)?, part(number)?));
    place.split_once('.').and_then(position).map(Some).ok_or_else(foreign)
}

/// The place of a cursor that [`seal`] made.
///
/// # Errors
/// As [`read`].
pub fn unseal(ctx: &Ctx<'_>, list: &str, cursor: Option<&str>) -> Result<Option<String>, Reject> {
    let Some(cursor) = cursor else { return Ok(None) };
    let (place, given) = cursor.rsplit_once('.').ok_or_else(foreign)?;
    let is_own = check(ctx.instance, list, place) == given;
    if is_own { Ok(Some(place.to_owned())) } else { Err(foreign()) }
}

/// The refusal of a cursor that a list never gave.
#[must_use]
pub fn foreign() -> Reject {
    Reject::field("cursor", "is none of this list: take nextCursor as it came")
}

fn check(workspace: &str, list: &str, place: &str) -> String {
    let digest = Sha256::digest(format!("{workspace}\n{list}\n{place}"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_room::tests::desk::Desk;
    use schema::Code;
    use serde_json::json;

    #[test]
    fn a_cursor_that_somebody_made_up_is_refused_where_no_list_has_such_a_place() {
        let mut desk = Desk::open();
        let workspace = desk.agent.principal.workspace.to_string();
        let made_up = |place: &str| {
            let check = check(&workspace, "campaigns/None", place);
            json!({ "listCampaigns": { "cursor": format!("{place}.{check}") } })
        };
        assert_eq!(desk.ask(&made_up("0.7"))["items"], json!([]));
        for place in ["0.9007199254740992", "-9223372036854775808.7", "0.x", "7"] {
            assert_eq!(desk.refused(&made_up(place)).0, Code::InvalidInput, "{place}");
        }
    }
}
