//! What an actor is: tables, and functions from a context and a command to a reply.

use super::context::{Ctx, Reply};
use super::effect::{Delivery, Effect, Outcome};
use super::migrate::Migration;
use super::sql::{Fault, Sql};
use super::store::outbox::Entry;
use super::store::timers::Timer;
use schema::frame::{AtTicket, Connect};
use schema::ids::TicketId;
use schema::summary::{Summary, Table};
use schema::view::Place;
use schema::{ActorKind, Millis, Permission, Principal, Reject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// What [`Actor::settle`] makes of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The entry is done with.
    Finished,
    /// It is to be tried again at this time.
    Again(Millis),
}

/// Who may sit in the room, and how the room greets them.
#[derive(Debug)]
pub struct Welcome {
    /// The principal that the connection acts as.
    pub principal: Principal,
    /// The agent, as the HTTP API shows it.
    pub agent: Box<RawValue>,
    /// Who alone may answer which ticket.
    pub claims: Vec<AtTicket>,
}

/// A class of actors.
pub trait Actor: 'static {
    /// Which one.
    const KIND: ActorKind;
    /// Its tables.
    const MIGRATIONS: &'static [Migration];
    /// Whether the object is one of very many that are each seldom asked. Its rows in D1 then wait
    /// for the first try of whatever else it wants, which may change them, and its alarm is put off
    /// once nothing waits for it: it would find nothing to do.
    const THRIFTY: bool = false;
    /// The bit (see [`Ctx::mark`]) that says whether callers are told what their requests cost.
    /// None for an actor that tells whenever the gateway asks, which the room allows it.
    const PRICE_MARK: Option<u32> = None;
    /// What it may be asked.
    type Command: DeserializeOwned + Serialize;

    /// Answers a command.
    ///
    /// # Errors
    /// The command's refusals; nothing stays of what the handler wrote.
    fn handle(ctx: &mut Ctx<'_>, command: Self::Command) -> Result<Reply, Reject>;

    /// Fills in what only this object knows of a caller, at the beginning of each step.
    ///
    /// # Errors
    /// `unauthorized` for a caller that is nobody.
    fn identify(_: &dyn Sql, caller: Principal, _now: Millis) -> Result<Principal, Reject> {
        Ok(caller)
    }

    /// Whether a command may come over a WebSocket; the others lean on what the gateway did before
    /// it asked.
    fn from_socket(_: &Self::Command) -> bool {
        true
    }

    /// Looks at a step that has appended events, at its end: see [`Ctx::appended`].
    ///
    /// # Errors
    /// A storage fault.
    fn appended(_ctx: &mut Ctx<'_>) -> Result<(), Reject> {
        Ok(())
    }

    /// The permission that the content of events of a type needs; none for a type that it does not
    /// know.
    #[must_use]
    fn audience(_kind: &str) -> Option<Permission> {
        Some(Permission::Read)
    }

    /// Where a ticket stands now.
    ///
    /// # Errors
    /// A storage fault.
    fn place(_ctx: &Ctx<'_>, _ticket: TicketId) -> Result<Option<Place>, Reject> {
        Ok(None)
    }

    /// Where an event itself says that its ticket stands, and stood before.
    #[must_use]
    fn places_told(_event: &RawValue) -> Vec<Place> {
        Vec::new()
    }

    /// Does what a timer was set for. The timer is already gone; an error brings it back, later.
    ///
    /// # Errors
    /// Whatever went wrong.
    fn timer(_ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        Err(Reject::internal(format!("no timer of kind {}", timer.kind)))
    }

    /// How often an outbox entry of a kind may reach the world.
    fn delivery(_kind: &str) -> Delivery {
        Delivery::AtLeastOnce
    }

    /// After how many failures the kernel gives up on an entry of a kind.
    fn attempts_max(_kind: &str) -> i64 {
        i64::MAX
    }

    /// Says what an outbox entry wants from the world, as of now.
    ///
    /// # Errors
    /// Whatever went wrong; the entry is tried again later.
    fn begin(_ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
        Err(Reject::internal(format!("no outbox entry of kind {}", entry.kind)))
    }

    /// Takes note of what came of an entry.
    ///
    /// # Errors
    /// Whatever went wrong; the entry is settled again later.
    fn settle(_ctx: &mut Ctx<'_>, _entry: &Entry, _: &Outcome) -> Result<Settled, Reject> {
        Ok(Settled::Finished)
    }

    /// What events after a number have asked for by [`Ctx::summarise_logged`]: the event and the id
    /// of the ticket, in order; the first [`LOGGED_MAX`](super::trail::LOGGED_MAX) of them.
    ///
    /// # Errors
    /// A storage fault.
    fn logged(_: &dyn Sql, _after: i64) -> Result<Vec<(i64, String)>, Fault> {
        Ok(Vec::new())
    }

    /// The D1 row of something this object owns, as of now; a deleted row where it is gone.
    ///
    /// # Errors
    /// A storage fault.
    fn summary(_ctx: &mut Ctx<'_>, _: Table, _id: &str) -> Result<Option<Summary>, Reject> {
        Ok(None)
    }

    /// Asks for every D1 row of this object to be written again.
    ///
    /// # Errors
    /// A storage fault.
    fn summarise_all(_ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
        Ok(0)
    }

    /// Refuses a caller that lacks a permission, by what this object itself knows.
    ///
    /// # Errors
    /// `unauthorized` or `forbidden`.
    fn authorise(ctx: &mut Ctx<'_>, permission: Permission) -> Result<(), Reject> {
        ctx.require(permission)
    }

    /// Lets somebody into the room.
    ///
    /// # Errors
    /// `unauthorized`, or `not_found` where the actor has no room.
    fn connect(_ctx: &mut Ctx<'_>, _: &Connect) -> Result<Welcome, Reject> {
        Err(Reject::not_found("room"))
    }
}
