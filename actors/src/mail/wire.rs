//! What every mail protocol needs of its runtime: a stream that can become TLS, a way to wait, and
//! a time limit around a future with the caller's clock; and how a connection begins and ends.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// A connection, as the platform gives it.
pub trait MailStream: AsyncRead + AsyncWrite + Unpin + Sized {
    /// Turns the connection into a TLS connection; the certificate must be verified.
    fn start_tls(self) -> impl Future<Output = std::io::Result<Self>>;
}

/// The caller's way to wait.
pub trait Sleep {
    /// Resolves after that many milliseconds.
    fn sleep(&self, duration_ms: u64) -> impl Future<Output = ()>;
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// The stream is TLS already (SMTP on port 465, IMAP on 993).
    Tls,
    /// TLS begins with the STARTTLS command, or nothing is sent (587, 143).
    StartTls,
    /// None. For test servers on the same machine only: the password crosses the wire.
    Plain,
}

/// Nothing came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimedOut;

/// Runs `work`, but not longer than `limit_ms`. The work is polled first: a result that is there
/// counts, even if the time is over too.
pub(super) async fn within<T, E: From<TimedOut>>(
    sleep: &impl Sleep,
    limit_ms: u64,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut work = pin!(work);
    let mut bell = pin!(sleep.sleep(limit_ms));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => bell.as_mut().poll(cx).map(|()| Err(TimedOut.into())),
    })
    .await
}

/// The TLS handshake within its time limit; otherwise what the platform said.
pub(super) async fn shake_hands<S: MailStream>(
    stream: S,
    sleep: &impl Sleep,
    limit_ms: u64,
) -> Result<S, String> {
    let handshake = async { Ok(stream.start_tls().await) };
    match within(sleep, limit_ms, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(plain(&error.to_string())),
        Err(TimedOut) => Err("the handshake took too long".to_owned()),
    }
}

/// Ends a connection; what comes of it changes nothing any more.
pub(super) async fn hang_up<S: MailStream>(stream: &mut S, sleep: &impl Sleep, limit_ms: u64) {
    let _ = within(sleep, limit_ms, async { Ok::<_, TimedOut>(stream.shutdown().await) }).await;
}

/// Shows credentials by their user: no password in a log line.
pub(super) fn fmt_credentials(f: &mut fmt::Formatter<'_>, user: &str) -> fmt::Result {
    f.debug_struct("Credentials").field("user", &user).finish_non_exhaustive()
}

/// A line of somebody else's words without controls.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(2_048).collect()
}
