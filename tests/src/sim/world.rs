//! The world: everything there is, and the agenda of what happens next.
//!
//! One thread, one agenda ordered by world time and by the order of asking. Each step takes the
//! first thing off the agenda and does it; everything random comes from the seed.

use super::check::Checks;
use super::clients::Clients;
use super::clock::Clock;
use super::d1::D1;
use super::faults::Faults;
use super::mailboxes::{Lying, UnderWay};
use super::object::{Name, Object};
use super::plan::Plan;
use super::post::Post;
use super::random::Random;
use super::shelf::{Shelf, Storage};
use super::sockets::{ConnId, SocketId, Sockets};
use super::trace::Trace;
use super::weeks::{Event, Weeks};
use actors::kernel::{Entry, Outcome};
use schema::frame::Connect;
use schema::summary::Summary;
use schema::{ActorKind, Answer, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// An operation of a client; an index into [`Clients`].
pub type OpId = usize;

/// Who waits for the answer to a request.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A client.
    Client(OpId),
    /// An entry of a round of an outbox.
    Entry(u64, usize),
    /// A queue, which delivers until it is answered.
    Queue(OpId),
    /// Nobody.
    Nobody,
}

/// What a request wants.
#[derive(Debug, Clone)]
pub enum Ask {
    /// An envelope is to be answered.
    Call(Vec<u8>),
    /// A client wants a socket.
    Join(SocketId, Box<Connect>),
    /// A client sent a frame over its socket.
    Hear(ConnId, String),
    /// A socket has ended.
    Leave(ConnId),
}

/// Something for an object.
#[derive(Debug, Clone)]
pub struct Request {
    /// For whom.
    pub to: Name,
    /// What.
    pub ask: Ask,
    /// Who waits.
    pub origin: Origin,
    /// The wall time after which it must not arrive: its key would be forgotten.
    pub until: Millis,
}

/// Something on the agenda.
#[derive(Debug)]
pub enum Happening {
    /// A request arrives.
    Arrive(Box<Request>),
    /// What waits at an object is done, in one turn.
    Turn(Name),
    /// An alarm may go off, unless it was set anew since.
    Alarm(Name, u64),
    /// An object's outbox is drained, unless it died since.
    Drain(Name, u32),
    /// The outcome of an entry of a round comes back.
    Outcome(u64, usize, Box<Outcome>),
    /// D1 gets rows; each with the entry of a round that waits for it, if any does.
    D1(Vec<(Option<(u64, usize)>, Summary)>),
    /// A client gets an answer.
    Answered(OpId, Box<Answer>),
    /// A client or queue has waited long enough for its try of this number.
    Impatient(OpId, u32),
    /// The plan's next command.
    Plan,
    /// A client connects its socket again.
    Connect(SocketId),
    /// The watchdog wakes every object.
    Watchdog,
    /// A clock that stood still goes on.
    Thaw,
    /// A clock that went wrong is put right by this much.
    Correct(Millis),
    /// Something of the weeks of outreach.
    Outside(Event),
}

/// Entries of an object's outbox that are under way together, and are settled together.
#[derive(Debug)]
pub struct Round {
    /// Whose.
    pub name: Name,
    /// In which of its lives.
    pub life: u32,
    /// The entries, and what came of them.
    pub entries: Vec<(Entry, Option<Outcome>)>,
}

/// What was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant's short name.
    pub invariant: &'static str,
    /// What was found.
    pub text: String,
}

/// The world of one seed.
pub struct World {
    /// The seed.
    pub seed: u64,
    /// Time.
    pub clock: Clock,
    /// What goes wrong.
    pub faults: Faults,
    /// The stream of delays.
    pub random: Random,
    /// The stream that objects draw ids from.
    pub entropy: Random,
    /// What happened.
    pub trace: Trace,
    /// The objects.
    pub objects: BTreeMap<Name, Object>,
    /// Those of many objects that have a place.
    pub shelf: Shelf,
    /// D1.
    pub d1: D1,
    /// Until when D1 is down, in world time.
    pub d1_down: Millis,
    /// The mail servers.
    pub post: Post,
    /// The links to opt out of mails that left.
    pub links: std::collections::BTreeSet<String>,
    /// How many requests the receiver has got that goes away.
    pub posts_to_gone: u32,
    /// The mails that lie in the mailboxes of inboxes.
    pub mailboxes: BTreeMap<Name, Vec<Lying>>,
    /// The readings of mailboxes that wait for something.
    pub readings: BTreeMap<u64, UnderWay>,
    /// The weeks of outreach, where it is them that are played.
    pub weeks: Option<Box<Weeks>>,
    /// The clients.
    pub clients: Clients,
    /// The sockets.
    pub sockets: Sockets,
    /// What is to be asked.
    pub plan: Plan,
    /// What has been seen, and must hold.
    pub checks: Checks,
    /// The first thing that was violated.
    pub violation: Option<Violation>,
    /// Which rare things were reached, by name.
    pub marks: BTreeMap<&'static str, u64>,
    /// What was asked and done: kinds of objects, and the names of commands.
    pub done: BTreeSet<(ActorKind, String)>,
    /// How many events of each type were told.
    pub told: BTreeMap<String, u64>,
    /// How many steps of objects ran.
    pub turns: u64,
    /// How many envelopes and frames were answered.
    pub commands: u64,
    /// The rounds of outboxes that are under way.
    pub rounds: BTreeMap<u64, Round>,
    agenda: BTreeMap<(Millis, u64), Happening>,
    asked: u64,
}

impl World {
    /// The world of a seed, before anything happened.
    #[must_use]
    pub fn new(seed: u64, aloud: bool) -> Self {
        let mut plan = Plan::new(seed);
        Self {
            seed,
            clock: Clock::new(plan.start()),
            faults: Faults::draw(seed),
            random: Random::new(seed, 2),
            entropy: Random::new(seed, 3),
            trace: Trace::new(aloud),
            objects: BTreeMap::new(),
            shelf: Shelf::new(),
            d1: D1::new(),
            d1_down: 0,
            post: Post::default(),
            links: std::collections::BTreeSet::new(),
            posts_to_gone: 0,
            mailboxes: BTreeMap::new(),
            readings: BTreeMap::new(),
            weeks: None,
            clients: Clients::default(),
            sockets: Sockets::default(),
            plan,
            checks: Checks::default(),
            violation: None,
            marks: BTreeMap::new(),
            done: BTreeSet::new(),
            told: BTreeMap::new(),
            turns: 0,
            commands: 0,
            rounds: BTreeMap::new(),
            agenda: BTreeMap::new(),
            asked: 0,
        }
    }

    /// Puts something on the agenda, `wait` from now.
    pub fn after(&mut self, wait: Millis, happening: Happening) {
        self.at(self.clock.world() + wait, happening);
    }

    /// Puts something on the agenda, at a world time.
    pub fn at(&mut self, at: Millis, happening: Happening) {
        self.asked += 1;
        self.agenda.insert((at.max(self.clock.world()), self.asked), happening);
    }

    /// A number that was not used before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// How many things were put on the agenda.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.asked
    }

    /// When the next thing happens.
    #[must_use]
    pub fn next_at(&self) -> Option<Millis> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Does the next thing; false where there is none.
    pub fn step(&mut self) -> bool {
        let Some(((at, _), happening)) = self.agenda.pop_first() else { return false };
        self.clock.advance(at);
        match happening {
            Happening::Arrive(request) => self.arrive(*request),
            Happening::Turn(name) => self.serve(&name),
            Happening::Alarm(name, ticket) => self.ring(&name, ticket),
            Happening::Drain(name, life) => self.drain(&name, life),
            Happening::Outcome(round, index, outcome) => self.came_back(round, index, *outcome),
            Happening::D1(rows) => self.write_d1(rows),
            Happening::Answered(op, answer) => self.answered(op, *answer),
            Happening::Impatient(op, tries) => self.impatient(op, tries),
            Happening::Plan => self.plan_next(),
            Happening::Connect(socket) => self.connect(socket),
            Happening::Watchdog => self.watch(),
            Happening::Thaw => {
                self.clock.thaw();
                self.rearm_all();
            }
            Happening::Correct(by) => {
                self.clock.jump(by);
                self.rearm_all();
            }
            Happening::Outside(event) => self.outside(event),
        }
        true
    }

    /// Notes a violation; the first one counts.
    pub fn violate(&mut self, invariant: &'static str, text: impl Into<String>) {
        if self.violation.is_none() {
            let violation = Violation { invariant, text: text.into() };
            self.trace.line(format!("VIOLATED {}: {}", violation.invariant, violation.text));
            self.violation = Some(violation);
        }
    }

    /// Notes that something rare was reached.
    pub fn mark(&mut self, what: &'static str) {
        *self.marks.entry(what).or_default() += 1;
    }

    /// Writes a line of the trace.
    pub fn say(&mut self, line: impl std::fmt::Display) {
        let wall = self.clock.wall();
        self.trace.line(format!("{}.{:03} {line}", wall / 1000, wall % 1000));
    }

    /// The object of this name; made where it is new.
    pub fn object(&mut self, name: &Name) -> &mut Object {
        let is_shelved = self.is_shelved(name);
        let storage = || if is_shelved { Storage::shelved() } else { Storage::own() };
        let new = || Object::new(name.clone(), storage());
        self.objects.entry(name.clone()).or_insert_with(new)
    }
}

/// A name, short enough for a line.
#[must_use]
pub fn short(name: &Name) -> String {
    let tail: String = name.1.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{:?}/…{tail}", name.0)
}
