//! An SMTP client that always knows what it knows.
//!
//! Handing over a mail has one moment that matters: before the final dot the server must not
//! deliver it (RFC 5321 §4.1.1.4), after its reply we know, and in between nobody can. So
//! [`send`] does not return an error, it returns a [`SendOutcome`], and the line between
//! `NotSent` and `Unknown` is drawn at the first byte of that dot.
//!
//! Why not `async-smtp` 0.10: it writes body and dot in one call and reports both, and the reply,
//! as one error, so that line cannot be drawn; it reads replies without any limit; it has no time
//! limits. What is left of it, once those are added around it, is the names of the commands.
//! `smtp-proto`'s reply parser does not check that the lines of a reply agree, and is as long as
//! the one in [`reply`].
//!
//! One mail per connection. Where the server offers it, the commands before the mail itself go in
//! one flight (RFC 2920); the mail waits for all their replies, so the line above stays where it
//! is. Where it offers DSN (RFC 3461), it is asked to report with the id that the mail has here.
//!
//! The runtime is the caller's: a stream ([`SmtpStream`]) and a way to wait ([`Sleep`]).

pub mod reply;

mod dots;
mod envelope;
mod session;

#[cfg(test)]
mod scripted_test;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::Address;
pub use super::wire::{MailStream as SmtpStream, Security, Sleep};
use super::wire::{TimedOut, fmt_credentials};
pub use reply::{Reply, ReplyError};
pub use session::send;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Older, undocumented, everywhere.
    Login,
}

/// A user and password.
#[derive(Clone)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
    /// Insists on one mechanism; otherwise PLAIN, then LOGIN, of what the server offers.
    pub mechanism: Option<Mechanism>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_credentials(f, &self.user)
    }
}

/// How to talk to a server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// What we call ourselves in EHLO: a host name or an address literal.
    pub helo_name: String,
    /// How the connection is protected.
    pub security: Security,
    /// How to log in; `None` for a server that needs none.
    pub credentials: Option<Credentials>,
    /// How long to wait.
    pub time_limits: TimeLimits,
}

/// How long to wait for what, in milliseconds. A limit covers the whole reply, however slowly
/// its bytes drip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimits {
    /// The greeting.
    pub greeting_ms: u64,
    /// The TLS handshake.
    pub tls_ms: u64,
    /// Any command and its reply.
    pub command_ms: u64,
    /// Writing one piece (16 KiB) of the mail.
    pub chunk_ms: u64,
    /// The reply to the final dot. Servers scan now; giving up early makes an `Unknown`.
    pub final_ms: u64,
    /// The farewell, after everything is known.
    pub quit_ms: u64,
}

impl Default for TimeLimits {
    /// Shorter than RFC 5321 §4.5.3.2 asks, except at the final dot, where it matters.
    fn default() -> TimeLimits {
        TimeLimits {
            greeting_ms: 30_000,
            tls_ms: 20_000,
            command_ms: 60_000,
            chunk_ms: 60_000,
            final_ms: 300_000,
            quit_ms: 2_000,
        }
    }
}

/// What to hand over.
#[derive(Debug, Clone, Copy)]
pub struct SmtpMail<'x> {
    /// `MAIL FROM`.
    pub from: &'x Address,
    /// `RCPT TO`, one each.
    pub recipients: &'x [Address],
    /// The mail, as [`super::outbound::compose`] makes it.
    pub raw: &'x [u8],
    /// What reports are to call it by, where the server offers that: [`super::token::of`].
    pub envelope_id: &'x str,
}

/// The most recipients of one handover.
pub const RECIPIENTS_MAX: usize = 100;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum SendOutcome {
    /// The server has it and answers for it.
    Accepted {
        /// What it said; often its queue id.
        reply: Reply,
        /// Recipients it would not take; all others have the mail.
        refused_recipients: Vec<RefusedRecipient>,
    },
    /// The server said no, and does not have it.
    Refused {
        /// The three digits.
        code: u16,
        /// The enhanced status `x.y.z`, if it gave one (RFC 3463).
        enhanced: Option<String>,
        /// What it said.
        text: String,
        /// 5xx: asking again gets the same answer. For [`Stage::Rcpt`]: all recipients were 5xx.
        permanent: bool,
        /// What it refused.
        at: Stage,
    },
    /// It was not handed over: sending it again cannot make a second copy.
    NotSent {
        /// What went wrong.
        why: NotSent,
    },
    /// The final dot was begun and no answer came: the server may or may not have it. Must
    /// never be sent again without a person's decision.
    Unknown {
        /// What went wrong.
        why: Failure,
    },
}

/// A recipient that the server would not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRecipient {
    /// Who.
    pub address: Address,
    /// What the server said.
    pub reply: Reply,
}

/// The steps of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // named after the commands
pub enum Stage {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// While the mail itself was written, before the final dot.
    Body,
    /// From the first byte of the final dot to its reply.
    FinalDot,
}

/// Why a mail was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum NotSent {
    /// The connection or the dialogue broke: worth another try.
    Broken {
        /// Where.
        at: Stage,
        /// How.
        failure: Failure,
    },
    /// TLS was asked for and the server does not offer it.
    TlsNotOffered,
    /// The TLS handshake failed: wrong certificate, wrong port, or somebody in between.
    TlsFailed {
        /// What the platform said.
        text: String,
    },
    /// Bytes stood behind the STARTTLS reply: somebody injects commands (CVE-2011-0411).
    Injected,
    /// The server offers no login, or none that we know.
    AuthNotOffered,
    /// The mail is larger than the server takes.
    TooLarge {
        /// The server's limit.
        limit_bytes: u64,
    },
    /// The mail has 8-bit bytes and the server cannot take them.
    EightBitNotOffered,
    /// An address is not ASCII and the server cannot write to such.
    Utf8NotOffered,
    /// The settings or the mail cannot be put on the wire.
    BadInput {
        /// What is wrong.
        text: String,
    },
}

impl NotSent {
    /// Whether the same attempt may succeed later without anybody changing anything.
    pub fn retry_helps(&self) -> bool {
        matches!(self, NotSent::Broken { .. } | NotSent::TlsFailed { .. })
    }

    /// What the server would say to the mail, had it been asked: it never takes this one.
    pub fn refusal(&self) -> Option<Reply> {
        let (code, status, text) = match self {
            NotSent::TooLarge { limit_bytes } => {
                (552, "5.3.4", format!("the server takes mails of at most {limit_bytes} bytes"))
            }
            NotSent::EightBitNotOffered => {
                (554, "5.6.3", "the server takes no mail with 8-bit text".to_owned())
            }
            NotSent::Utf8NotOffered => {
                (553, "5.6.7", "the server takes no address that is not ASCII".to_owned())
            }
            _ => return None,
        };
        Some(Reply { code, enhanced: Some(status.to_owned()), text })
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
    /// The connection failed.
    Io {
        /// What the platform said.
        text: String,
    },
    /// The server does not speak SMTP properly.
    BadReply {
        /// What is wrong with it.
        error: ReplyError,
    },
    /// The server sent bytes that nobody asked for, or a reply that fits no rule.
    OutOfStep,
}

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Failure {
        Failure::TimedOut
    }
}
