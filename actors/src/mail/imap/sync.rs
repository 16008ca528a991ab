//! What is new in a folder, in batches that fit into memory.
//!
//! First the UIDs and sizes of a stretch of UIDs are asked for, then the mails themselves, some at
//! a time. A stretch is of so many UIDs, not of so many mails, so an answer is bounded whatever the
//! server holds; where a stretch is empty, the gap behind it is jumped over.
//!
//! The end is what the server named when the folder was opened. What comes later has a higher UID
//! and is found the next time.

use std::collections::{BTreeMap, VecDeque};

use super::cursor::{Cursor, NoUidValidity, Start};
use super::mailbox::Listed;
use super::response::{Body, FolderState};
use super::session::Session;
use super::{ImapError, MAIL_BYTES_MAX, MailStream, Sleep};

/// The UIDs that are asked about at once.
const STRETCH: u32 = 500;
/// The mails that are fetched at once, and what they may be together; one is always fetched.
const BATCH_MAILS_MAX: usize = 50;
const BATCH_BYTES_MAX: u64 = 4 * 1024 * 1024;
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

/// The reading of an open folder.
#[derive(Debug)]
pub struct Sync {
    start: Start,
    cursor: Cursor,
    /// The first UID that is not asked for this time.
    end: u32,
    listed: VecDeque<Listed>,
    /// Everything below is either in `listed` or dealt with.
    listed_until: u32,
}

impl Sync {
    /// Begins with what was known before, in the folder that [`Session::examine`] has just opened.
    ///
    /// # Errors
    /// [`NoUidValidity`].
    pub fn begin(before: Option<Cursor>, state: &FolderState) -> Result<Sync, NoUidValidity> {
        let (start, cursor) = Cursor::resume(before, state)?;
        let end = state.uid_next.unwrap_or(cursor.uid_next);
        let listed_until = cursor.uid_next;
        Ok(Sync { start, cursor, end, listed: VecDeque::new(), listed_until })
    }

    /// Where it began.
    pub fn start(&self) -> Start {
        self.start
    }

    /// How far it has got with all that was handed out.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The mails of the next batch, by what they are said to be.
    fn next_listed(&self) -> Vec<Listed> {
        let mut sum_bytes = 0;
        let mut batch = Vec::new();
        for mail in self.listed.iter().take(BATCH_MAILS_MAX) {
            sum_bytes += if is_too_large(mail) { 0 } else { mail.size_bytes };
            if !batch.is_empty() && sum_bytes > BATCH_BYTES_MAX {
                break;
            }
            batch.push(mail.clone());
        }
        batch
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

impl<S: MailStream, W: Sleep> Session<'_, S, W> {
    /// The next mails, or `None` when all that was there is read.
    ///
    /// After an error the same [`Sync`] may not go on: begin another with the stored cursor.
    ///
    /// # Errors
    /// [`ImapError::Broken`], [`ImapError::Refused`] and [`ImapError::MailRefused`].
    pub async fn next_batch(&mut self, sync: &mut Sync) -> Result<Option<Batch>, ImapError> {
        let began = sync.cursor;
        for _ in 0..EMPTY_MAX {
            if !sync.listed.is_empty() {
                return self.batch(sync).await.map(Some);
            }
            if sync.listed_until >= sync.end {
                break;
            }
            self.list_next(sync).await?;
        }
        let empty = Batch { mails: Vec::new(), skipped: Vec::new(), cursor: sync.cursor };
        Ok((sync.cursor != began).then_some(empty))
    }

    async fn list_next(&mut self, sync: &mut Sync) -> Result<(), ImapError> {
        let low = sync.listed_until;
        let behind = low.saturating_add(STRETCH).min(sync.end);
        sync.listed.extend(self.list(low, behind.saturating_sub(1)).await?);
        sync.listed_until = behind;
        if sync.listed.is_empty() && behind < sync.end {
            let next = self.first_uid_from(behind).await?;
            sync.listed_until = next.unwrap_or(sync.end).clamp(behind, sync.end);
        }
        sync.advance(0);
        Ok(())
    }

    async fn batch(&mut self, sync: &mut Sync) -> Result<Batch, ImapError> {
        let listed = sync.next_listed();
        let wanted = listed.iter().filter(|mail| !is_too_large(mail)).map(|mail| mail.uid);
        let wanted: Vec<u32> = wanted.collect();
        let mut bodies = match wanted.as_slice() {
            [] => BTreeMap::new(),
            wanted => match self.bodies(wanted).await {
                // One of them is the reason, and the others need not wait for it.
                Err(ImapError::Refused { .. }) => BTreeMap::new(),
                bodies => bodies?,
            },
        };
        let (mut mails, mut skipped) = (Vec::new(), Vec::new());
        let mut done_count = 0;
        for mail in listed {
            let uid = mail.uid;
            if is_too_large(&mail) {
                let why = WhySkipped::TooLarge { size_bytes: mail.size_bytes };
                skipped.push(Skipped { uid, why });
                done_count += 1;
                continue;
            }
            let body = match bodies.remove(&uid) {
                Some(body) => Some(body),
                // What did not come with the others is asked for by itself.
                None => match self.body(uid).await {
                    Err(ImapError::MailRefused { .. }) if done_count > 0 => break,
                    body => body?,
                },
            };
            done_count += 1;
            let Some(body) = body else {
                skipped.push(Skipped { uid, why: WhySkipped::Gone });
                continue;
            };
            match body {
                Body::Whole(raw) => {
                    mails.push(FetchedMail { uid, received_at: mail.received_at, raw });
                }
                Body::TooLarge(size_bytes) => {
                    skipped.push(Skipped { uid, why: WhySkipped::TooLarge { size_bytes } });
                }
            }
        }
        sync.advance(done_count);
        Ok(Batch { mails, skipped, cursor: sync.cursor })
    }

    async fn body(&mut self, uid: u32) -> Result<Option<Body>, ImapError> {
        match self.bodies(&[uid]).await {
            Ok(mut bodies) => Ok(bodies.remove(&uid)),
            Err(ImapError::Refused { code, text, .. }) => {
                Err(ImapError::MailRefused { uid, code, text })
            }
            Err(error) => Err(error),
        }
    }
}

fn is_too_large(mail: &Listed) -> bool {
    mail.size_bytes > MAIL_BYTES_MAX
}
