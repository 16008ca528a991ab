//! Clients of providers of data about people: who works where, at which address, and whether that
//! takes mail.
//!
//! Each provider's file builds its requests and reads its answers, without a runtime. [`ask`] makes
//! a request, within the provider's limits and unless its answer is kept; [`waterfall`] says who is
//! asked in which order. What a provider says is a hint about a stranger: it is bounded, and read
//! as data only.
//!
//! Reading order: [`settings`] → [`call`] (all that is asked) → [`hunter`], [`apollo`],
//! [`millionverifier`] → [`ask`] → [`waterfall`].

pub mod apollo;
pub mod ask;
pub mod call;
pub mod hunter;
pub mod millionverifier;
pub mod settings;
pub mod waterfall;

use schema::Millis;
use schema::codec::read_json;
use schema::prospect::Verdict;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// hunter.io
    Hunter,
    /// apollo.io
    Apollo,
    /// millionverifier.com
    MillionVerifier,
}

impl Provider {
    /// Its name: in reasons, in the log, and of its limiter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hunter => "hunter",
            Self::Apollo => "apollo",
            Self::MillionVerifier => "millionverifier",
        }
    }
}

/// What a provider says; nothing where it knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The person's address.
    pub email: Option<String>,
    /// How sure that is, 0 to 100.
    pub score: i64,
    /// The person's job.
    pub title: Option<String>,
    /// The person's profile.
    pub linkedin: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The company's domain.
    pub domain: Option<String>,
    /// Of an address that was to be verified.
    pub verdict: Option<Verdict>,
    /// The provider's own word for the verdict.
    pub word: String,
    /// Whether the provider takes money for the answer.
    pub is_charged: bool,
}

/// Why a provider says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It wants to be left alone, for so long where it says so.
    Later(Option<Millis>),
    /// Nothing failed, but it was asked as often as may be for now, for so long where it says so.
    Limited(Option<Millis>),
    /// It is still finding out: the same is to be asked again.
    Running,
    /// It does not take the key, or not for this.
    WrongKey,
    /// What was paid for is used up.
    NoCredits,
    /// The person has asked it not to be processed.
    Refused,
    /// It does not speak as it is documented.
    BadAnswer,
    /// No whole answer came, or one of an error of its own.
    NoAnswer,
}

impl Trouble {
    /// What it is called: in reasons and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Later(_) => "wants to be left alone",
            Self::Limited(_) => "allows no more calls for now",
            Self::Running => "is still looking",
            Self::WrongKey => "does not take the key",
            Self::NoCredits => "has no credits left",
            Self::Refused => "was asked not to process the person",
            Self::BadAnswer => "gave an answer that cannot be read",
            Self::NoAnswer => "did not answer",
        }
    }
}

/// The longest wait that a provider may ask for, in seconds.
const RETRY_AFTER_S_MAX: Millis = 24 * 60 * 60;

/// How long a provider is left alone after a limit, where it does not say how long.
const LIMITED_MS: Millis = 10_000;

/// How long the header `Retry-After` asks to wait, where it says so in seconds.
pub(crate) fn waits(retry_after: Option<&str>) -> Option<Millis> {
    let seconds: Millis = retry_after?.trim().parse().ok()?;
    Some(seconds.clamp(0, RETRY_AFTER_S_MAX) * 1_000)
}

/// What an answer says; fields that are not known are left alone.
fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    read_json(body).map_err(|_| Trouble::BadAnswer)
}

/// A text that says something.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
