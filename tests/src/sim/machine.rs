//! An engine whose actor's type is forgotten, so that all five fit into one world.

use actors::kernel::engine::World as Outside;
use actors::kernel::presence::Parcel;
use actors::kernel::sockets::{Heard, Incoming, Joined};
use actors::kernel::{Actor, Effect, Engine, Entry, Home, Outcome, Turn};
use schema::frame::{Connect, Seat};
use schema::ids::ConnectionId;
use schema::{ActorKind, Answer, Reject};

/// The engine of some actor.
pub trait Machine {
    /// See [`Engine::call`].
    fn call(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        bytes: &[u8],
        turn: &mut Turn,
    ) -> Answer;
    /// See [`Engine::alarm`].
    fn alarm(&mut self, home: &dyn Home, outside: &mut Outside<'_>, turn: &mut Turn);
    /// See [`Engine::skip_timer`].
    fn skip_timer(&mut self, home: &dyn Home, outside: &mut Outside<'_>);
    /// See [`Engine::begin`].
    fn begin(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        turn: &mut Turn,
    ) -> Vec<(Entry, Effect)>;
    /// See [`Engine::settle`].
    fn settle(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        turn: &mut Turn,
        settled: (&Entry, &Outcome),
    );
    /// See [`Engine::join`].
    ///
    /// # Errors
    /// The room's refusal.
    fn join(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        connect: &Connect,
        turn: &mut Turn,
    ) -> Result<Joined, Reject>;
    /// See [`Engine::leave`].
    fn leave(&mut self, seat: &Seat, turn: &mut Turn);
    /// See [`Engine::hear`].
    fn hear(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        heard: (&Seat, Incoming<'_>),
        turn: &mut Turn,
    ) -> Heard;
    /// Notes a connection that outlived an eviction.
    fn remember(&mut self, seat: &Seat);
    /// See [`Presence::address`].
    ///
    /// [`Presence::address`]: actors::kernel::presence::Presence::address
    fn address(&mut self, turn: &Turn) -> (Vec<Parcel>, Vec<ConnectionId>);
}

impl<A: Actor> Machine for Engine<A> {
    fn call(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        bytes: &[u8],
        turn: &mut Turn,
    ) -> Answer {
        Self::call(self, home, outside, bytes, turn)
    }

    fn alarm(&mut self, home: &dyn Home, outside: &mut Outside<'_>, turn: &mut Turn) {
        Self::alarm(self, home, outside, turn);
    }

    fn skip_timer(&mut self, home: &dyn Home, outside: &mut Outside<'_>) {
        Self::skip_timer(self, home, outside);
    }

    fn begin(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        turn: &mut Turn,
    ) -> Vec<(Entry, Effect)> {
        Self::begin(self, home, outside, turn)
    }

    fn settle(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        turn: &mut Turn,
        (entry, outcome): (&Entry, &Outcome),
    ) {
        Self::settle(self, home, outside, turn, entry, outcome);
    }

    fn join(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        connect: &Connect,
        turn: &mut Turn,
    ) -> Result<Joined, Reject> {
        Self::join(self, home, outside, connect, turn)
    }

    fn leave(&mut self, seat: &Seat, turn: &mut Turn) {
        Self::leave(self, seat, turn);
    }

    fn hear(
        &mut self,
        home: &dyn Home,
        outside: &mut Outside<'_>,
        (seat, frame): (&Seat, Incoming<'_>),
        turn: &mut Turn,
    ) -> Heard {
        Self::hear(self, home, outside, seat, frame, turn)
    }

    fn remember(&mut self, seat: &Seat) {
        self.presence.add(seat);
    }

    fn address(&mut self, turn: &Turn) -> (Vec<Parcel>, Vec<ConnectionId>) {
        self.presence.address(turn)
    }
}

fn of<A: Actor>(home: &dyn Home) -> Result<Box<dyn Machine>, Reject> {
    Ok(Box::new(Engine::<A>::wake(home)?))
}

/// Wakes an object of a class.
///
/// # Errors
/// `internal` where its tables cannot be brought up to date.
pub fn wake(kind: ActorKind, home: &dyn Home) -> Result<Box<dyn Machine>, Reject> {
    match kind {
        ActorKind::WorkspaceRoom => of::<actors::workspace_room::Core>(home),
        ActorKind::InboxState => of::<actors::inbox_state::Core>(home),
        ActorKind::WarmupCounter => of::<actors::warmup_counter::Core>(home),
        ActorKind::RateLimiter => of::<actors::rate_limiter::Core>(home),
        ActorKind::ProspectDedup => of::<actors::prospect_dedup::Core>(home),
    }
}
