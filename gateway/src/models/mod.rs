//! Clients of language models at Anthropic, OpenAI and xAI.
//!
//! [`settings`] says which the deployment has, and who is asked first; [`wire`] builds requests and
//! reads answers, without a runtime; [`ask`] asks one after the other, each within its limits. What
//! a model says is a stranger's word: it is bounded here, and judged in the room.

pub mod ask;
pub mod settings;
pub mod wire;

use schema::Millis;

/// A provider of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// api.anthropic.com
    Anthropic,
    /// api.openai.com
    OpenAi,
    /// api.x.ai, which speaks as OpenAI does
    Xai,
}

impl Provider {
    /// All of them, in the order in which they are asked where no other is set.
    pub const ALL: [Self; 3] = [Self::Anthropic, Self::OpenAi, Self::Xai];

    /// Its name: in settings, in reasons, in the log, and of its limiter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Xai => "xai",
        }
    }
}

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It wants to be left alone, for so long where it says so.
    Later(Option<Millis>),
    /// What was paid for is used up: to ask again at once is no use.
    NoQuota,
    /// It does not take the key, or has not the model.
    WrongKey,
    /// It does not take the request, which is ours to mend, and is as bad for every prospect.
    BadRequest,
    /// It does not take so long a request.
    TooLong,
    /// The model refused to write.
    Refused,
    /// The text has no end, or there is none.
    Unfinished,
    /// No whole answer came, or one of an error of its own.
    NoAnswer,
}

impl Trouble {
    /// What it is called: in reasons and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Later(_) => "wants to be left alone",
            Self::NoQuota => "has no quota left",
            Self::WrongKey => "does not take the key or the model",
            Self::BadRequest => "does not take the request",
            Self::TooLong => "does not take so long a request",
            Self::Refused => "refused to write",
            Self::Unfinished => "wrote no whole text",
            Self::NoAnswer => "did not answer",
        }
    }

    /// Whether it was asked for this text, and would say the same again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::TooLong | Self::Refused | Self::Unfinished)
    }

    /// Whether it may write this text by and by, though nobody mends anything here.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::Later(_) | Self::NoQuota | Self::NoAnswer)
    }
}
