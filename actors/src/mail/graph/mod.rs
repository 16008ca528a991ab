//! A client of Microsoft's identity platform and of the mail in Microsoft Graph.
//!
//! It finds the mails that a mailbox has got since it was last asked, whatever anybody has read,
//! flagged or moved away in the meantime, and sends mail as drafts whose ids are known before they
//! leave.
//!
//! How far a folder has been read is a [`Cursor`]: the link that Graph gave, as it gave it, and
//! what that link's answers named and was not fetched yet. [`Sync::next_batch`] gives mails with
//! the cursor that is right once they are stored; who stores both in one transaction may be
//! interrupted anywhere. What Graph forgets, tells twice or takes back changes nothing: mails are
//! known by their Message-ID where they are filed.
//!
//! ```text
//! let tokens = identity::refresh(&http, &application, &refresh_token).await?;
//! let session = Session::new(&http, &application.graph_url, &tokens.access_token);
//! let mut sync = session.sync(Folder::Inbox, cursor, since_ms);
//! while let Some(batch) = sync.next_batch().await? { /* store mails and cursor */ }
//! let draft = session.draft(&raw).await?;           // store the draft's id
//! session.send(&draft.id).await?;                   // or, if nobody knows: session.look(…)
//! ```
//!
//! It makes one request after another, and so never has more than one at a mailbox; Graph allows
//! four. It does not wait: how long Graph wants to be left alone is in [`GraphError::Throttled`].
//!
//! Reading order: [`http`] (what it needs of a runtime), [`identity`] (tokens), [`session`] (a
//! request and what came of it), [`link`] (where requests may go), [`sync`] (what is new),
//! [`subscription`] (hints of that), [`send`] (drafts and their fate), [`upload`] (their files),
//! [`job`] (all of it as tasks of an inbox).
//!
//! Sources: the documentation of Microsoft Graph and of the identity platform, as `PROTOCOLS.md`
//! 3.6 and 3.7 sum it up.

mod http;
mod identity;
mod job;
mod link;
mod send;
mod session;
mod subscription;
mod sync;
mod upload;

#[cfg(test)]
mod fuzz_test;
#[cfg(test)]
mod identity_test;
#[cfg(test)]
mod job_test;
#[cfg(test)]
mod send_test;
#[cfg(test)]
mod subscription_test;
#[cfg(test)]
mod sync_test;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod upload_test;

use serde::{Deserialize, Serialize};

pub use http::{Answer, Http, Method, NoAnswer, Request};
pub use identity::{
    Application, Claims, ClaimsError, Login, MAILBOX, TokenError, Tokens, WHO, claims, redeem,
    refresh,
};
pub use job::{MicrosoftJob, MicrosoftOutcome, SealedTokens, Task, Vault, carry_out};
pub use link::query;
pub use send::{Draft, Fate};
pub use session::{Person, Session};
pub use subscription::{Subscribe, notified};
pub use sync::{Batch, Cursor, FetchedMail, Folder, Skipped, Sync, WhySkipped};
pub use upload::{DraftFile, Files, PIECES_MS};

/// Why it went no further. Nothing is lost by it: the cursor stands where it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum GraphError {
    /// No whole answer came: nobody knows whether the request was carried out.
    Broken {
        /// What the platform said.
        text: String,
    },
    /// Graph wants to be left alone (429, 503, 504); with 429 nothing was carried out.
    Throttled {
        /// HTTP status.
        status: u16,
        /// For how long; not always said.
        retry_after_ms: Option<u64>,
    },
    /// The access token is over, or was taken back (401).
    Unauthorized,
    /// Graph said no.
    Refused {
        /// HTTP status.
        status: u16,
        /// Why, for programs.
        code: String,
        /// Why, in its words.
        text: String,
    },
    /// Graph would not give out this one mail; what comes before it has been given. Who gives it
    /// up goes on with a cursor that does not wait for it ([`Cursor::give_up`]).
    MailRefused {
        /// Which.
        id: String,
        /// HTTP status.
        status: u16,
        /// Why, for programs.
        code: String,
    },
    /// Graph does not speak as it is documented.
    BadAnswer {
        /// What is wrong.
        text: String,
    },
}

impl GraphError {
    /// Whether the same attempt may succeed later without anybody changing anything.
    #[must_use]
    pub fn retry_helps(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Throttled { .. } | Self::Unauthorized => true,
            Self::MailRefused { .. } | Self::BadAnswer { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
        }
    }

    /// Whether it is certain that a request which failed so was not carried out.
    #[must_use]
    pub fn is_without_effect(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::BadAnswer { .. } => false,
            Self::Throttled { status, .. } => *status == 429,
            Self::Refused { status, .. } | Self::MailRefused { status, .. } => *status < 500,
            Self::Unauthorized => true,
        }
    }
}

impl std::fmt::Display for GraphError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken { text } => write!(f, "no answer: {text}"),
            Self::Throttled { status, .. } => write!(f, "{status}: Graph wants to be left alone"),
            Self::Unauthorized => f.write_str("401: the token is over"),
            Self::Refused { status, code, text } => write!(f, "{status} {code} {text}"),
            Self::MailRefused { status, code, .. } => write!(f, "{status} {code}"),
            Self::BadAnswer { text } => write!(f, "unexpected answer: {text}"),
        }
    }
}

/// Somebody else's words without controls, and not too many of them.
fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
