//! What is new in a folder, in batches that fit into memory.
//!
//! A round of Graph's delta is a chain of pages, joined by links; the last one gives the link of
//! the next round. A page names mails, which are then fetched as they came over the wire, one by
//! one. A link is only followed once all mails that the pages before it named are dealt with, so
//! a cursor holds no more than one page of names, besides those of a page that is being read.
//!
//! Where Graph has forgotten a link (410, or a code that says so), the round begins anew, with
//! every mail of the folder since `since_ms`; once only, so that a server that forgets everything
//! is not asked for ever.

use std::collections::{BTreeSet, VecDeque};

use schema::sort::{SortSmall, collect_small};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::http::Http;
use super::link::{encoded, is_below};
use super::session::{JSON_BYTES_MAX, Session, bad, is_too_large, json};
use super::{GraphError, brief};
use crate::mail::imap::MAIL_BYTES_MAX;

/// The names that a page has at most, if Graph does as it is asked.
const PAGE: &str = "odata.maxpagesize=100";
/// The names that a page may have, whatever it was asked for.
const PAGE_ITEMS_MAX: usize = 1_000;
/// The mails that are given at once, and what they may be together; one is always given.
const BATCH_MAILS_MAX: usize = 20;
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pages without news after which the way so far is handed out, so that it is not gone twice.
const EMPTY_MAX: usize = 50;
/// The longest id that is believed.
const ID_BYTES_MAX: usize = 1_024;
/// Codes that say that a link is forgotten, in small letters.
const FORGOTTEN: [&str; 4] =
    ["syncstatenotfound", "resyncrequired", "syncstateinvalid", "errorinvalidsyncstatedata"];

/// The folders that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// What arrives.
    Inbox,
    /// What was sent, from wherever.
    Sent,
}

impl Folder {
    /// Its well-known name in Graph.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Sent => "sentitems",
        }
    }
}

/// A mail that a page named and that is not dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    id: String,
    received_at: Option<i64>,
}

/// How far a folder has been read. The default is the beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Where to go on, as Graph gave it.
    link: Option<String>,
    /// What was named before, oldest first.
    waiting: VecDeque<Named>,
}

impl Cursor {
    /// The same without a mail that nobody gets.
    pub fn give_up(&mut self, id: &str) {
        self.waiting.retain(|mail| mail.id != id);
    }

    /// The same with a mail to come next that was handed out.
    pub fn put_back(&mut self, mail: &FetchedMail) {
        let FetchedMail { id, received_at, .. } = mail;
        self.waiting.push_front(Named { id: id.clone(), received_at: *received_at });
    }
}

/// A mail as it lies in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedMail {
    /// Its immutable id.
    pub id: String,
    /// When the mailbox got it, in seconds since 1970.
    pub received_at: Option<i64>,
    /// The mail.
    pub raw: Vec<u8>,
}

/// A mail that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its immutable id.
    pub id: String,
    /// Why.
    pub why: WhySkipped,
}

/// Why a mail was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhySkipped {
    /// It is larger than [`MAIL_BYTES_MAX`].
    TooLarge,
    /// It was deleted before it could be read.
    Gone,
}

/// Some mails, and how far the folder has been read with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Those of one page in the order in which they arrived. May be empty.
    pub mails: Vec<FetchedMail>,
    /// What is not among them.
    pub skipped: Vec<Skipped>,
    /// What to store, together with the mails.
    pub cursor: Cursor,
}

/// The reading of a folder.
pub struct Sync<'s, 'x, H> {
    session: &'s Session<'x, H>,
    folder: Folder,
    since_ms: i64,
    cursor: Cursor,
    /// Whether the round has come to its end.
    is_over: bool,
    /// Whether the round was begun anew.
    is_anew: bool,
    /// The mails that are given at once.
    mails_max: usize,
    /// Why it goes no further.
    stopped: Option<GraphError>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Item>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    #[serde(rename = "@removed")]
    removed: Option<Removed>,
    #[serde(rename = "receivedDateTime")]
    received: Option<String>,
    #[serde(rename = "isDraft")]
    is_draft: Option<bool>,
}

/// That it is there says all.
#[derive(Deserialize)]
struct Removed {}

impl<'x, H: Http> Session<'x, H> {
    /// Begins to read a folder with what was known before. Mails that the mailbox got before
    /// `since_ms`, Unix milliseconds, are passed over.
    #[must_use]
    pub fn sync(&self, folder: Folder, before: Cursor, since_ms: i64) -> Sync<'_, 'x, H> {
        let (is_over, is_anew) = (false, before.link.is_none());
        let (mails_max, stopped) = (BATCH_MAILS_MAX, None);
        let cursor = before;
        Sync { session: self, folder, since_ms, cursor, is_over, is_anew, mails_max, stopped }
    }
}

impl<H: Http> Sync<'_, '_, H> {
    /// Gives no more mails at once than that; one, where nothing else comes in time.
    #[must_use]
    pub fn at_most(self, mails: usize) -> Self {
        Self { mails_max: mails.clamp(1, BATCH_MAILS_MAX), ..self }
    }

    /// How far it has got with all that was handed out.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The next mails, or `None` when all that was there is read. What has come before something
    /// went wrong is handed out first, so that a slow server is read to its end piece by piece.
    ///
    /// # Errors
    /// [`GraphError`]; from then on always the same.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, GraphError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        let began = self.cursor.clone();
        let mut batch = Batch { mails: Vec::new(), skipped: Vec::new(), cursor: Cursor::default() };
        self.stopped = self.read_on(&mut batch).await.err();
        batch.cursor.clone_from(&self.cursor);
        match &self.stopped {
            Some(error) if self.cursor == began => Err(error.clone()),
            _ => Ok((self.cursor != began).then_some(batch)),
        }
    }

    async fn read_on(&mut self, batch: &mut Batch) -> Result<(), GraphError> {
        for _ in 0..EMPTY_MAX {
            if self.is_over || !self.cursor.waiting.is_empty() {
                break;
            }
            self.turn_page().await?;
        }
        let mut sum_bytes = 0;
        while let Some(Named { id, received_at }) = self.cursor.waiting.front().cloned() {
            let is_full = batch.mails.len() + batch.skipped.len() >= self.mails_max;
            if is_full || sum_bytes >= BATCH_BYTES_MAX {
                break;
            }
            match self.fetch(&id).await? {
                Ok(raw) => {
                    sum_bytes += raw.len();
                    batch.mails.push(FetchedMail { id, received_at, raw });
                }
                Err(why) => batch.skipped.push(Skipped { id, why }),
            }
            self.cursor.waiting.pop_front();
        }
        Ok(())
    }

    /// Takes up the names of the next page.
    async fn turn_page(&mut self) -> Result<(), GraphError> {
        let url = match &self.cursor.link {
            Some(link) if is_below(self.session.base(), link) => link.clone(),
            Some(_) => return Err(bad("the link leads elsewhere")),
            None => self.first_url(),
        };
        let answer = match self.session.get(&url, Some(PAGE), JSON_BYTES_MAX).await {
            Err(error) if is_forgotten(&error) && !self.is_anew => {
                self.is_anew = true;
                self.cursor.link = None;
                return Ok(());
            }
            result => result?,
        };
        let page: Page = json(&answer)?;
        let (link, is_over) = match (page.next, page.delta) {
            (Some(next), None) => (next, false),
            (None, Some(delta)) => (delta, true),
            _ => return Err(bad("a page must have one link")),
        };
        if !is_below(self.session.base(), &link) {
            return Err(bad("a link of the page leads elsewhere"));
        }
        if page.value.len() > PAGE_ITEMS_MAX {
            return Err(bad("a page has too many items"));
        }
        let named = names(page.value, self.since_ms)?;
        // A page that gives its own link as the next one would be read for ever.
        if self.cursor.link.as_ref() == Some(&link) && !is_over {
            return Err(bad("a page leads to itself"));
        }
        (self.cursor.link, self.cursor.waiting, self.is_over) = (Some(link), named, is_over);
        Ok(())
    }

    fn first_url(&self) -> String {
        let folder = self.folder.as_str();
        // New mails only: without it, each mail that somebody reads or flags comes again.
        let asked = "changeType=created&$select=receivedDateTime,isDraft";
        self.session.url(&format!("/me/mailFolders/{folder}/messages/delta?{asked}"))
    }

    /// A mail as it came; or why there is none.
    async fn fetch(&self, id: &str) -> Result<Result<Vec<u8>, WhySkipped>, GraphError> {
        let url = self.session.url(&format!("/me/messages/{}/$value", encoded(id)));
        match self.session.get(&url, None, MAIL_BYTES_MAX as usize).await {
            Ok(answer) => Ok(Ok(answer.body)),
            Err(error) if is_too_large(&error) => Ok(Err(WhySkipped::TooLarge)),
            Err(GraphError::Refused { status: 404 | 410, .. }) => Ok(Err(WhySkipped::Gone)),
            Err(GraphError::Refused { status, code, .. }) => {
                Err(GraphError::MailRefused { id: id.to_owned(), status, code })
            }
            Err(error) => Err(error),
        }
    }
}

/// The mails of a page that are to be fetched, each once, oldest first.
fn names(items: Vec<Item>, since_ms: i64) -> Result<VecDeque<Named>, GraphError> {
    let mut seen: BTreeSet<String> = collect_small(None);
    let mut named = Vec::new();
    for item in items {
        if item.id.is_empty() || item.id.len() > ID_BYTES_MAX {
            return Err(bad("an id that is none"));
        }
        let received_at = item.received.as_deref().and_then(seconds);
        // Graph names no parts of a second.
        let is_old = received_at.is_some_and(|at| at < since_ms.div_euclid(1_000));
        let is_new = item.removed.is_none() && item.is_draft != Some(true) && !is_old;
        if is_new && seen.insert(item.id.clone()) {
            named.push(Named { id: item.id, received_at });
        }
    }
    named.sort_small_by(|a, b| a.received_at.cmp(&b.received_at));
    Ok(named.into())
}

/// `2026-11-22T10:00:00Z` in seconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

fn is_forgotten(error: &GraphError) -> bool {
    let GraphError::Refused { status, code, .. } = error else { return false };
    *status == 410 || FORGOTTEN.contains(&brief(code).to_lowercase().as_str())
}
