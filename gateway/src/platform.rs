//! What the gateway needs of the world. Two homes: the Worker runtime (`edge`), and whatever tests
//! put in its place.

use actors::mail::graph;
use schema::frame::Connect;
use schema::pipeline::Queue;
use schema::summary::Cell;
use schema::{ActorKind, Answer, Envelope, Millis, Reject};
use serde::de::DeserializeOwned;
use std::future::Future;

use crate::config::Config;
use crate::http::Response;
use crate::scrape::visit::Heads;
use crate::tally::Tally;

/// What the Worker leans on, beside the actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// Summaries.
    D1,
    /// Mail and files.
    Storage,
    /// Copies of what seldom changes; it may be missing, or not answer.
    Cache,
}

impl Dependency {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::D1 => "d1",
            Self::Storage => "storage",
            Self::Cache => "cache",
        }
    }

    /// Whether the Worker can do nothing without it. What is not in the cache is asked for again.
    #[must_use]
    pub const fn is_needed(self) -> bool {
        !matches!(self, Self::Cache)
    }
}

/// Something that operators count.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    /// What happened; one of a closed set.
    pub event: &'a str,
    /// What it is counted by: names of ours, never what a person wrote.
    pub labels: &'a [&'a str],
    /// What is measured.
    pub numbers: &'a [f64],
}

/// A body that comes piece by piece.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Source {
    /// The next piece; none at the end. What goes wrong breaks the body off.
    ///
    /// # Errors
    /// Those of whoever gives the pieces.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Reject>;
}

/// How far a listener is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It has not heard all that was there.
    More,
    /// It has, and waits for what comes.
    Wait,
    /// It has what it wanted.
    Done,
}

/// Where objects are put.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Storage {
    /// An object that is put in parts.
    type Parts;

    /// Keeps an object.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn put_object(&self, key: &str, bytes: &[u8]) -> Result<(), Reject>;

    /// Begins an object that comes in parts.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn begin_parts(&self, key: &str) -> Result<Self::Parts, Reject>;

    /// Puts the next part; all but the last are of one size.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn put_part(&self, parts: &mut Self::Parts, bytes: Vec<u8>) -> Result<(), Reject>;

    /// All parts are there.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer; then the object may be there or not.
    async fn end_parts(&self, parts: &mut Self::Parts) -> Result<(), Reject>;

    /// The object is not wanted any more; whatever this comes to, nobody asks.
    async fn drop_parts(&self, parts: Self::Parts);
}

/// The world outside the gateway.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Platform: Storage {
    /// What a WebSocket upgrade is answered with.
    type Socket;

    /// The bytes of an object, on their way.
    type Content;

    /// The same world, for what outlives a request's handler.
    #[must_use]
    fn twin(&self) -> Self
    where
        Self: Sized;

    /// Goes on with something after the request has been answered; the runtime gives it half a
    /// minute.
    fn go_on(&self, work: impl Future<Output = ()> + 'static);

    /// A response whose body is yet to come.
    ///
    /// # Errors
    /// `internal` where the runtime takes no such body.
    fn stream<S: Source + 'static>(
        &self,
        response: Response,
        source: S,
    ) -> Result<Self::Socket, Reject>;

    /// The settings of this deployment.
    ///
    /// # Errors
    /// `internal` where a setting is missing or cannot be read; the log has which.
    fn config(&self) -> Result<&Config, Reject>;

    /// The time.
    fn now(&self) -> Millis;

    /// Random bits that nobody can guess.
    fn random(&self) -> [u8; 32];

    /// Asks one of the things that the Worker leans on for nothing in particular; false where this
    /// deployment has none.
    ///
    /// # Errors
    /// `unavailable` where it does not answer.
    async fn reach(&self, what: Dependency) -> Result<bool, Reject>;

    /// Makes a request to a fixed service.
    ///
    /// # Errors
    /// Why there is no answer.
    async fn fetch(&self, request: graph::Request) -> Result<graph::Answer, graph::NoAnswer>;

    /// Reads what anybody's server gives within some milliseconds, with what it says of it.
    ///
    /// # Errors
    /// Why there is no answer.
    async fn visit(
        &self,
        request: graph::Request,
        wait_ms: u64,
    ) -> Result<(graph::Answer, Heads), graph::NoAnswer>;

    /// Waits.
    async fn sleep(&self, ms: u32);

    /// Counts something; where nobody counts, nothing happens.
    fn count(&self, point: &Point<'_>);

    /// A text that was kept under a key. What is kept never changes, or is good for a day, so that
    /// it does not matter how old the copy is; none where there is none, or no answer.
    async fn kept(&self, key: &str) -> Option<String>;

    /// Keeps a text under a key for a day. Where that fails, it is not kept.
    async fn keep(&self, key: &str, text: &str);

    /// Writes a line to the log: ids and causes, never what a person wrote, never a secret.
    fn log(&self, line: &str);

    /// A secret or variable by name, where it is set.
    fn var(&self, name: &str) -> Option<String>;

    /// Asks an actor. A failure that left nothing behind is tried once more.
    ///
    /// # Errors
    /// `unavailable` where the actor cannot be reached or is overloaded.
    async fn call(&self, actor: ActorKind, envelope: &Envelope) -> Result<Answer, Reject>;

    /// What this request has cost so far, where its workspace wants that told.
    fn tally(&self) -> Option<Tally>;

    /// Listens to a room as a client of it would: gives every frame to `take`, and ends when that
    /// says so, or `wait` milliseconds after it has said that it waits.
    ///
    /// # Errors
    /// The room's refusal, also while it waits; `unavailable` where the room cannot be reached.
    async fn listen(
        &self,
        connect: &Connect,
        wait: Millis,
        take: &mut dyn FnMut(&str) -> Result<Progress, Reject>,
    ) -> Result<(), Reject>;

    /// Hands a WebSocket to a room; `protocol` is what the client is told that it speaks.
    ///
    /// # Errors
    /// `unavailable` where the room cannot be reached.
    async fn join(&self, connect: &Connect, protocol: Option<&str>)
    -> Result<Self::Socket, Reject>;

    /// Opens a WebSocket only to close it with a code, which is all that a browser shows.
    ///
    /// # Errors
    /// `internal` where the runtime refuses.
    fn refuse(&self, protocol: Option<&str>, why: &Reject) -> Result<Self::Socket, Reject>;

    /// Reads rows of D1.
    ///
    /// # Errors
    /// `unavailable` where D1 does not answer.
    async fn rows<T: DeserializeOwned>(
        &self,
        statement: &str,
        params: &[Cell],
    ) -> Result<Vec<T>, Reject>;

    /// Whether there is an object.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn has_object(&self, key: &str) -> Result<bool, Reject>;

    /// Reads an object.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn object(&self, key: &str) -> Result<Option<Vec<u8>>, Reject>;

    /// Opens an object, or the part of it between two bytes, both included.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn open(
        &self,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<Option<Self::Content>, Reject>;

    /// Deletes an object, where it is there.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn delete_object(&self, key: &str) -> Result<(), Reject>;

    /// Puts a message on a queue.
    ///
    /// # Errors
    /// `unavailable` where the queue does not take it.
    async fn enqueue(&self, queue: Queue, message: &[u8]) -> Result<(), Reject> {
        self.enqueue_all(queue, &[message.to_vec()]).await
    }

    /// Puts messages on a queue, at most a hundred and 256 kB.
    ///
    /// # Errors
    /// `unavailable` where the queue does not take them; it may have some.
    async fn enqueue_all(&self, queue: Queue, messages: &[Vec<u8>]) -> Result<(), Reject>;
}
