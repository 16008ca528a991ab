//! What is new in a folder, in batches that fit into memory.
//!
//! First the UIDs and sizes of a stretch of UIDs are asked for, then the mails themselves, some at
//! a time. A stretch is of so many UIDs, not of so many mails, so an answer is bounded whatever the
//! server holds; where a stretch is empty, the gap behind it is jumped over.
//!
//! The end is what the server named when the folder was opened. What comes later has a higher UID
//! and is found the next time.

use std::collections::VecDeque;

use super::cursor::{Cursor, Start};
use super::folder::FolderName;
use super::mailbox::{Bodies, Listed};
use super::response::Body;
use super::session::{Session, broken};
use super::{ImapError, MAIL_BYTES_MAX, MailStream, Sleep, Stage};
use crate::mail::wire::within;

/// The UIDs that are asked about at once.
const STRETCH: u32 = 500;
/// The mails that are fetched at once, and what they may be together; one is always fetched.
const BATCH_MAILS_MAX: usize = 50;
pub(super) const BATCH_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What the server may say for one batch: a mail that is read past, and some that are not kept.
const ANSWER_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Empty stretches after which the way so far is handed out, so that it is not gone twice.
const EMPTY_MAX: usize = 50;

/// A mail as it lies in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedMail {
    /// Its number in this generation of the folder.
    pub uid: u32,
    /// When the server got it, in seconds since 1970.
    pub received_at: Option<i64>,
    /// The mail.
    pub raw: Vec<u8>,
}

/// A mail that was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Its number in this generation of the folder.
    pub uid: u32,
    /// Why.
    pub why: WhySkipped,
}

/// Why a mail was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhySkipped {
    /// It is larger than [`MAIL_BYTES_MAX`].
    TooLarge {
        /// Its size.
        size_bytes: u64,
    },
    /// It was deleted or moved away before it could be read.
    Gone,
}

/// Some mails, and how far the folder has been read with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// In the order of their UIDs. May be empty.
    pub mails: Vec<FetchedMail>,
    /// What is not among them.
    pub skipped: Vec<Skipped>,
    /// What to store, together with the mails.
    pub cursor: Cursor,
}

/// The reading of an open folder: while it lasts, no other can be opened.
#[derive(Debug)]
pub struct Sync<'s, 'x, S, W> {
    session: &'s mut Session<'x, S, W>,
    start: Start,
    cursor: Cursor,
    /// The first UID that is not asked for this time.
    end: u32,
    listed: VecDeque<Listed>,
    /// Everything below is either in `listed` or dealt with.
    listed_until: u32,
    /// Mails that the server got before, in seconds since 1970, are dealt with as they are.
    not_before: i64,
    /// The mails that are fetched at once.
    mails_max: usize,
    /// Why it goes no further.
    stopped: Option<ImapError>,
}

impl<'x, S: MailStream, W: Sleep> Session<'x, S, W> {
    /// Opens a folder, and begins to read it with what was known before.
    ///
    /// # Errors
    /// As [`Session::examine`], and [`ImapError::NoUidValidity`].
    pub async fn sync(
        &mut self,
        name: &FolderName,
        before: Option<Cursor>,
    ) -> Result<Sync<'_, 'x, S, W>, ImapError> {
        let state = self.examine(name).await?;
        let (start, cursor) = Cursor::resume(before, &state)?;
        let end = match state.uid_next {
            Some(end) => end,
            None => self.behind_last().await?,
        };
        let listed_until = cursor.uid_next;
        let listed = VecDeque::new();
        let (not_before, mails_max, stopped) = (i64::MIN, BATCH_MAILS_MAX, None);
        let session = self;
        Ok(Sync {
            session,
            start,
            cursor,
            end,
            listed,
            listed_until,
            not_before,
            mails_max,
            stopped,
        })
    }
}

impl<S: MailStream, W: Sleep> Sync<'_, '_, S, W> {
    /// Reads past mails that the server got before a time, in seconds since 1970.
    pub fn not_before(self, not_before: i64) -> Self {
        Sync { not_before, ..self }
    }

    /// Fetches no more mails at once than that; one, where nothing else comes in time.
    pub fn at_most(self, mails: usize) -> Self {
        Sync { mails_max: mails.clamp(1, BATCH_MAILS_MAX), ..self }
    }

    /// Where it began.
    pub fn start(&self) -> Start {
        self.start
    }

    /// How far it has got with all that was handed out.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The next mails, or `None` when all that was there is read. What has come before something
    /// went wrong is handed out first, so that a slow server is read to its end piece by piece.
    ///
    /// # Errors
    /// [`ImapError::Broken`], [`ImapError::Refused`], [`ImapError::MailRefused`] and
    /// [`ImapError::MailNotGiven`]; from then on always the same.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, ImapError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        let began = self.cursor;
        let mut batch = Batch { mails: Vec::new(), skipped: Vec::new(), cursor: began };
        let mut bodies = Bodies::default();
        self.session.io.left_bytes = ANSWER_BYTES_MAX;
        let (sleep, limit_ms) = (self.session.io.sleep, self.session.limits.batch_ms);
        let work = async { Ok(self.read_on(&mut bodies, &mut batch).await) };
        self.stopped = match within(sleep, limit_ms, work).await {
            Ok(result) => result.err(),
            Err(failure) => Some(broken(Stage::FetchMail, failure)),
        };
        self.hand_over(&mut bodies, &mut batch);
        batch.cursor = self.cursor;
        match &self.stopped {
            Some(error) if self.cursor == began => Err(error.clone()),
            _ => Ok((self.cursor != began).then_some(batch)),
        }
    }

    async fn read_on(&mut self, bodies: &mut Bodies, batch: &mut Batch) -> Result<(), ImapError> {
        for _ in 0..EMPTY_MAX {
            if !self.listed.is_empty() || self.listed_until >= self.end {
                break;
            }
            self.list_next().await?;
        }
        let wanted = self.next_wanted();
        if !wanted.is_empty() {
            match self.session.bodies(&wanted, bodies).await {
                // One of them is the reason, and the others need not wait for it.
                Err(ImapError::Refused { .. }) => {}
                result => result?,
            }
        }
        self.hand_over(bodies, batch);
        // What did not come with the others is asked for by itself.
        for uid in wanted {
            if self.listed.front().is_none_or(|next| next.uid != uid) {
                continue;
            }
            let has_room = batch.mails.is_empty() || !bodies.dropped.contains(&uid);
            if !has_room || !self.read_one(uid, bodies, batch).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn list_next(&mut self) -> Result<(), ImapError> {
        let low = self.listed_until;
        let behind = low.saturating_add(STRETCH).min(self.end);
        let listed = self.session.list(low, behind.saturating_sub(1)).await?;
        let is_gap = listed.is_empty();
        let not_before = self.not_before;
        let is_wanted = |mail: &Listed| mail.received_at.is_none_or(|at| at >= not_before);
        self.listed.extend(listed.into_iter().filter(is_wanted));
        self.listed_until = behind;
        if is_gap && self.listed.is_empty() && behind < self.end {
            let next = self.session.first_uid_from(behind).await?;
            self.listed_until = next.unwrap_or(self.end).clamp(behind, self.end);
        }
        self.advance(0);
        Ok(())
    }

    /// The mails to ask for next, by what they are said to be.
    fn next_wanted(&self) -> Vec<u32> {
        let mut sum_bytes = 0;
        let mut wanted = Vec::new();
        for mail in self.listed.iter().take(self.mails_max).filter(|mail| !is_too_large(mail)) {
            sum_bytes += mail.size_bytes;
            if !wanted.is_empty() && sum_bytes > BATCH_BYTES_MAX {
                break;
            }
            wanted.push(mail.uid);
        }
        wanted
    }

    /// Asks for the next mail by itself: whether it is dealt with in this batch.
    async fn read_one(
        &mut self,
        uid: u32,
        bodies: &mut Bodies,
        batch: &mut Batch,
    ) -> Result<bool, ImapError> {
        let refused = match self.session.bodies(&[uid], bodies).await {
            Ok(()) => ImapError::MailNotGiven { uid },
            Err(ImapError::Refused { code, text, .. }) => {
                ImapError::MailRefused { uid, code, text }
            }
            Err(error) => return Err(error),
        };
        if !bodies.kept.contains_key(&uid) {
            // That nothing came may also be the server's fault: gone is what it says is gone.
            if self.session.holds(uid).await? {
                return Err(refused);
            }
            batch.skipped.push(Skipped { uid, why: WhySkipped::Gone });
            self.advance(1);
        }
        self.hand_over(bodies, batch);
        Ok(self.listed.front().is_none_or(|next| next.uid != uid))
    }

    /// Moves what has come of the next mails to the batch, as far as it fits.
    fn hand_over(&mut self, bodies: &mut Bodies, batch: &mut Batch) {
        let mut sum_bytes: u64 = batch.mails.iter().map(|mail| mail.raw.len() as u64).sum();
        while batch.mails.len() + batch.skipped.len() < BATCH_MAILS_MAX
            && let Some(Listed { uid, size_bytes, received_at }) = self.listed.front().copied()
        {
            let body = match bodies.kept.remove(&uid) {
                None if size_bytes > MAIL_BYTES_MAX => Body::TooLarge(size_bytes),
                None => return,
                Some(body) => body,
            };
            match body {
                Body::TooLarge(size_bytes) => {
                    batch.skipped.push(Skipped { uid, why: WhySkipped::TooLarge { size_bytes } });
                }
                Body::Whole(raw) => {
                    sum_bytes += raw.len() as u64;
                    if !batch.mails.is_empty() && sum_bytes > BATCH_BYTES_MAX {
                        bodies.drop(uid);
                        return;
                    }
                    batch.mails.push(FetchedMail { uid, received_at, raw });
                }
            }
            self.advance(1);
        }
    }

    /// Takes the first mails of the list for dealt with.
    fn advance(&mut self, count: usize) {
        self.listed.drain(..count.min(self.listed.len()));
        self.cursor.uid_next = match self.listed.front() {
            Some(next) => next.uid,
            None => self.listed_until,
        };
    }
}

fn is_too_large(mail: &Listed) -> bool {
    mail.size_bytes > MAIL_BYTES_MAX
}
