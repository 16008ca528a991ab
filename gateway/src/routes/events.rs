//! The event log for those without a WebSocket: a request that waits.
//!
//! It waits on a WebSocket that the gateway holds to the room. So the room sleeps meanwhile, and
//! what holds for connections holds for it: what it may see, how many there may be, and that it
//! ends with the session.

use super::realtime;
use crate::app::Call;
use crate::platform::{Platform, Progress};
use crate::respond::Reply;
use schema::Reject;
use schema::frame::{Codec, Connect, Poll};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How long a request waits at most, in seconds.
pub(crate) const WAIT_SECONDS_MAX: i64 = 25;

/// Some of the log, as the caller may see it.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Events"))]
pub(crate) struct Events {
    /// What happened after the event that was named, oldest first.
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<schema::event::Event>"))]
    events: Vec<Box<RawValue>>,
    /// The number to ask for next: that of the last event that is dealt with, seen or not.
    last: i64,
    /// The number of the last event there is.
    head: i64,
    /// Whether what was asked for is no longer kept, or is not there yet: fetch `GET /v1/snapshot`
    /// and go on from its head.
    reset: bool,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Box<RawValue>>,
    #[serde(default)]
    head: i64,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    seq: i64,
}

/// `GET /v1/events`.
///
/// # Errors
/// `unauthorized`, also where the session ends while it waits; `invalid_input`; `rate_limited`
/// where too many wait.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let query = call.query(&["after", "wait", "limit", "views"])?;
    let (after, limit) = (query.count("after")?, query.limit()?);
    let wait = query.count("wait")?.unwrap_or(0);
    if wait > WAIT_SECONDS_MAX {
        return Err(Reject::field("wait", format!("must be 0 to {WAIT_SECONDS_MAX}")));
    }
    let connect = Connect {
        instance: principal.workspace.to_string(),
        workspace: principal.workspace,
        ticket_hash: None,
        principal: Some(principal),
        since: after,
        codec: Codec::Json,
        views: realtime::views(&query)?,
        poll: Some(Poll { limit, wait: wait > 0 }),
    };
    let mut found = Events { last: after.unwrap_or_default(), ..Events::default() };
    let mut take = |text: &str| found.take(text, after, wait > 0);
    call.platform.listen(&connect, wait * 1000, &mut take).await?;
    Reply::of(&found)
}

impl Events {
    /// Takes a frame of the room.
    fn take(&mut self, text: &str, after: Option<i64>, wait: bool) -> Result<Progress, Reject> {
        let broken = |error: serde_json::Error| Reject::internal(format!("frame: {error}"));
        let frame: Frame = serde_json::from_slice(text.as_bytes()).map_err(broken)?;
        match frame.kind.as_str() {
            "hello" => {
                self.head = frame.head;
                self.last = after.unwrap_or(frame.head);
                Ok(Progress::More)
            }
            "events" => {
                let live = self.last >= self.head;
                for event in frame.events {
                    let Item { kind, seq } =
                        serde_json::from_slice(event.get().as_bytes()).map_err(broken)?;
                    if kind != "advance" {
                        self.events.push(event);
                    }
                    self.last = seq;
                }
                self.head = self.head.max(self.last);
                let done = live && !self.events.is_empty();
                Ok(if done { Progress::Done } else { Progress::More })
            }
            "reset" => {
                (self.reset, self.head, self.last) = (true, frame.head, frame.head);
                Ok(Progress::Done)
            }
            "replay_done" if !wait || !self.events.is_empty() => Ok(Progress::Done),
            "replay_done" => Ok(Progress::Wait),
            _ => Ok(Progress::More),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = r#"{"type":"hello","head":7}"#;
    const DONE: &str = r#"{"type":"replay_done","head":7}"#;
    const SOME: &str = r#"{"type":"events","events":[
        {"type":"advance","from":4,"seq":5}, {"type":"x.y","seq":6},
        {"type":"advance","from":7,"seq":7}]}"#;
    const HIDDEN: &str = r#"{"type":"events","events":[{"type":"advance","from":8,"seq":9}]}"#;
    const LIVE: &str = r#"{"type":"events","events":[{"type":"x.y","seq":10}]}"#;

    fn run(after: Option<i64>, wait: bool, frames: &[&str]) -> (Events, Vec<Progress>) {
        let mut found = Events::default();
        let progress =
            frames.iter().map(|frame| found.take(frame, after, wait).expect("a frame")).collect();
        (found, progress)
    }

    #[test]
    fn what_is_there_is_given_at_once() {
        for wait in [false, true] {
            let (found, progress) = run(Some(3), wait, &[HELLO, SOME, DONE]);
            assert_eq!(progress, [Progress::More, Progress::More, Progress::Done]);
            assert_eq!((found.events.len(), found.last, found.head), (1, 7, 7));
            assert!(!found.reset);
        }
    }

    #[test]
    fn who_has_seen_all_waits_or_not() {
        let (found, progress) = run(None, false, &[HELLO, DONE]);
        assert_eq!(progress, [Progress::More, Progress::Done]);
        assert_eq!((found.events.len(), found.last, found.head), (0, 7, 7));
        let (found, progress) = run(Some(7), true, &[HELLO, DONE, HIDDEN, LIVE]);
        let expected = [Progress::More, Progress::Wait, Progress::More, Progress::Done];
        assert_eq!(progress, expected);
        assert_eq!((found.events.len(), found.last, found.head), (1, 10, 10));
    }

    #[test]
    fn a_number_that_cannot_be_served_is_a_reset() {
        let reset = r#"{"type":"reset","head":7,"oldest":1}"#;
        let (found, progress) = run(Some(99), true, &[HELLO, reset]);
        assert_eq!(progress, [Progress::More, Progress::Done]);
        assert_eq!((found.reset, found.last, found.head), (true, 7, 7));
        assert!(Events::default().take("x", None, false).is_err());
    }
}
