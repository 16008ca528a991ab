//! What one turn of an object has to tell, collected over its steps.
//!
//! A turn runs whatever waits, one step after the other, and shares one commit. What the steps tell
//! is put together here, in their order; [`presence`](super::presence) makes frames of it.

use super::context::{Cast, Expelled, Told};
use super::presence::Move;
use litemap::LiteMap;
use schema::frame::Seat;
use schema::ids::ConnectionId;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What a turn gives to the shell.
#[derive(Debug, Default)]
pub struct Turn {
    /// The number of the first event that was committed.
    pub first: i64,
    /// The events that were committed, in order.
    pub events: Vec<Box<RawValue>>,
    /// Which of them each lens shows: from the event at an index on.
    pub(super) sights: LiteMap<u32, (usize, Vec<bool>)>,
    /// Connections whose lens is another from some event on.
    pub(super) moves: Vec<Move>,
    /// What is to be attached anew to a socket.
    pub seats: BTreeMap<ConnectionId, Seat>,
    /// Further frames.
    pub casts: Vec<Cast>,
    /// Whose sockets are to be closed.
    pub expelled: Vec<Expelled>,
    /// Whether the outbox should be drained.
    pub drain: bool,
    /// Whether the outbox may have more that is ready than was begun.
    pub full: bool,
    /// Whether storage took no note of something that came of the outbox: it is drained again, and
    /// not at once.
    pub stuck: bool,
    /// Whether storage armed no alarm for what is due: the shell is to try.
    pub unarmed: bool,
    /// How many commands were taken so far; who asked too much takes no place of others.
    pub(super) taken: usize,
}

impl Turn {
    /// Adds what a step has to tell.
    pub(super) fn tell(&mut self, told: Told) {
        if self.events.is_empty() {
            self.first = told.first;
        }
        let at = self.events.len();
        for (seat, from) in told.reseated {
            self.reseat(seat, from, at);
        }
        for (lens, shown) in told.sights {
            self.sights.entry(lens).or_insert((at, Vec::new())).1.extend(shown);
        }
        self.events.extend(told.events);
        self.casts.extend(told.casts);
        self.expelled.extend(told.expelled);
        self.drain |= told.outbox;
    }

    /// Notes that a connection is another from the event at an index on, and the lens it had.
    pub(super) fn reseat(&mut self, seat: Seat, from: u32, at: usize) {
        self.moves.push(Move { connection: seat.connection, from, at });
        self.seats.insert(seat.connection, seat);
    }

    /// Whether a lens shows an event; none where it came into use after that.
    pub(super) fn shows(&self, lens: u32, index: usize) -> Option<bool> {
        let (from, shown) = self.sights.get(&lens)?;
        shown.get(index.checked_sub(*from)?).copied()
    }
}
