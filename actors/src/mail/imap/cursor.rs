//! How far a folder has been read, and what that means when it is opened again.

use serde::{Deserialize, Serialize};

use super::{FolderState, ImapError};

/// Everything of this generation below `uid_next` has been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The folder's generation.
    pub uid_validity: u32,
    /// The first UID that has not been dealt with.
    pub uid_next: u32,
}

/// The server has no lasting UIDs for a folder (RFC 3501 §6.3.1), so nothing can be known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoUidValidity;

impl From<NoUidValidity> for ImapError {
    fn from(_: NoUidValidity) -> ImapError {
        ImapError::NoUidValidity
    }
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Nothing is new.
    UpToDate,
    /// With what came since.
    Continued,
    /// With the first mail: the folder was never read.
    First,
    /// With the first mail: the folder is another one, and its UIDs mean other mails. What is
    /// known is known by its Message-ID.
    OtherGeneration,
    /// With the first mail: the server has given out fewer UIDs than it had, as after a restored
    /// backup, so UIDs that were dealt with may mean other mails now.
    WentBack,
}

impl Cursor {
    /// Where reading begins with what was known before, and the cursor to begin with.
    ///
    /// # Errors
    /// [`NoUidValidity`].
    pub fn resume(
        before: Option<Cursor>,
        state: &FolderState,
    ) -> Result<(Start, Cursor), NoUidValidity> {
        let uid_validity = state.uid_validity.ok_or(NoUidValidity)?;
        let anew = Cursor { uid_validity, uid_next: 1 };
        Ok(match (before, state.uid_next) {
            (None, _) => (Start::First, anew),
            (Some(before), _) if before.uid_validity != uid_validity => {
                (Start::OtherGeneration, anew)
            }
            (Some(before), Some(next)) if next < before.uid_next => (Start::WentBack, anew),
            (Some(before), Some(next)) if next == before.uid_next => (Start::UpToDate, before),
            (Some(before), _) => (Start::Continued, before),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_goes_on_where_it_stopped_or_begins_anew() {
        let at = |uid_validity, uid_next| Cursor { uid_validity, uid_next };
        let state = |uid_validity, uid_next| FolderState {
            uid_validity,
            uid_next,
            ..FolderState::default()
        };
        let resume = |before, uid_next| Cursor::resume(before, &state(Some(7), uid_next));
        assert_eq!(resume(None, Some(9)), Ok((Start::First, at(7, 1))));
        assert_eq!(resume(Some(at(7, 9)), Some(9)), Ok((Start::UpToDate, at(7, 9))));
        assert_eq!(resume(Some(at(7, 9)), Some(10)), Ok((Start::Continued, at(7, 9))));
        assert_eq!(resume(Some(at(7, 9)), None), Ok((Start::Continued, at(7, 9))));
        assert_eq!(resume(Some(at(7, 9)), Some(8)), Ok((Start::WentBack, at(7, 1))));
        assert_eq!(resume(Some(at(6, 9)), Some(9)), Ok((Start::OtherGeneration, at(7, 1))));
        assert_eq!(resume(Some(at(8, 2)), Some(9)), Ok((Start::OtherGeneration, at(7, 1))));
        assert_eq!(Cursor::resume(None, &state(None, Some(9))), Err(NoUidValidity));
    }
}
