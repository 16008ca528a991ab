//! A time limit around a future, with the caller's clock.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::{Failure, Sleep};

/// Runs `work`, but not longer than `limit_ms`. The work is polled first: a result that is there
/// counts, even if the time is over too.
pub(super) async fn within<T>(
    sleep: &impl Sleep,
    limit_ms: u64,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut work = pin!(work);
    let mut bell = pin!(sleep.sleep(limit_ms));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => bell.as_mut().poll(cx).map(|()| Err(Failure::TimedOut)),
    })
    .await
}
