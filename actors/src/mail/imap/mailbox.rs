//! What is asked of a mailbox: its folders, their state, and the mails in them.

use litemap::LiteMap;

use super::command::{Command, set_of};
use super::folder::{Folder, FolderName};
use super::response::{Body, Code, Condition, Fetched, FolderState, Response, Status};
use super::session::{Session, bad_argument};
use super::sync::BATCH_BYTES_MAX;
use super::{Failure, ImapError, MailStream, Sleep, Stage};

/// The most folders that are looked at.
const FOLDERS_MAX: usize = 5_000;
/// The most mails with one Message-ID that are told of.
const FOUND_MAX: usize = 1_000;
/// The longest Message-ID that is searched for.
const MESSAGE_ID_BYTES_MAX: usize = 500;

/// A mail of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub uid: u32,
    pub size_bytes: u64,
    pub received_at: Option<i64>,
}

/// Bodies that have come.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    pub kept: LiteMap<u32, Body>,
    /// Came too, and were too much in sum: sizes are only said.
    pub dropped: Vec<u32>,
    kept_bytes: u64,
}

impl Bodies {
    fn keep(&mut self, uid: u32, body: Body, is_alone: bool) {
        if let Body::Whole(bytes) = &body {
            let sum = self.kept_bytes + bytes.len() as u64;
            if sum > BATCH_BYTES_MAX && !is_alone {
                self.drop(uid);
                return;
            }
            self.kept_bytes = sum;
        }
        self.kept.entry(uid).or_insert(body);
    }

    /// Notes that a mail has no room in this batch.
    pub fn drop(&mut self, uid: u32) {
        if !self.dropped.contains(&uid) {
            self.dropped.push(uid);
        }
    }
}

impl<S: MailStream, W: Sleep> Session<'_, S, W> {
    /// All folders.
    ///
    /// # Errors
    /// [`ImapError::Broken`] and [`ImapError::Refused`], as all that is asked here.
    pub async fn folders(&mut self) -> Result<Vec<Folder>, ImapError> {
        // Most servers mark the special ones anyway; some want to be asked (RFC 5258).
        let is_extended = self.can("SPECIAL-USE").await? && self.can("LIST-EXTENDED").await?;
        let options = if is_extended { " RETURN (SPECIAL-USE)" } else { "" };
        let command = Command::new("LIST \"\" \"*\"").words(options);
        let mut folders = Vec::new();
        let mut take = |response| {
            if let Response::Folder(folder) = response
                && folders.len() < FOLDERS_MAX
            {
                folders.push(folder);
            }
            Ok(())
        };
        self.ask(Stage::List, command, &mut take).await?;
        Ok(folders)
    }

    /// The state of a folder that is not open: whether it is worth opening.
    ///
    /// # Errors
    /// Besides the usual, [`ImapError::BadInput`] for a name that cannot be written.
    pub async fn status(&mut self, name: &FolderName) -> Result<FolderState, ImapError> {
        let mod_seq = if self.can("CONDSTORE").await? { " HIGHESTMODSEQ" } else { "" };
        let command = Command::new("STATUS").folder(name).map_err(bad_argument)?;
        let command = command.words(" (MESSAGES UIDVALIDITY UIDNEXT").words(mod_seq).words(")");
        let mut found = None;
        let mut take = |response| {
            if let Response::State(state) = response {
                found = Some(state);
            }
            Ok(())
        };
        self.ask(Stage::Status, command, &mut take).await?;
        found.ok_or(ImapError::Broken { at: Stage::Status, failure: Failure::OutOfStep })
    }

    /// Opens a folder for reading: nothing that is done there leaves a trace.
    ///
    /// # Errors
    /// As [`Session::status`].
    pub async fn examine(&mut self, name: &FolderName) -> Result<FolderState, ImapError> {
        self.exists = 0;
        let command = Command::new("EXAMINE").folder(name).map_err(bad_argument)?;
        let mut state = FolderState::default();
        let mut is_sticky = true;
        let mut take = |response| {
            let Response::Untagged(Status { condition, code, .. }) = response else {
                return Ok(());
            };
            match (condition, code) {
                (_, Some(Code::UidNotSticky)) => is_sticky = false,
                (Condition::Ok, Some(Code::UidValidity { value })) => {
                    state.uid_validity = Some(value);
                }
                (Condition::Ok, Some(Code::UidNext { value })) => state.uid_next = Some(value),
                (Condition::Ok, Some(Code::HighestModSeq { value })) => {
                    state.highest_mod_seq = Some(value);
                }
                _ => {}
            }
            Ok(())
        };
        self.ask(Stage::Examine, command, &mut take).await?;
        state.mails = self.exists;
        state.uid_validity = state.uid_validity.filter(|_| is_sticky);
        Ok(state)
    }

    /// How many mails the open folder holds now, as far as the server has said so.
    pub fn mails(&self) -> u32 {
        self.exists
    }

    /// The UIDs of the mails of the open folder with this Message-ID, without its brackets.
    ///
    /// # Errors
    /// Besides the usual, [`ImapError::BadInput`] for what cannot be a Message-ID.
    pub async fn search_message_id(&mut self, id: &str) -> Result<Vec<u32>, ImapError> {
        let is_id = |byte: u8| matches!(byte, b'!'..=b'~') && !b"<>".contains(&byte);
        if id.is_empty() || id.len() > MESSAGE_ID_BYTES_MAX || !id.bytes().all(is_id) {
            return Err(ImapError::BadInput { text: "this is not a Message-ID".to_owned() });
        }
        // A search finds parts: with its brackets the id is found only where it is whole. Servers
        // that compare without case find too much rather than too little.
        let command = Command::new("UID SEARCH HEADER Message-ID");
        let command = command.string(format!("<{id}>").as_bytes()).map_err(bad_argument)?;
        let mut found = Vec::new();
        let mut take = |response| {
            if let Response::Search(uids) = response {
                found.extend(uids.into_iter().take(FOUND_MAX.saturating_sub(found.len())));
            }
            Ok(())
        };
        self.ask(Stage::Search, command, &mut take).await?;
        Ok(found)
    }

    /// Asks for nothing: keeps the connection, and lets the server tell what is new.
    ///
    /// # Errors
    /// As [`Session::folders`].
    pub async fn no_op(&mut self) -> Result<(), ImapError> {
        self.ask(Stage::NoOp, Command::new("NOOP"), &mut |_| Ok(())).await
    }

    /// The mails whose UIDs are in a range, in their order. A server that is asked about a range
    /// above all UIDs tells of its last mail (RFC 3501 §6.4.8), and it may tell of any mail at any
    /// time: what was not asked for does not count.
    pub(super) async fn list(&mut self, low: u32, high: u32) -> Result<Vec<Listed>, ImapError> {
        let words = format!("UID FETCH {low}:{high} (UID INTERNALDATE RFC822.SIZE)");
        let mut listed: LiteMap<u32, Listed> = LiteMap::new();
        let mut take = |response| {
            if let Response::Fetch(_, Fetched { uid: Some(uid), size_bytes, received_at, .. }) =
                response
                && (low..=high).contains(&uid)
            {
                // A change of flags is told in between, without the rest.
                let size_bytes = size_bytes.or(listed.get(&uid).map(|it| it.size_bytes));
                let received_at = received_at.or(listed.get(&uid).and_then(|it| it.received_at));
                let size_bytes = size_bytes.unwrap_or(0);
                listed.insert(uid, Listed { uid, size_bytes, received_at });
            }
            Ok(())
        };
        self.ask(Stage::FetchList, Command::new(&words), &mut take).await?;
        Ok(listed.into_iter().map(|(_, mail)| mail).collect())
    }

    /// The bodies of mails. What has come is kept whatever the answer is at last, or if none comes.
    pub(super) async fn bodies(
        &mut self,
        uids: &[u32],
        bodies: &mut Bodies,
    ) -> Result<(), ImapError> {
        let words = format!("UID FETCH {} (UID BODY.PEEK[])", set_of(uids));
        let mut take = |response| {
            if let Response::Fetch(_, Fetched { uid: Some(uid), body: Some(body), .. }) = response
                && uids.contains(&uid)
            {
                bodies.keep(uid, body, uids.len() == 1);
            }
            Ok(())
        };
        self.ask(Stage::FetchMail, Command::new(&words), &mut take).await
    }

    /// Whether a mail is there, as far as the server will say.
    pub(super) async fn holds(&mut self, uid: u32) -> Result<bool, ImapError> {
        // Only when it is asked for nothing may a server tell what others have expunged, and
        // until it has done so the mail has its UID (RFC 3501 §7.4.1).
        self.ask(Stage::FetchMail, Command::new("NOOP"), &mut |_| Ok(())).await?;
        let command = Command::new(&format!("UID FETCH {uid} (UID)"));
        let mut is_there = false;
        let mut take = |response| {
            is_there |= matches!(response, Response::Fetch(_, it) if it.uid == Some(uid));
            Ok(())
        };
        match self.ask(Stage::FetchMail, command, &mut take).await {
            Ok(()) => Ok(is_there),
            Err(ImapError::Refused { code: Some(Code::ExpungeIssued), .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The lowest UID that is at least `low`: `None` if no mail has one, `low` itself where the
    /// server does not let it be known.
    ///
    /// Numbers of mails are in the order of UIDs and stand still while they are asked about
    /// (RFC 3501 §7.4.1), so the place is found by halving: a gap of a billion UIDs costs as little
    /// as one of a thousand.
    pub(super) async fn first_uid_from(&mut self, low: u32) -> Result<Option<u32>, ImapError> {
        self.has_expunged = false;
        let (mut first, mut behind) = (1, self.exists.saturating_add(1));
        let mut found = None;
        while first < behind {
            let middle = first + (behind - first) / 2;
            match self.uid_at(middle).await? {
                Some(uid) if uid >= low => (found, behind) = (Some(uid), middle),
                Some(_) => first = middle + 1,
                None => return Ok(Some(low)),
            }
        }
        Ok(if self.has_expunged { Some(low) } else { found })
    }

    async fn uid_at(&mut self, number: u32) -> Result<Option<u32>, ImapError> {
        let command = Command::new(&format!("FETCH {number} (UID)"));
        let mut found = None;
        let mut take = |response| {
            if let Response::Fetch(of, Fetched { uid: Some(uid), .. }) = response
                && of == number
            {
                found = Some(uid);
            }
            Ok(())
        };
        self.ask(Stage::FetchList, command, &mut take).await?;
        Ok(found)
    }

    /// A number above the UIDs of all mails, for servers that do not say what comes next. It is
    /// no UIDNEXT: when the last mail goes, it becomes smaller.
    pub(super) async fn behind_last(&mut self) -> Result<u32, ImapError> {
        if self.exists == 0 {
            return Ok(1);
        }
        let last = self.uid_at(self.exists).await?;
        let silent = ImapError::Broken { at: Stage::FetchList, failure: Failure::OutOfStep };
        Ok(last.ok_or(silent)?.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_kept_as_far_as_they_fit_into_a_batch() {
        let mut bodies = Bodies::default();
        let body = || Body::Whole(vec![b'x'; 3 * 1024 * 1024]);
        for uid in 1..=3 {
            bodies.keep(uid, body(), false);
        }
        bodies.keep(1, Body::Whole(Vec::new()), false);
        assert_eq!(bodies.kept.keys().collect::<Vec<_>>(), [&1]);
        assert_eq!(bodies.kept.get(&1), Some(&body()), "the first counts");
        assert_eq!(bodies.dropped.iter().collect::<Vec<_>>(), [&2, &3]);
        bodies.keep(4, body(), true);
        assert!(bodies.kept.contains_key(&4));
    }
}
