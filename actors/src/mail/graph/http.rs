//! What the client needs of a runtime: one request, and its whole answer within a bound.

use std::fmt;
use std::future::Future;

/// The methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named after themselves
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request. Its headers and body may hold secrets: they are not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Names in small letters.
    pub headers: Vec<(&'static str, String)>,
    /// Empty where there is none.
    pub body: Vec<u8>,
    /// The most bytes that the answer may have.
    pub answer_bytes_max: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.url)
    }
}

/// An answer. Its body may hold tokens: it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as it stands.
    pub retry_after: Option<String>,
    /// All of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// How long the server wants to be left alone, where it says so in seconds; an hour at most.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.retry_after.as_ref()?.trim().parse().ok()?;
        Some(seconds.min(3_600) * 1_000)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// It has more bytes than it may have.
    TooLarge,
    /// The connection failed, or was cut before the end of the answer, or took too long.
    Broken {
        /// What the platform said.
        text: String,
    },
}

/// The caller's way to make a request. It follows no redirect, has a time limit, and never gives a
/// part of an answer for the whole.
pub trait Http {
    /// Makes a request.
    fn ask(&self, request: Request) -> impl Future<Output = Result<Answer, NoAnswer>>;
}
