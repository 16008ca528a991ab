//! The expected ways in which Postroom says no.
//!
//! A [`Reject`] is part of the contract: its code is stable, its message says what to change, and
//! it maps one to one to an HTTP status and a WebSocket close code. What the world did wrong
//! (storage, network) is [`Code::Internal`] or [`Code::Unavailable`]; its cause goes to the log,
//! not the client.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request could not be read: broken JSON, duplicate key, bad header.
    BadRequest,
    /// No valid proof of who is calling.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// It does not exist, or belongs to somebody else.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The state of the thing does not allow it.
    Conflict,
    /// The idempotency key was used with another body.
    KeyReused,
    /// It was there once: an invitation that was accepted, a token that was used.
    Gone,
    /// `If-Match` names another version than the current one.
    VersionMismatch,
    /// The body is longer than allowed.
    TooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// A field has a value that is not allowed; `details.field` names it.
    InvalidInput,
    /// Too many requests; `details.retryAfterMs` says when to come back.
    RateLimited,
    /// Something that is needed did not answer; the same request may be sent again.
    Unavailable,
    /// A defect or a failure of storage. The log has the cause under the request id.
    Internal,
}

impl Code {
    /// The HTTP status of this code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict | Self::KeyReused => 409,
            Self::Gone => 410,
            Self::VersionMismatch => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidInput => 422,
            Self::RateLimited => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The WebSocket close code: 4000 and the HTTP status where a connection ends for it.
    #[must_use]
    pub const fn close_code(self) -> u16 {
        4000 + self.status()
    }
}

/// A refusal: code, a sentence that says what to change, and data about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Reject {
    /// The stable code.
    pub code: Code,
    /// What to change, for a person. For [`Code::Internal`] it is for the log only.
    pub message: String,
    /// Data about the refusal, for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl Reject {
    /// A refusal without details.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None }
    }

    /// The same refusal with details.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Says which field of the input is wrong, and how.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        let message = format!("{field}: {}", message.into());
        Self::new(Code::InvalidInput, message).with(serde_json::json!({ "field": field }))
    }

    /// Why a connection was closed, where that was a refusal; else it was lost.
    #[must_use]
    pub fn of_close(close_code: u16, reason: &str) -> Self {
        let refusals = [
            Code::BadRequest,
            Code::Unauthorized,
            Code::Forbidden,
            Code::NotFound,
            Code::Conflict,
            Code::TooLarge,
            Code::InvalidInput,
        ];
        if close_code == Code::RateLimited.close_code() {
            return Self::rate_limited(reason, 10_000);
        }
        match refusals.into_iter().find(|code| code.close_code() == close_code) {
            Some(code) => Self::new(code, reason),
            None => Self::new(Code::Unavailable, "the connection was lost: ask again"),
        }
    }

    /// There is no such thing, or not for this caller: both read the same.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("{what} not found"))
    }

    /// The caller's role does not allow it.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    /// The state of the thing does not allow it.
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    /// A defect or a failure of storage; `cause` is for the log.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::new(Code::Internal, cause)
    }

    /// Come back in `retry_after_ms`.
    #[must_use]
    pub fn rate_limited(message: impl Into<String>, retry_after_ms: i64) -> Self {
        Self::new(Code::RateLimited, message)
            .with(serde_json::json!({ "retryAfterMs": retry_after_ms }))
    }

    /// More is asked at once than can be done soon; nothing of it was done.
    #[must_use]
    pub fn overloaded() -> Self {
        Self::unavailable("too much at once: try again in a moment")
    }

    /// Something is not there for a moment; nothing was done.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message).with(serde_json::json!({ "retryAfterMs": 1_000 }))
    }
}
