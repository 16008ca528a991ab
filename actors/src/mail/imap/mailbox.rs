//! What is asked of a mailbox: its folders, their state, and the mails in them.

use std::collections::{BTreeMap, BTreeSet};

use schema::sort::collect_small;

use super::command::{Command, set_of};
use super::decoder::MAIL_BYTES_MAX;
use super::folder::{Folder, FolderName};
use super::response::{Body, Code, Condition, Fetched, FolderState, Response};
use super::session::{Session, bad_argument};
use super::{Failure, ImapError, MailStream, Sleep, Stage};

/// The most folders that are looked at.
const FOLDERS_MAX: usize = 5_000;
/// The most mails with one Message-ID that are told of.
const FOUND_MAX: usize = 1_000;
/// The longest Message-ID that is searched for.
const MESSAGE_ID_BYTES_MAX: usize = 500;
/// What the bodies of one answer may be together, before later ones are dropped and asked for
/// again by themselves: sizes are only said.
const KEPT_BYTES_MAX: u64 = MAIL_BYTES_MAX;

/// A mail of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub uid: u32,
    pub size_bytes: u64,
    pub received_at: Option<i64>,
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
        let mut take = |response| {
            if let Response::Untagged(status) = response
                && status.condition == Condition::Ok
            {
                match status.code {
                    Some(Code::UidValidity { value }) => state.uid_validity = Some(value),
                    Some(Code::UidNext { value }) => state.uid_next = Some(value),
                    Some(Code::HighestModSeq { value }) => state.highest_mod_seq = Some(value),
                    _ => {}
                }
            }
            Ok(())
        };
        self.ask(Stage::Examine, command, &mut take).await?;
        state.mails = self.exists;
        if state.uid_next.is_none() {
            let last = self.last_uid().await?;
            state.uid_next = Some(last.map_or(1, |uid| uid.saturating_add(1)));
        }
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
        let mut listed: BTreeMap<u32, Listed> = BTreeMap::new();
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
        Ok(listed.into_values().collect())
    }

    /// The bodies of mails, as far as they came.
    pub(super) async fn bodies(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, Body>, ImapError> {
        let wanted: BTreeSet<u32> = collect_small(uids.iter().copied());
        let words = format!("UID FETCH {} (UID BODY.PEEK[])", set_of(uids));
        let mut bodies = BTreeMap::new();
        let mut kept_bytes = 0;
        let mut take = |response| {
            if let Response::Fetch(_, Fetched { uid: Some(uid), body: Some(body), .. }) = response
                && wanted.contains(&uid)
                && !bodies.contains_key(&uid)
            {
                if let Body::Whole(bytes) = &body {
                    if kept_bytes + bytes.len() as u64 > KEPT_BYTES_MAX {
                        return Ok(());
                    }
                    kept_bytes += bytes.len() as u64;
                }
                bodies.insert(uid, body);
            }
            Ok(())
        };
        self.ask(Stage::FetchMail, Command::new(&words), &mut take).await?;
        Ok(bodies)
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

    /// The UID of the last mail, for servers that do not say what comes next.
    async fn last_uid(&mut self) -> Result<Option<u32>, ImapError> {
        if self.exists == 0 { Ok(None) } else { self.uid_at(self.exists).await }
    }
}
