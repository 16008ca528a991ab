//! What a connection missed, as its lens shows it.

use super::actor::Actor;
use super::context::{Ctx, Reply};
use super::sight::{self, Lens, Strip};
use super::store::events;
use schema::Reject;
use schema::frame::ServerFrame;
use serde_json::value::RawValue;

/// How many of the latest events can be replayed; a client further behind starts from a snapshot.
pub const REPLAY_MAX: i64 = 10_000;
/// How many bytes of events a replay may have: it is made in memory, of which an isolate has
/// little. A client that missed more starts from a snapshot.
pub const REPLAY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many events go into one frame of a replay.
pub const REPLAY_FRAME_MAX: i64 = 200;

/// The frames that bring a client up to date, and how many events are in them.
#[derive(Debug, Default)]
pub struct Replay {
    /// The frames, as JSON text.
    pub frames: Vec<Vec<u8>>,
    /// How many events the client gets to see.
    pub shown: usize,
    /// Whether it is a reset.
    pub reset: bool,
}

/// The events after `since` that a lens shows, at most `limit` of them; or a reset.
///
/// # Errors
/// A storage fault.
pub(super) fn replay<A: Actor>(
    ctx: &Ctx<'_>,
    lens: &Lens,
    since: i64,
    limit: usize,
) -> Result<Replay, Reject> {
    let head = ctx.seq();
    let reset = || {
        let frame = Reply::of(&ServerFrame::Reset { head, oldest: oldest(head) })?.0;
        Ok(Replay { frames: vec![frame], shown: 0, reset: true })
    };
    if since > head || head - since > REPLAY_MAX {
        return reset();
    }
    let (mut last, mut strip, mut frames) = (since, Strip::default(), Vec::new());
    while last < head && strip.shown < limit {
        let page = events::after(ctx.sql, last, REPLAY_FRAME_MAX)?;
        if page.is_empty() {
            return Err(Reject::internal(format!("event {} is missing", last + 1)));
        }
        let events: Result<Vec<_>, _> =
            page.into_iter().map(|(_, json)| RawValue::from_string(json)).collect();
        let events = events.map_err(|error| Reject::internal(error.to_string()))?;
        let mut seen = sight::judge::<A>(ctx, std::iter::once((0, lens)), &events)?;
        for (event, shown) in events.iter().zip(seen.remove(&0).unwrap_or_default()) {
            if strip.shown == limit {
                break;
            }
            last += 1;
            strip.push(last, event, shown);
        }
        if strip.bytes > REPLAY_BYTES_MAX {
            return reset();
        }
        if strip.is_long() {
            frames.extend(strip.take_frame());
        }
    }
    frames.extend(strip.take_frame());
    frames.push(Reply::of(&ServerFrame::ReplayDone { head })?.0);
    Ok(Replay { frames, shown: strip.shown, reset: false })
}

/// The oldest event that can be replayed.
#[must_use]
pub fn oldest(head: i64) -> i64 {
    (head - REPLAY_MAX + 1).max(1)
}
