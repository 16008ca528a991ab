//! Lists: `limit` and `cursor` in, `items` and `nextCursor` out.

use crate::reject::Reject;
use serde::{Deserialize, Serialize};

/// How many items a page has where the client does not say.
pub const LIMIT_DEFAULT: i64 = 50;
/// How many items a page has at most.
pub const LIMIT_MAX: i64 = 100;

/// One page of a list. The HTTP API gives `items` as `data` and `nextCursor` in `meta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last. A page may have fewer items than `limit`,
    /// even none, and still have a next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The number of items to give.
///
/// # Errors
/// `invalid_input` outside 1 to [`LIMIT_MAX`].
pub fn limit(limit: Option<i64>) -> Result<i64, Reject> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Reject::field("limit", format!("must be 1 to {LIMIT_MAX}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_outside_1_to_100_is_refused() {
        for value in [-1, 0, 101, i64::MAX] {
            assert!(limit(Some(value)).is_err(), "{value}");
        }
        assert_eq!((limit(None), limit(Some(100))), (Ok(50), Ok(100)));
    }
}
