//! Cursors of lists that D1 gives: where the page before ended, sealed so that nobody can make one,
//! or use one in another list or workspace.

use crate::token::Keys;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::{Millis, Reject};

/// The last row of a page: what the list is sorted by, and the row's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The time that the list is sorted by.
    pub at: Millis,
    /// The row.
    pub id: String,
}

impl Cursor {
    /// Cuts rows, of which one more was asked for than a page holds, to the page; gives where that
    /// ends, by what `of` says of its last row, if there was one more.
    pub fn cut<T, I: ToString>(
        rows: &mut Vec<T>,
        limit: i64,
        of: impl Fn(&T) -> (Millis, I),
    ) -> Option<Self> {
        let more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let (at, id) = of(rows.last().filter(|_| more)?);
        Some(Self { at, id: id.to_string() })
    }

    /// The cursor as text; `list` names the list with all its filters.
    #[must_use]
    pub fn seal(&self, keys: &Keys, list: &str) -> String {
        let inner = format!("{}|{}", self.at, self.id);
        let mark = mark(keys, list, &inner);
        URL_SAFE_NO_PAD.encode(format!("{mark}|{inner}"))
    }

    /// Reads a cursor of the same list.
    ///
    /// # Errors
    /// `invalid_input` for anything else.
    pub fn open(keys: &Keys, list: &str, text: &str) -> Result<Self, Reject> {
        Self::read(keys, list, text)
            .ok_or_else(|| Reject::field("cursor", "is not one that this list gave"))
    }

    fn read(keys: &Keys, list: &str, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (given, inner) = text.split_once('|')?;
        if !crate::token::same(given, &mark(keys, list, inner)) {
            return None;
        }
        let (at, id) = inner.split_once('|')?;
        Some(Self { at: at.parse().ok()?, id: id.to_owned() })
    }
}

fn mark(keys: &Keys, list: &str, inner: &str) -> String {
    keys.nonce_of(&format!("cursor|{list}"), inner)[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_in_its_own_list_only_and_only_unaltered() {
        let keys = Keys::new("0123456789abcdef0123456789abcdef", None).expect("keys");
        let cursor = Cursor { at: 7, id: "a|b".into() };
        let text = cursor.seal(&keys, "prospects|w1");
        assert_eq!(Cursor::open(&keys, "prospects|w1", &text), Ok(cursor));
        assert!(Cursor::open(&keys, "prospects|w2", &text).is_err());
        for at in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            assert!(Cursor::open(&keys, "prospects|w1", &altered).is_err(), "byte {at}");
        }
        assert!(Cursor::open(&keys, "prospects|w1", "").is_err());
    }
}
