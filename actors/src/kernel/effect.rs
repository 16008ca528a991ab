//! What an actor may want from the world, and what may come of it.
//!
//! An effect is never performed by a core: it leaves through the outbox, after the commit, and its
//! outcome comes back in a transaction of its own.

use crate::mail::graph::{MicrosoftJob, MicrosoftOutcome, Task};
use crate::mail::mailbox::{MailboxJob, MailboxRead};
use schema::pipeline::Queue;
use schema::summary::Summary;
use schema::{ActorKind, Answer, Millis, Reject};

/// How often an effect may reach the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Until it is settled; its receiver honours the key.
    AtLeastOnce,
    /// Once. Where a crash makes it unknowable, the outcome is [`Outcome::Unknown`].
    AtMostOnce,
    /// Until it is settled, and for this long it is under way at most once: what is slow is not
    /// begun again while it lasts, unless the object dies with it. Whether others wait for it is
    /// another matter: [`Effect::is_slow`].
    Slow(Millis),
}

/// Something to be done outside the object.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// It is no longer wanted.
    Nothing,
    /// A row for D1.
    Summary(Summary),
    /// A command for another actor of the same workspace, or of the deployment, on behalf of
    /// Postroom itself.
    Call {
        /// Its class.
        actor: ActorKind,
        /// Its name.
        instance: String,
        /// The idempotency key that the receiver honours; empty where doing it twice does no harm,
        /// and the receiver need not remember that it was done.
        key: String,
        /// The command, packed.
        command: Vec<u8>,
    },
    /// A mail through a transport.
    Mail(Box<MailJob>),
    /// The next mails of a mailbox, into the room.
    Mailbox(Box<MailboxJob>),
    /// A task at Microsoft.
    Microsoft(Box<MicrosoftJob>),
    /// Requests to somebody else's server, all at once.
    Post(Vec<PostJob>),
    /// Objects that storage is to forget, by key.
    Forget(Vec<String>),
    /// A message of the pipeline. Once it is on its queue the entry is done with: it may come more
    /// than once, out of order, or never.
    Queue {
        /// The queue.
        queue: Queue,
        /// The message, as [`schema::pipeline::Work::write`] gives it.
        body: Vec<u8>,
    },
}

impl Effect {
    /// Whether it takes long: nothing else waits for it.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        match self {
            Self::Post(_) | Self::Mailbox(_) => true,
            Self::Microsoft(job) => matches!(job.task, Task::LargeDraft { .. }),
            _ => false,
        }
    }
}

/// A signed request to a server that a customer, or the operator, named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostJob {
    /// Names the content: the same on every try, so that its receiver can tell it again.
    pub id: String,
    /// Where to; the shell checks it again and follows no redirect.
    pub url: String,
    /// Whose the secrets are: the name that they were sealed for.
    pub owner: String,
    /// The sealed secrets that sign: the current one, and the one before while it is replaced. It
    /// goes unsigned where there are none.
    pub sealed_secrets: Vec<serde_bytes::ByteBuf>,
    /// JSON text.
    pub body: Vec<u8>,
    /// When it is made, by the object's clock.
    pub asked_at: Millis,
}

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Which one.
    pub id: String,
    /// When it was made: of two with the same id, too, each is told from the other.
    pub asked_at: Millis,
    /// What came of it.
    pub fate: PostFate,
    /// How long it took.
    pub took_ms: Millis,
}

/// The ways in which a request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostFate {
    /// The server answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// The first bytes of its answer, as text.
        answer: String,
        /// How long it wants to be left alone.
        retry_after_ms: Option<Millis>,
    },
    /// It did not answer, or was not asked: the address is none to ask, or no secret opens.
    Unanswered {
        /// Why.
        why: String,
    },
}

/// A mail, ready to leave: envelope, content, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailJob {
    /// Names the attempt's mail; the same id never leaves twice.
    pub send_id: String,
    /// SMTP server's host name.
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
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// What the mail is called in reports about it, where the server lets a mail have a name.
    pub envelope_id: String,
    /// The message as it goes over the wire, before dot-stuffing, up to its first file.
    pub content: Vec<u8>,
    /// Its files, which the shell puts in, in this order.
    pub files: Vec<JobFile>,
    /// What follows the last file.
    pub end: Vec<u8>,
}

/// A file of a mail that leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFile {
    /// What stands before its content, which is base64.
    pub head: Vec<u8>,
    /// What it is called.
    pub name: String,
    /// Where its content is kept.
    pub key: String,
    /// Its size.
    pub bytes_count: i64,
}

/// A recipient that a server would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecipient {
    /// The address.
    pub address: String,
    /// SMTP reply code.
    pub code: u16,
    /// Enhanced status code, such as `5.1.1`.
    pub enhanced: Option<String>,
    /// The reply's text.
    pub text: String,
}

/// What a transport knows after it tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server took responsibility.
    Accepted {
        /// Its last reply.
        reply: String,
        /// The recipients that it would not take while it took the others.
        refused: Vec<RefusedRecipient>,
    },
    /// The server said no.
    Refused {
        /// SMTP reply code.
        code: u16,
        /// Enhanced status code, such as `5.1.1`.
        enhanced: Option<String>,
        /// The reply's text.
        text: String,
        /// Whether to try again is pointless (5yz).
        permanent: bool,
        /// Whether it was this recipient that was refused, rather than the log-in or the sender.
        recipient: bool,
    },
    /// Nothing has left, nor will it: a file of it is not there any more.
    Unmade {
        /// Which.
        why: String,
    },
    /// Nothing has left for certain: it may be tried again.
    NotSent {
        /// Why.
        why: String,
    },
    /// Nothing was tried, for want of room: it is to come back soon.
    Busy {
        /// Why.
        why: String,
    },
    /// It may have left: it must not be tried again by itself.
    Unknown {
        /// Why.
        why: String,
    },
}

/// What came of an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done; for a call, the reply as JSON text.
    Done(Vec<u8>),
    /// The receiver said no, for good; of a row: D1 does not take it as it is.
    Rejected(Reject),
    /// It was not done, or may not have been, and can be tried again.
    Failed {
        /// Why; for the log and for the entry.
        why: String,
    },
    /// What the transport knows.
    Mail(MailOutcome),
    /// How far a mailbox was read.
    Mailbox(Box<MailboxRead>),
    /// What came of a task at Microsoft.
    Microsoft(MicrosoftOutcome),
    /// What the requests came to; one that is missing was not made.
    Posted(Vec<Posted>),
    /// Nobody knows: the object died while it was under way.
    Unknown {
        /// Why.
        why: String,
    },
    /// The kernel gave up after the last failure.
    GaveUp {
        /// The last failure.
        why: String,
    },
}

impl From<Answer> for Outcome {
    /// What came of a call.
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done { json, .. } => Self::Done(json),
            Answer::Rejected(reject) => Self::Rejected(reject),
        }
    }
}
