//! How the mails of a mailbox become mails of a room: in their order, each kept first, then filed,
//! and only then counted as dealt with.
//!
//! Its inbox is read first, then its folder of sent mail. Of what was sent, our own mails only say
//! that they have left; what somebody wrote with a mail program is filed where it answers a mail of
//! the room's, and is nobody's business otherwise.
//!
//! It may end anywhere: what it tells is how far it has certainly got. What was filed after that is
//! filed again the next time, and the room knows it.

use super::graph::{self, GraphError};
use super::imap;
use super::intake::{self, Arrival, Intake, Own, SentMail};
use schema::ids::{InboxId, SendId, WorkspaceId};
use schema::mailbox::{MailFolder, PassedOver};
use schema::room::mail::MailOutcome;
use schema::{Code, Millis, Reject};
use serde::{Deserialize, Serialize};

const REASON_CHARS_MAX: usize = 300;
/// So long after its beginning a reading asks for no further mails.
const ASKING_MS: Millis = 30_000;
/// So long after it, it files none of those that it has.
const FILING_MS: Millis = 100_000;
/// So long what was sent may answer a mail that has not been read yet.
const FRESH_MS: Millis = 2 * 60_000;

/// A reading of a mailbox: how it is reached, where it begins, how far it may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxJob {
    /// Which reading; its outcome says so, too.
    pub reading: i64,
    /// When it began.
    pub began_at: Millis,
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The inbox.
    pub inbox: InboxId,
    /// Its address, to which the mails are.
    pub email: String,
    /// Where the mailbox is.
    pub source: Source,
    /// Whose secret is sealed in there: the inbox's instance name, to which it was sealed.
    pub owner: String,
    /// How far its folders were read before.
    pub positions: Positions,
    /// Mail that the server got before is not taken.
    pub since: Millis,
    /// So many mails at most.
    pub mails_max: usize,
    /// What to do with a mail that fails.
    pub give_up: GiveUp,
}

/// Where a mailbox is, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// At a server that speaks IMAP.
    Imap {
        /// Its host name.
        host: String,
        /// Its port.
        port: u16,
        /// `implicit_tls`, `starttls`, or `plain` (test servers on loopback only).
        security: String,
        /// The account.
        username: String,
        /// The shell opens it.
        sealed_password: Vec<u8>,
    },
    /// At Microsoft.
    Microsoft {
        /// An access token; the shell opens it.
        sealed_token: Vec<u8>,
    },
}

/// How far a folder has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// By UID.
    Imap(imap::Cursor),
    /// By link.
    Microsoft(graph::Cursor),
}

/// How far the folders of a mailbox have been read; none where nothing was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    /// What arrives.
    pub inbox: Option<Position>,
    /// What was sent.
    pub sent: Option<Position>,
}

impl Positions {
    /// That of a folder.
    #[must_use]
    pub const fn of(&self, folder: MailFolder) -> &Option<Position> {
        match folder {
            MailFolder::Inbox => &self.inbox,
            MailFolder::Sent => &self.sent,
        }
    }

    /// That of a folder, to be changed.
    pub const fn of_mut(&mut self, folder: MailFolder) -> &mut Option<Position> {
        match folder {
            MailFolder::Inbox => &mut self.inbox,
            MailFolder::Sent => &mut self.sent,
        }
    }
}

/// A mail of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRef {
    /// Where it lies.
    pub folder: MailFolder,
    /// Its id there, as [`PassedOver::id`].
    pub id: String,
}

/// Which mail is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GiveUp {
    /// None: reading ends there, and comes back.
    Nothing,
    /// This one, where it fails once more.
    At(MailRef),
    /// The next one, without a try: reading it has ended the object again and again.
    Next,
}

/// What came of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRead {
    /// Which.
    pub reading: i64,
    /// Everything before it is dealt with.
    pub positions: Positions,
    /// Mails that were taken in.
    pub taken: i64,
    /// Mails that were known already.
    pub duplicates: i64,
    /// Our own mails that lie in the folder of sent mail: they have left.
    pub left: Vec<SendId>,
    /// Mails that were passed over.
    pub passed_over: Vec<PassedOver>,
    /// How it ended.
    pub end: ReadEnd,
    /// What Graph said where it went no further.
    pub graph: Option<GraphError>,
}

/// How a reading ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadEnd {
    /// All that was there is read.
    AllRead,
    /// There is more.
    More,
    /// All that has arrived is read; what was sent is not.
    SentFailed {
        /// Why.
        why: String,
        /// The mail at which it failed, where that is at fault.
        mail: Option<MailRef>,
    },
    /// It went no further.
    Failed {
        /// Why.
        why: String,
        /// Whether to try again is pointless until somebody changes something.
        for_good: bool,
        /// The mail at which it failed, where that is at fault.
        mail: Option<MailRef>,
    },
}

impl MailboxRead {
    /// A reading that has got nowhere.
    #[must_use]
    pub fn failed(job: &MailboxJob, why: &str, for_good: bool) -> Self {
        let why = brief(why);
        Self { end: ReadEnd::Failed { why, for_good, mail: None }, ..Self::begun(job) }
    }

    fn begun(job: &MailboxJob) -> Self {
        Self {
            reading: job.reading,
            positions: job.positions.clone(),
            taken: 0,
            duplicates: 0,
            left: Vec::new(),
            passed_over: Vec::new(),
            end: ReadEnd::More,
            graph: None,
        }
    }
}

/// A mail as it lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderMail {
    /// Its id, as [`PassedOver::id`].
    pub id: String,
    /// The position from which it comes next.
    pub before: Position,
    /// When the folder got it, in seconds since 1970.
    pub received_at: Option<i64>,
    /// The mail.
    pub raw: Vec<u8>,
}

/// Some mails, and how far the folder has been read with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderBatch {
    /// In their order. May be empty.
    pub mails: Vec<FolderMail>,
    /// Mails that are too large, by their ids, and what is to be said of them.
    pub too_large: Vec<(String, String)>,
    /// Behind all of them.
    pub position: Position,
}

/// Why a folder is read no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderError {
    /// For a person.
    pub why: String,
    /// Whether to try again is pointless until somebody changes something.
    pub for_good: bool,
    /// The mail that is at fault, and the position behind it.
    pub at: Option<Box<(String, Position)>>,
    /// What Graph said.
    pub graph: Option<GraphError>,
}

/// What gives the mails of a folder, beginning where it was left.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Folder {
    /// How far it has got with all that was handed out.
    fn position(&self) -> Position;

    /// The next mails, or none when all that was there is read.
    ///
    /// # Errors
    /// [`FolderError`]; from then on always the same.
    async fn next_batch(&mut self) -> Result<Option<FolderBatch>, FolderError>;
}

/// A reading that is under way.
pub struct Reading<'r, I, E> {
    intake: &'r I,
    job: &'r MailboxJob,
    own: Own,
    /// How long it has been at it.
    elapsed: E,
    dealt_with: usize,
    read: MailboxRead,
}

impl<'r, I: Intake, E: Fn() -> Millis> Reading<'r, I, E> {
    /// Begins.
    pub async fn begin(intake: &'r I, job: &'r MailboxJob, elapsed: E) -> Self {
        let own = intake.own(job.workspace).await;
        Self { intake, job, own, elapsed, dealt_with: 0, read: MailboxRead::begun(job) }
    }

    /// Reads a folder on while there is time; says whether it was read to its end.
    pub async fn folder<F: Folder>(&mut self, name: MailFolder, folder: &mut F) -> bool {
        loop {
            match folder.next_batch().await {
                Ok(None) => {
                    *self.read.positions.of_mut(name) = Some(folder.position());
                    return true;
                }
                Ok(Some(batch)) => match self.take_batch(name, batch).await {
                    Next::GoOn if (self.elapsed)() <= ASKING_MS => {}
                    Next::GoOn | Next::Stop => return false,
                    Next::WaitHere => return true,
                },
                Err(error) => {
                    self.stop(name, error);
                    return false;
                }
            }
        }
    }

    /// It can go no further.
    pub fn stop(&mut self, name: MailFolder, error: FolderError) {
        let FolderError { why, for_good, at, graph } = error;
        let (mail, behind) = at.map(|at| *at).unzip();
        let mail = mail.map(|id| MailRef { folder: name, id });
        match (mail, behind) {
            (Some(mail), Some(behind)) if self.gives_up(&mail) => {
                self.pass_over(mail, &why, None);
                *self.read.positions.of_mut(name) = Some(behind);
            }
            (mail, _) => {
                self.read.graph = graph;
                self.fail(name, ReadEnd::Failed { why: brief(&why), for_good, mail });
            }
        }
    }

    /// What is wrong with the folder of sent mail keeps no mail of customers away.
    fn fail(&mut self, name: MailFolder, end: ReadEnd) {
        self.read.end = match end {
            ReadEnd::Failed { why, mail, .. } if name == MailFolder::Sent => {
                ReadEnd::SentFailed { why, mail }
            }
            end => end,
        };
    }

    /// What has come of it; `all` where every folder was read to its end.
    pub fn end(mut self, all: bool) -> MailboxRead {
        if all && self.read.end == ReadEnd::More {
            self.read.end = ReadEnd::AllRead;
        }
        self.read
    }

    /// Deals with the mails of a batch, one after the other.
    async fn take_batch(&mut self, name: MailFolder, batch: FolderBatch) -> Next {
        for (id, why) in batch.too_large {
            // Of what was sent, nobody can say whether it is of a ticket.
            if name == MailFolder::Inbox {
                self.pass_over(MailRef { folder: name, id }, &why, None);
            }
        }
        for mail in batch.mails {
            // One is always dealt with, or a slow server would be asked for it for ever.
            let is_late = self.dealt_with > 0 && (self.elapsed)() > FILING_MS;
            if self.dealt_with >= self.job.mails_max || is_late {
                *self.read.positions.of_mut(name) = Some(mail.before);
                return Next::Stop;
            }
            let taken = match name {
                MailFolder::Inbox => self.take(&mail).await,
                MailFolder::Sent => self.take_sent(&mail).await,
            };
            let next = taken.unwrap_or_else(|end| {
                self.fail(name, end);
                Next::Stop
            });
            if next != Next::GoOn {
                *self.read.positions.of_mut(name) = Some(mail.before);
                return next;
            }
            self.dealt_with += 1;
        }
        *self.read.positions.of_mut(name) = Some(batch.position);
        if self.dealt_with < self.job.mails_max { Next::GoOn } else { Next::Stop }
    }

    /// Keeps one mail and files it.
    async fn take(&mut self, FolderMail { id, raw, .. }: &FolderMail) -> Result<Next, ReadEnd> {
        let mail = MailRef { folder: MailFolder::Inbox, id: id.clone() };
        let raw_key = intake::raw_key(self.job.workspace, raw);
        let kept = self.intake.put_object(&raw_key, raw).await;
        kept.map_err(|reject| failed("the mail is not kept", &reject, None))?;
        if self.job.give_up == GiveUp::Next {
            self.pass_over(mail, UNREAD, Some(raw_key));
            return Ok(Next::GoOn);
        }
        let filed = intake::file(self.intake, &self.arrival(&raw_key), &self.own, raw).await;
        match filed {
            Ok(receipt) if receipt.outcome == MailOutcome::Duplicate => self.read.duplicates += 1,
            Ok(_) => self.read.taken += 1,
            Err(reject) => self.refused(mail, &reject, Some(raw_key))?,
        }
        Ok(Next::GoOn)
    }

    /// Takes note of one mail that was sent. What it answers may have come in after the inbox was
    /// read: then it waits.
    async fn take_sent(&mut self, sent: &FolderMail) -> Result<Next, ReadEnd> {
        let FolderMail { id, raw, received_at, .. } = sent;
        let mail = MailRef { folder: MailFolder::Sent, id: id.clone() };
        if self.job.give_up == GiveUp::Next {
            self.pass_over(mail, UNREAD, None);
            return Ok(Next::GoOn);
        }
        let age_ms = received_at.map(|at| self.job.began_at.saturating_sub(at * 1_000));
        let is_fresh = age_ms.is_some_and(|age| age.abs() < FRESH_MS);
        let raw_key = intake::raw_key(self.job.workspace, raw);
        let arrival = self.arrival(&raw_key);
        match intake::file_sent(self.intake, &arrival, &self.own, raw).await {
            Ok(SentMail::Own(send)) => self.read.left.push(send),
            Ok(SentMail::Filed) => self.read.taken += 1,
            Ok(SentMail::Unfound) if is_fresh => return Ok(Next::WaitHere),
            Ok(SentMail::Unfound | SentMail::Elsewhere) => {}
            Err(reject) => self.refused(mail, &reject, None)?,
        }
        Ok(Next::GoOn)
    }

    fn arrival<'a>(&'a self, raw_key: &'a str) -> Arrival<'a> {
        Arrival {
            workspace: self.job.workspace,
            inbox: Some(self.job.inbox),
            raw_key,
            from: None,
            to: Some(&self.job.email),
        }
    }

    /// The room does not take a mail: now, or for what the mail is.
    fn refused(
        &mut self,
        mail: MailRef,
        reject: &Reject,
        raw_key: Option<String>,
    ) -> Result<(), ReadEnd> {
        if !is_the_mails(reject) {
            return Err(failed("the room does not take it", reject, None));
        }
        if !self.gives_up(&mail) {
            return Err(failed("the mail is refused", reject, Some(mail)));
        }
        self.pass_over(mail, &format!("the mail is refused: {}", reject.message), raw_key);
        Ok(())
    }

    fn gives_up(&self, mail: &MailRef) -> bool {
        matches!(&self.job.give_up, GiveUp::At(given_up) if given_up == mail)
    }

    fn pass_over(&mut self, mail: MailRef, reason: &str, raw_key: Option<String>) {
        let MailRef { folder, id } = mail;
        let reason = brief(reason);
        self.read.passed_over.push(PassedOver { folder, id, reason, raw_key, at: 0 });
    }
}

/// How a folder is read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Behind what was dealt with.
    GoOn,
    /// Not in this reading.
    Stop,
    /// From here, the next time; there is no hurry.
    WaitHere,
}

const UNREAD: &str = "reading it ends the reader";

fn failed(what: &str, reject: &Reject, mail: Option<MailRef>) -> ReadEnd {
    let why = brief(&format!("{what}: {}", reject.message));
    ReadEnd::Failed { why, for_good: false, mail }
}

/// Whether a refusal may be for what the mail is, rather than for how the world is.
const fn is_the_mails(reject: &Reject) -> bool {
    !matches!(reject.code, Code::Unavailable | Code::RateLimited)
}

fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}
