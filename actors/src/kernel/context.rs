//! What a handler gets: the time, the caller, its own storage, and the ways to leave a mark.
//!
//! A handler that returns an error has left none: its transaction is rolled back and what it wanted
//! to tell is dropped with it.

use super::drain::SUMMARY_RETRY_MS_MAX;
use super::sql::{Fault, Row, Sql, Value};
use super::store::{events, head, outbox, timers};
use litemap::LiteMap;
use schema::event::{By, NewEvent};
use schema::frame::{Seat, ServerFrame};
use schema::ids::{AgentId, SessionId, TicketId};
use schema::summary::{self, Table};
use schema::{Millis, Permission, Principal, Reject, Role};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::cell::Cell;
use uuid::Uuid;

/// How long after the commit the alarm looks for an outbox entry whose first try did not settle it.
pub const FIRST_RETRY_MS: Millis = 30_000;

/// The outbox kind of summaries.
pub const SUMMARY: &str = "summary";

/// Where random bits come from.
pub trait Entropy {
    /// 128 random bits.
    fn next(&mut self) -> u128;
}

/// A reply, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(pub Vec<u8>);

impl Reply {
    /// Encodes a reply.
    ///
    /// # Errors
    /// `internal` where the value is no JSON.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, Reject> {
        let json = serde_json::to_vec(value)
            .map_err(|error| Reject::internal(format!("reply: {error}")))?;
        Ok(Self(json))
    }
}

/// Storage that notices whether anything was written.
pub(super) struct Watched<'a> {
    inner: &'a dyn Sql,
    pub(super) wrote: Cell<bool>,
    added: Cell<bool>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(inner: &'a dyn Sql) -> Self {
        Self { inner, wrote: Cell::new(false), added: Cell::new(false) }
    }

    pub(super) fn wrote(&self) -> bool {
        self.wrote.get()
    }

    /// Whether there is anything new in a row, which may be a time; what only removes leaves none.
    pub(super) fn added(&self) -> bool {
        self.added.get()
    }
}

impl Sql for Watched<'_> {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        let words = statement.trim_start();
        if !words.starts_with("select") {
            self.wrote.set(true);
            self.added.set(self.added.get() || !words.starts_with("delete"));
        }
        self.inner.exec(statement, params)
    }

    fn set_alarm(&self, at: Millis) -> Result<(), Fault> {
        self.inner.set_alarm(at)
    }
}

/// Whose sockets are to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expelled {
    /// All of an agent's.
    Agent(AgentId),
    /// Those of one log-in.
    Session(SessionId),
}

/// Whom a frame is for that is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    /// Everybody.
    All,
    /// Those who may show a ticket.
    Ticket(TicketId),
    /// One agent, wherever they are connected.
    Agent(AgentId),
}

/// A frame that is no event. It may be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// Whom it is for.
    pub to: Ear,
    /// The frame, as JSON text.
    pub json: Vec<u8>,
}

/// What a step tells the outside once it has committed.
#[derive(Debug, Default)]
pub struct Told {
    /// The number of the first event that was appended.
    pub first: i64,
    /// The events that were appended.
    pub events: Vec<Box<RawValue>>,
    /// Which of them each lens shows.
    pub sights: LiteMap<u32, Vec<bool>>,
    /// Frames that are no events.
    pub casts: Vec<Cast>,
    /// Whose role is another from here on.
    pub regraded: Vec<(AgentId, Role)>,
    /// Connections as they are from here on, and the lens that each had.
    pub reseated: Vec<(Seat, u32)>,
    /// Whose sockets are to be closed.
    pub expelled: Vec<Expelled>,
    /// Whether the outbox has something new.
    pub outbox: bool,
    /// Whether the object is to forget everything.
    pub forgets: bool,
}

/// The context of one step.
pub struct Ctx<'a> {
    /// The time; never earlier than in any step before.
    pub now: Millis,
    /// This object's name.
    pub instance: &'a str,
    /// Who asks.
    pub principal: &'a Principal,
    /// The client's address on the Internet; empty where none is known.
    pub address: &'a str,
    /// This object's storage.
    pub sql: &'a dyn Sql,
    /// Whether anything was written to it in this step.
    pub(super) wrote: &'a Cell<bool>,
    pub(super) entropy: &'a mut dyn Entropy,
    pub(super) seq: i64,
    pub(super) told: Told,
    /// How many of the events in `told` the actor has looked back at.
    pub(super) reviewed: usize,
    pub(super) marks: i64,
    /// Whether a timer or an entry was added or moved.
    pub(super) rearm: bool,
    /// What the alarm was armed for before this step.
    pub(super) alarm: Option<Millis>,
    /// What the platform's alarm was set for that has gone off, so that none is armed any more.
    pub(super) fired: Option<Millis>,
    /// Whether this is the step of a timer.
    pub(super) in_timer: bool,
    /// Whether it asked for a D1 row by an event alone.
    pub(super) logged: bool,
    /// Whether the head is to be written for how far D1 knows the log.
    pub(super) notes: bool,
    /// Whether it is known that stored answers will be forgotten in time.
    pub(super) sweeps: bool,
}

impl Ctx<'_> {
    /// A new UUIDv7 of this time.
    pub fn uuid(&mut self) -> Uuid {
        let bits = self.entropy.next().to_be_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&bits[..10]);
        let millis = u64::try_from(self.now).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A random number below `bound`.
    pub fn random_below(&mut self, bound: i64) -> i64 {
        let bits = (self.entropy.next() >> 65) as i64;
        if bound < 1 { 0 } else { bits % bound }
    }

    /// The number of the last event.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// Whether this step has appended an event since [`Self::take_news`] was last asked.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        self.reviewed < self.told.events.len()
    }

    /// The events of this step since this was last asked, as JSON text: for what reacts to events,
    /// whoever appended them.
    pub fn take_news(&mut self) -> Vec<Box<RawValue>> {
        let from = std::mem::replace(&mut self.reviewed, self.told.events.len());
        self.told.events[from..].to_vec()
    }

    /// The events that this step has appended so far, as JSON text.
    #[must_use]
    pub fn appended(&self) -> &[Box<RawValue>] {
        &self.told.events
    }

    /// Whether one of the actor's bits is set; to ask costs nothing.
    #[must_use]
    pub const fn is_marked(&self, bit: u32) -> bool {
        self.marks >> bit & 1 == 1
    }

    /// Sets or clears one of the actor's bits (0 to 31), in a step that writes something.
    pub fn mark(&mut self, bit: u32, set: bool) {
        self.marks = self.marks & !(1 << bit) | i64::from(set) << bit;
    }

    /// The caller, as events name it.
    #[must_use]
    pub fn by(&self) -> By {
        self.principal.agent().map_or(By::System, |id| By::Agent { id })
    }

    /// Appends an event by the caller.
    ///
    /// # Errors
    /// A storage fault.
    pub fn event<T: Serialize>(
        &mut self,
        kind: &str,
        ticket: Option<TicketId>,
        data: &T,
    ) -> Result<i64, Reject> {
        let by = self.by();
        self.event_by(&by, kind, ticket, data)
    }

    /// Appends an event by somebody else than the caller.
    ///
    /// # Errors
    /// A storage fault.
    pub fn event_by<T: Serialize>(
        &mut self,
        by: &By,
        kind: &str,
        ticket_id: Option<TicketId>,
        data: &T,
    ) -> Result<i64, Reject> {
        self.append(by, kind, (ticket_id, ticket_id), data)
    }

    /// The same for what the log need not list under its ticket: the actor finds it there by its
    /// number, from a row that it writes anyway.
    ///
    /// # Errors
    /// A storage fault.
    pub fn event_unlisted<T: Serialize>(
        &mut self,
        by: &By,
        kind: &str,
        ticket_id: TicketId,
        data: &T,
    ) -> Result<i64, Reject> {
        self.append(by, kind, (Some(ticket_id), None), data)
    }

    fn append<T: Serialize>(
        &mut self,
        by: &By,
        kind: &str,
        (ticket_id, listed): (Option<TicketId>, Option<TicketId>),
        data: &T,
    ) -> Result<i64, Reject> {
        let seq = self.seq + 1;
        let event = NewEvent { seq, at: self.now, kind, by, ticket_id, data };
        let json = to_raw_value(&event)
            .map_err(|error| Reject::internal(format!("event {kind}: {error}")))?;
        events::insert(self.sql, seq, self.now, listed, json.get())?;
        self.seq = seq;
        self.told.events.push(json);
        Ok(seq)
    }

    /// Sets a timer, or moves it. What a timer sets comes with a later alarm, however early it is
    /// due: who has much to do does it piece by piece, and calls get their turn in between.
    ///
    /// # Errors
    /// A storage fault.
    pub fn set_timer(
        &mut self,
        kind: &str,
        key: &str,
        due: Millis,
        body: &[u8],
    ) -> Result<(), Fault> {
        self.rearm = true;
        let due = if self.in_timer { due.max(self.now + 1) } else { due };
        timers::set(self.sql, kind, key, due, body)
    }

    /// Cancels a timer, if it is there.
    ///
    /// # Errors
    /// A storage fault.
    pub fn cancel_timer(&mut self, kind: &str, key: &str) -> Result<(), Fault> {
        timers::cancel(self.sql, kind, key)
    }

    /// Has the object forget everything, its name too, once this step ends; the step leaves nothing
    /// else. From then on the object costs nothing, and who calls it finds it new. For the step of
    /// a timer; false where the object has something else to do, or gave something up.
    ///
    /// # Errors
    /// A storage fault.
    pub fn forget(&mut self) -> Result<bool, Fault> {
        self.told.forgets =
            self.in_timer && head::due(self.sql)?.is_none() && outbox::dead(self.sql)?.is_empty();
        Ok(self.told.forgets)
    }

    /// Asks for something outside. It is tried right after the commit, and then until it is
    /// settled; asked for again while it waits, it is done once, with the newer body, and where it
    /// has failed no sooner for that.
    ///
    /// # Errors
    /// A storage fault.
    pub fn outbox(&mut self, kind: &str, key: &str, body: &[u8]) -> Result<(), Fault> {
        self.push(kind, key, body).map(drop)
    }

    fn push(&mut self, kind: &str, key: &str, body: &[u8]) -> Result<Millis, Fault> {
        self.rearm = true;
        self.told.outbox = true;
        let version = 1 + self.random_below(1 << 50);
        outbox::push(self.sql, (kind, key), version, self.now + FIRST_RETRY_MS, body)
    }

    /// Asks for the D1 row of something to be brought up to date. One that D1 refused, and that
    /// waits for hours, is another now: it comes as soon as if D1 had been away.
    ///
    /// # Errors
    /// A storage fault.
    pub fn summarise(&mut self, table: Table, id: &str) -> Result<(), Fault> {
        let key = format!("{}/{id}", summary::table_name(table));
        self.summarise_key(&key)
    }

    pub(super) fn summarise_key(&mut self, key: &str) -> Result<(), Fault> {
        let soon = self.now + SUMMARY_RETRY_MS_MAX;
        if soon < self.push(SUMMARY, key, &[])? {
            outbox::hasten(self.sql, SUMMARY, key, soon)?;
        }
        Ok(())
    }

    /// The same for what an event of this step says ([`super::Actor::logged`]): the log is what is
    /// waiting then, and no entry is written unless D1 fails.
    pub const fn summarise_logged(&mut self) {
        self.rearm = true;
        self.told.outbox = true;
        self.logged = true;
    }

    /// Sends a frame to some sockets once this step has committed. It may be lost.
    ///
    /// # Errors
    /// `internal` where the frame is no JSON.
    pub fn cast(&mut self, to: Ear, frame: &ServerFrame<'_>) -> Result<(), Reject> {
        self.told.casts.push(Cast { to, json: Reply::of(frame)?.0 });
        Ok(())
    }

    /// Gives an agent's sockets another role with this step.
    pub fn regrade(&mut self, agent: AgentId, role: Role) {
        self.told.regraded.push((agent, role));
    }

    /// Closes sockets once this step has committed.
    pub fn expel(&mut self, whose: Expelled) {
        self.told.expelled.push(whose);
    }

    /// Refuses a caller that, as proven by the gateway, lacks a permission.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require(&self, permission: Permission) -> Result<(), Reject> {
        if self.principal.may(permission) {
            return Ok(());
        }
        Err(Reject::forbidden(
            format!("this needs the permission to {permission:?}").to_lowercase(),
        ))
    }

    /// Refuses everybody but Postroom itself.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require_system(&self) -> Result<(), Reject> {
        match self.principal.caller {
            schema::Caller::System => Ok(()),
            _ => Err(Reject::forbidden("this is for Postroom itself")),
        }
    }
}
