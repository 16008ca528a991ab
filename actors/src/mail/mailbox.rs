//! How the mails of a mailbox become mails of a room: in their order, each kept first, then filed,
//! and only then counted as dealt with.
//!
//! It may end anywhere: what it tells is how far it has certainly got. What was filed after that is
//! filed again the next time, and the room knows it.

use super::imap::{Batch, Cursor, FetchedMail, ImapError, WhySkipped};
use super::intake::{self, Arrival, Intake, Own};
use schema::ids::{InboxId, WorkspaceId};
use schema::mailbox::PassedOver;
use schema::room::mail::MailOutcome;
use schema::{Code, Millis, Reject};
use serde::{Deserialize, Serialize};

const REASON_CHARS_MAX: usize = 300;
/// So long after its beginning a reading asks for no further mails.
const ASKING_MS: Millis = 30_000;
/// So long after it, it files none of those that it has.
const FILING_MS: Millis = 100_000;

/// A reading of a mailbox: how it is reached, where it begins, how far it may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxJob {
    /// Which reading; its outcome says so, too.
    pub reading: i64,
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The inbox.
    pub inbox: InboxId,
    /// Its address, to which the mails are.
    pub email: String,
    /// IMAP server's host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `implicit_tls`, `starttls`, or `plain` (test servers on loopback only).
    pub security: String,
    /// The account.
    pub username: String,
    /// Whose secret the password is: the inbox's instance name, to which it was sealed.
    pub owner: String,
    /// The sealed password; the shell opens it.
    pub sealed_password: Vec<u8>,
    /// How far the mailbox was read before.
    pub cursor: Option<Cursor>,
    /// Mail that the server got before is not taken.
    pub since: Millis,
    /// So many mails at most.
    pub mails_max: usize,
    /// What to do with a mail that fails.
    pub give_up: GiveUp,
}

/// Which mail is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GiveUp {
    /// None: reading ends there, and comes back.
    Nothing,
    /// This one, where it fails once more.
    At(u32),
    /// The next one, without a try: reading it has ended the object again and again.
    Next,
}

/// What came of a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxRead {
    /// Which.
    pub reading: i64,
    /// Everything before it is dealt with.
    pub cursor: Option<Cursor>,
    /// Mails that were taken in.
    pub taken: i64,
    /// Mails that were known already.
    pub duplicates: i64,
    /// Mails that were passed over.
    pub passed_over: Vec<PassedOver>,
    /// How it ended.
    pub end: ReadEnd,
}

/// How a reading ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadEnd {
    /// All that was there is read.
    AllRead,
    /// There is more.
    More,
    /// It went no further.
    Failed {
        /// Why.
        why: String,
        /// Whether to try again is pointless until somebody changes something.
        for_good: bool,
        /// The mail at which it failed, where that is at fault.
        uid: Option<u32>,
    },
}

impl MailboxRead {
    /// A reading that has got nowhere.
    #[must_use]
    pub fn failed(job: &MailboxJob, why: String, for_good: bool) -> Self {
        Self { end: ReadEnd::Failed { why, for_good, uid: None }, ..Self::begun(job) }
    }

    /// A reading that could not reach its mailbox.
    #[must_use]
    pub fn unreached(job: &MailboxJob, error: &ImapError) -> Self {
        Self::failed(job, words(error), !error.retry_helps())
    }

    const fn begun(job: &MailboxJob) -> Self {
        Self {
            reading: job.reading,
            cursor: job.cursor,
            taken: 0,
            duplicates: 0,
            passed_over: Vec::new(),
            end: ReadEnd::More,
        }
    }

    fn pass_over(&mut self, uid: u32, reason: &str, raw_key: Option<String>) {
        let reason = reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
        self.passed_over.push(PassedOver { uid, reason, raw_key, at: 0 });
    }
}

/// What gives the mails of an open folder, beginning where it was left.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Folder {
    /// How far it has got with all that was handed out.
    fn cursor(&self) -> Cursor;

    /// The next mails, or none when all that was there is read.
    ///
    /// # Errors
    /// As [`super::imap::Sync::next_batch`].
    async fn next_batch(&mut self) -> Result<Option<Batch>, ImapError>;
}

/// Reads on while there is time; `elapsed` says how long it has been at it.
pub async fn read<F: Folder, I: Intake>(
    folder: &mut F,
    intake: &I,
    job: &MailboxJob,
    elapsed: impl Fn() -> Millis,
) -> MailboxRead {
    let mut read = MailboxRead::begun(job);
    let own = intake.own(job.workspace).await;
    while read.end == ReadEnd::More {
        match folder.next_batch().await {
            Ok(None) => {
                read.cursor = Some(folder.cursor());
                read.end = ReadEnd::AllRead;
            }
            Ok(Some(batch)) => {
                let to = To { intake, job, own: &own };
                let done = take_batch(&to, batch, &mut read, &elapsed).await;
                if !done || elapsed() > ASKING_MS {
                    break;
                }
            }
            Err(error) => {
                let at_fault = uid_of(&error);
                match at_fault.filter(|uid| gives_up(job, *uid)) {
                    Some(uid) => {
                        read.pass_over(uid, &words(&error), None);
                        let uid_validity = folder.cursor().uid_validity;
                        read.cursor = Some(Cursor { uid_validity, uid_next: behind(uid) });
                        break;
                    }
                    None => {
                        let (why, for_good) = (words(&error), !error.retry_helps());
                        read.end = ReadEnd::Failed { why, for_good, uid: at_fault };
                    }
                }
            }
        }
    }
    read
}

/// Where mails go.
struct To<'a, I> {
    intake: &'a I,
    job: &'a MailboxJob,
    own: &'a Own,
}

/// Files the mails of a batch, one after the other; whether to go on behind it.
async fn take_batch<I: Intake>(
    to: &To<'_, I>,
    batch: Batch,
    read: &mut MailboxRead,
    elapsed: &impl Fn() -> Millis,
) -> bool {
    for skipped in &batch.skipped {
        if let WhySkipped::TooLarge { size_bytes } = skipped.why {
            read.pass_over(skipped.uid, &format!("too large: {size_bytes} bytes"), None);
        }
    }
    let uid_validity = batch.cursor.uid_validity;
    for mail in batch.mails {
        let uid = mail.uid;
        match take(to, mail, read).await {
            Ok(()) => read.cursor = Some(Cursor { uid_validity, uid_next: behind(uid) }),
            Err(end) => {
                read.end = end;
                return false;
            }
        }
        let dealt_with = read.taken + read.duplicates + read.passed_over.len() as i64;
        if dealt_with >= to.job.mails_max as i64 || elapsed() > FILING_MS {
            return false;
        }
    }
    read.cursor = Some(batch.cursor);
    true
}

/// Keeps one mail and files it.
async fn take<I: Intake>(
    to: &To<'_, I>,
    mail: FetchedMail,
    read: &mut MailboxRead,
) -> Result<(), ReadEnd> {
    let failed = |why: String, uid| ReadEnd::Failed { why, for_good: false, uid };
    let raw_key = intake::raw_key(to.job.workspace, &mail.raw);
    let kept = to.intake.put_object(&raw_key, &mail.raw).await;
    kept.map_err(|reject| failed(format!("the mail is not kept: {}", reject.message), None))?;
    if to.job.give_up == GiveUp::Next {
        read.pass_over(mail.uid, "reading it ends the reader", Some(raw_key));
        return Ok(());
    }
    let arrival = Arrival {
        workspace: to.job.workspace,
        inbox: Some(to.job.inbox),
        raw_key: &raw_key,
        from: None,
        to: Some(&to.job.email),
    };
    match intake::file(to.intake, &arrival, to.own, &mail.raw).await {
        Ok(receipt) if receipt.outcome == MailOutcome::Duplicate => read.duplicates += 1,
        Ok(_) => read.taken += 1,
        Err(reject) if is_the_mails(&reject) => {
            let why = format!("the mail is refused: {}", reject.message);
            if !gives_up(to.job, mail.uid) {
                return Err(failed(why, Some(mail.uid)));
            }
            read.pass_over(mail.uid, &why, Some(raw_key));
        }
        Err(reject) => {
            return Err(failed(format!("the room does not take it: {}", reject.message), None));
        }
    }
    Ok(())
}

/// Whether a refusal may be for what the mail is, rather than for how the world is.
const fn is_the_mails(reject: &Reject) -> bool {
    !matches!(reject.code, Code::Unavailable | Code::RateLimited)
}

fn gives_up(job: &MailboxJob, uid: u32) -> bool {
    job.give_up == GiveUp::At(uid)
}

const fn behind(uid: u32) -> u32 {
    uid.saturating_add(1)
}

const fn uid_of(error: &ImapError) -> Option<u32> {
    match error {
        ImapError::MailRefused { uid, .. } | ImapError::MailNotGiven { uid } => Some(*uid),
        _ => None,
    }
}

/// What went wrong, for a person.
fn words(error: &ImapError) -> String {
    let text = match error {
        ImapError::Broken { at, failure } => format!("the connection broke at {at:?}: {failure:?}"),
        ImapError::Refused { at, text, .. } => format!("the server refuses {at:?}: {text}"),
        ImapError::MailRefused { uid, text, .. } => {
            format!("the server refuses to give mail {uid}: {text}")
        }
        ImapError::MailNotGiven { uid } => format!("the server does not give mail {uid}"),
        ImapError::TlsNotOffered => "the server offers no STARTTLS".into(),
        ImapError::TlsFailed { text } => format!("TLS failed: {text}"),
        ImapError::Injected => "somebody injects answers before TLS".into(),
        ImapError::LetInUnasked => "the server wants no password".into(),
        ImapError::LogInNotOffered => "the server takes no password".into(),
        ImapError::NoUidValidity => "the server has no lasting UIDs".into(),
        ImapError::BadInput { text } => text.clone(),
    };
    text.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}
