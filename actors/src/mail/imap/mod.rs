//! An IMAP client that reads and cannot write.
//!
//! It finds the mails that a mailbox has got since it was last asked, whatever anybody has read,
//! flagged or moved there in the meantime. It opens folders with EXAMINE and reads with BODY.PEEK,
//! and has no command that changes anything.
//!
//! How far it has got is a [`Cursor`]: the folder's generation and the first UID that has not been
//! dealt with. [`Sync::next_batch`] gives mails with the cursor that is right once they are
//! stored; who stores both in one transaction may be interrupted anywhere.
//!
//! ```text
//! let mut session = connect(stream, &sleep, &settings).await?;
//! let mut sync = session.sync(&FolderName::inbox(), cursor).await?;
//! while let Some(batch) = sync.next_batch().await? { /* store mails and cursor */ }
//! session.log_out().await;
//! ```
//!
//! Why no crate: `async-imap` does not build for a Worker; `imap-codec` and `imap-next` do, and are
//! larger with one response read and one command written than this is whole; `imap-proto` reads,
//! but a response only once all its bytes, up to 25 MB of them, lie in one buffer. None of them
//! brings the limits on what a server may announce, or the logic above.
//!
//! Reading order: [`decoder`] (bytes to responses), [`value`] (their words), [`response`] (what
//! they say), [`folder`] (names), [`command`] (what we say), [`session`] (from the greeting to the
//! log-in), [`mailbox`] (what is asked of a mailbox), [`cursor`] and [`sync`] (what is new in it).
//!
//! The runtime is the caller's, as for [`super::smtp`].

mod command;
mod cursor;
mod date;
mod decoder;
mod folder;
mod mailbox;
mod response;
mod session;
mod sync;
mod value;

#[cfg(test)]
mod scripted_test;
#[cfg(test)]
mod sync_test;
/// A server for tests and fuzzers.
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub mod testing;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use super::wire::{MailStream, Security, Sleep};
use super::wire::{TimedOut, fmt_credentials};
pub use cursor::{Cursor, NoUidValidity, Start};
pub use decoder::{MAIL_BYTES_MAX, ResponseError};
pub use folder::{Folder, FolderName, find_sent};
pub use response::{Code, FolderState};
pub use session::{Session, connect};
pub use sync::{Batch, FetchedMail, Skipped, Sync, WhySkipped};

/// What proves who we are.
#[derive(Clone)]
pub enum Secret {
    /// A password, for AUTHENTICATE PLAIN or LOGIN.
    Password(String),
    /// An OAuth access token, for XOAUTH2.
    AccessToken(String),
}

/// A user and what proves it.
#[derive(Clone)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password or token.
    pub secret: Secret,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_credentials(f, &self.user)
    }
}

/// How to talk to a server.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// How the connection is protected.
    pub security: Security,
    /// How to log in.
    pub credentials: Credentials,
    /// How long to wait.
    pub time_limits: TimeLimits,
}

/// How long to wait for what, in milliseconds. A limit covers the whole answer, however slowly
/// its bytes drip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimits {
    /// The greeting.
    pub greeting_ms: u64,
    /// The TLS handshake.
    pub tls_ms: u64,
    /// Any command and its answer.
    pub command_ms: u64,
    /// An answer with mails, of 25 MB at most.
    pub fetch_ms: u64,
    /// All that the next batch of mails takes.
    pub batch_ms: u64,
    /// The farewell, after everything is known.
    pub log_out_ms: u64,
}

impl Default for TimeLimits {
    /// A log-in that fails is answered late on purpose; a search may read the whole folder.
    fn default() -> TimeLimits {
        TimeLimits {
            greeting_ms: 30_000,
            tls_ms: 20_000,
            command_ms: 60_000,
            fetch_ms: 180_000,
            batch_ms: 240_000,
            log_out_ms: 2_000,
        }
    }
}

/// The steps of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // named after the commands
pub enum Stage {
    Greeting,
    Capability,
    StartTls,
    LogIn,
    List,
    Status,
    Examine,
    Search,
    /// What mails there are.
    FetchList,
    /// The mails themselves.
    FetchMail,
    NoOp,
    LogOut,
}

/// Why it went no further. Nothing is lost by it: the cursor stands where it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum ImapError {
    /// The connection or the dialogue broke: worth another try.
    Broken {
        /// Where.
        at: Stage,
        /// How.
        failure: Failure,
    },
    /// The server said NO.
    Refused {
        /// To what.
        at: Stage,
        /// Why, for programs.
        code: Option<Code>,
        /// Why, in its words.
        text: String,
    },
    /// The server would not give out this one mail; what comes before it has been given. Who
    /// gives it up goes on with a cursor behind it.
    MailRefused {
        /// Which.
        uid: u32,
        /// Why, for programs.
        code: Option<Code>,
        /// Why, in the server's words.
        text: String,
    },
    /// The server gave nothing in the place of this one mail, and still has it; as for
    /// [`ImapError::MailRefused`].
    MailNotGiven {
        /// Which.
        uid: u32,
    },
    /// TLS was asked for and the server does not offer it.
    TlsNotOffered,
    /// The TLS handshake failed: wrong certificate, wrong port, or somebody in between.
    TlsFailed {
        /// What the platform said.
        text: String,
    },
    /// Bytes stood behind the STARTTLS answer: somebody injects responses (CVE-2021-33515).
    Injected,
    /// The server let us in without a password: it is not known whose mailbox that would be, and
    /// without a log-in TLS cannot begin any more (CVE-2020-12398).
    LetInUnasked,
    /// The server offers no log-in that we know.
    LogInNotOffered,
    /// The server has no lasting UIDs for this folder.
    NoUidValidity,
    /// The settings or an argument cannot be put on the wire.
    BadInput {
        /// What is wrong.
        text: String,
    },
}

impl ImapError {
    /// Whether the same attempt may succeed later without anybody changing anything. A log-in that
    /// is refused without a code counts as such: servers say so of a wrong password, and of too
    /// many connections too.
    pub fn retry_helps(&self) -> bool {
        match self {
            ImapError::Broken { .. } | ImapError::TlsFailed { .. } => true,
            ImapError::MailRefused { .. } | ImapError::MailNotGiven { .. } => true,
            ImapError::Refused { code, .. } => !code.as_ref().is_some_and(Code::is_for_good),
            _ => false,
        }
    }
}

/// How a dialogue can break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "failure")]
pub enum Failure {
    /// Nothing came in time.
    TimedOut,
    /// The server closed the connection.
    Closed,
    /// The server said goodbye.
    Bye {
        /// Why, in its words.
        text: String,
    },
    /// The connection failed.
    Io {
        /// What the platform said.
        text: String,
    },
    /// The server does not speak IMAP properly.
    BadResponse {
        /// What is wrong with it.
        error: ResponseError,
    },
    /// The server did not understand us: BAD.
    NotUnderstood {
        /// What it said.
        text: String,
    },
    /// An answer to what was not asked.
    OutOfStep,
}

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Failure {
        Failure::TimedOut
    }
}

impl From<ResponseError> for Failure {
    fn from(error: ResponseError) -> Failure {
        Failure::BadResponse { error }
    }
}
