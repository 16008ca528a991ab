//! A bench for one actor: its core over SQLite in memory, with a clock, random bits and a world
//! that the test plays.
//!
//! It does what the Durable Object home does, step by step, so that a test can stop between any
//! two.

use super::actor::Actor;
use super::context::{Ctx, Entropy};
use super::effect::{Effect, Outcome};
use super::engine::{Engine, World};
use super::migrate::migrate;
use super::native::Native;
use super::sql::Home;
use super::store::migrations;
use super::store::outbox::Entry;
use super::turn::Turn;
use schema::envelope::{Envelope, KernelCommand};
use schema::ids::{AgentId, SessionId, WorkspaceId};
use schema::summary::{Summary, Table};
use schema::{Answer, Caller, Millis, Principal, Reject, Role};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// When a bench's clock starts: Monday, 2026-11-02, 12:00 UTC.
pub const START_MS: Millis = 1_793_620_800_000;
/// The workspace of a bench.
pub const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x11));

/// Bits that look random and are the same in every run.
#[derive(Debug, Clone)]
pub struct Seeded(pub u64);

impl Entropy for Seeded {
    fn next(&mut self) -> u128 {
        (u128::from(self.half()) << 64) | u128::from(self.half())
    }
}

impl Seeded {
    /// 64 of them (splitmix64).
    pub fn half(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.half() % bound.max(1)
    }

    /// An index into something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }
}

/// Postroom itself, in the bench's workspace.
#[must_use]
pub const fn system() -> Principal {
    Principal::system(WORKSPACE)
}

/// An agent of the bench's workspace; the same number is the same agent.
#[must_use]
pub const fn agent(number: u128, role: Role) -> Principal {
    Principal {
        workspace: WORKSPACE,
        caller: Caller::Agent {
            agent: AgentId(Uuid::from_u128(0xa0_0000 + number)),
            session: SessionId(Uuid::from_u128(0x5e_0000 + number)),
            epoch: 1,
            role,
        },
    }
}

/// One object on the bench.
pub struct Bench<A: Actor> {
    /// Its storage.
    pub home: Native,
    /// Its engine.
    pub engine: Engine<A>,
    /// The clock; the test moves it.
    pub now: Millis,
    /// Its random bits.
    pub entropy: Seeded,
    /// Its name.
    pub instance: String,
    /// What it told since the test last looked.
    pub turn: Turn,
    /// The rows that D1 would have, by table and id.
    pub rows: BTreeMap<(Table, String), Summary>,
}

impl<A: Actor> Bench<A> {
    /// A new object of a name.
    #[must_use]
    pub fn new(instance: impl Into<String>) -> Self {
        Self::over(Native::open().expect("SQLite in memory"), instance)
    }

    /// A new object of a name that has its tables, although it keeps nothing yet.
    ///
    /// # Panics
    /// Where the migrations do not run.
    #[must_use]
    pub fn founded(instance: impl Into<String>) -> Self {
        let home = Native::open().expect("SQLite in memory");
        let founded = home.transaction(&mut |sql| Ok(migrate(sql, A::MIGRATIONS)?));
        founded.expect("the migrations run");
        Self::over(home, instance)
    }

    /// An object of a name over storage that is there.
    #[must_use]
    pub fn over(home: Native, instance: impl Into<String>) -> Self {
        let engine = Engine::wake(&home).expect("the migrations run");
        Self {
            home,
            engine,
            now: START_MS,
            entropy: Seeded(1),
            instance: instance.into(),
            turn: Turn::default(),
            rows: BTreeMap::new(),
        }
    }

    /// Asks for something; the reply is JSON.
    ///
    /// # Errors
    /// The refusal.
    pub fn call(
        &mut self,
        principal: &Principal,
        key: Option<&str>,
        command: &A::Command,
    ) -> Result<Value, Reject> {
        self.ask(principal, key, command)
    }

    /// Asks for something; the reply is of the type that the command promises.
    ///
    /// # Errors
    /// The refusal.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        principal: &Principal,
        key: Option<&str>,
        command: &A::Command,
    ) -> Result<T, Reject> {
        let key = key.map(str::to_owned);
        let envelope = Envelope::new(&*self.instance, principal.clone(), key, command);
        self.answer(&envelope.encode()).reply()
    }

    /// Asks for what every actor understands.
    ///
    /// # Errors
    /// The refusal.
    pub fn kernel(
        &mut self,
        principal: &Principal,
        command: &KernelCommand,
    ) -> Result<Value, Reject> {
        let bytes = Envelope::kernel(&*self.instance, principal.clone(), command).encode();
        self.answer(&bytes).reply()
    }

    /// Hands in an envelope.
    pub fn answer(&mut self, envelope: &[u8]) -> Answer {
        let mut world = World { now: self.now, entropy: &mut self.entropy };
        self.engine.call(&self.home, &mut world, envelope, &mut self.turn)
    }

    /// Takes a call that lies in another object's outbox.
    pub fn take_call(&mut self, key: &str, command: &[u8]) -> Outcome {
        let key = Some(key.to_owned());
        let mut envelope = Envelope::new(&*self.instance, system(), key, &());
        envelope.command = command.to_vec();
        self.answer(&envelope.encode()).into()
    }

    /// Takes what is ready out of the outbox, and begins it.
    pub fn begin(&mut self) -> Vec<(Entry, Effect)> {
        let mut world = World { now: self.now, entropy: &mut self.entropy };
        self.engine.begin(&self.home, &mut world, &mut self.turn)
    }

    /// Says what came of an entry.
    pub fn settle(&mut self, entry: &Entry, outcome: &Outcome) {
        self.is_noted(entry, outcome);
    }

    /// The same; `false` where storage takes no note of it.
    pub fn is_noted(&mut self, entry: &Entry, outcome: &Outcome) -> bool {
        let mut world = World { now: self.now, entropy: &mut self.entropy };
        self.turn.stuck = false;
        self.engine.settle(&self.home, &mut world, &mut self.turn, entry, outcome);
        !self.turn.stuck
    }

    /// Runs the outbox until nothing is ready, the test playing the world; rows for D1 are kept in
    /// `rows`. Tells how many effects the world saw.
    pub fn drain(&mut self, mut world: impl FnMut(&Entry, &Effect) -> Outcome) -> usize {
        let mut seen = 0;
        for _ in 0..10_000 {
            let begun = self.begin();
            if begun.is_empty() {
                return seen;
            }
            for (entry, effect) in begun {
                let outcome = if let Effect::Summary(row) = &effect {
                    self.keep(row.clone());
                    Outcome::Done(Vec::new())
                } else {
                    seen += 1;
                    world(&entry, &effect)
                };
                self.settle(&entry, &outcome);
            }
        }
        panic!("the outbox never empties");
    }

    /// Moves the clock to the alarm, if one is armed and later, and fires it. Tells whether one
    /// was.
    pub fn fire_alarm(&mut self) -> bool {
        let Some(at) = self.home.alarm() else { return false };
        self.now = self.now.max(at);
        self.alarm();
        true
    }

    /// Runs what is due, and what that carries on with at once.
    pub fn alarm(&mut self) {
        loop {
            let before = self.timers();
            self.run_timers();
            let after = self.timers();
            let soon = after.iter().any(|(due, _)| *due == self.now + 1);
            if before == after || !soon {
                return;
            }
            self.now += 1;
        }
    }

    /// Fires the alarm once, a moment later, and leaves what carries on for the next.
    pub fn alarm_once(&mut self) {
        self.now += 1;
        self.run_timers();
    }

    fn run_timers(&mut self) {
        self.home.ring(self.home.alarm());
        let mut world = World { now: self.now, entropy: &mut self.entropy };
        self.engine.alarm(&self.home, &mut world, &mut self.turn);
    }

    fn timers(&self) -> Vec<(Millis, String)> {
        if self.has_forgotten() {
            return Vec::new();
        }
        let sql = "select due, kind || key from timers order by due, kind, key";
        let mut statement = self.home.connection().prepare(sql).expect("there is the table");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// Ends the object and wakes it again: only its storage stays.
    pub fn restart(&mut self) {
        self.engine = Engine::wake(&self.home).expect("the migrations run");
    }

    /// Whether the object keeps nothing: it was never asked for anything, or has forgotten it.
    #[must_use]
    pub fn has_forgotten(&self) -> bool {
        !migrations::exist(&self.home).expect("a table can be looked for")
    }

    /// How many rows a table of the object has: none where the object has no tables yet.
    #[must_use]
    pub fn count(&self, table: &str) -> i64 {
        if self.has_forgotten() {
            return 0;
        }
        let sql = format!("select count(*) from {table}");
        let count = self.home.connection().query_row(&sql, [], |row| row.get(0));
        count.expect("there is such a table")
    }

    /// What the object itself finds when it looks; what it writes stays.
    ///
    /// # Panics
    /// Where it finds nothing because of a fault or refusal: in a test, that is the failure.
    pub fn look<T>(&mut self, mut body: impl FnMut(&mut Ctx<'_>) -> Result<T, Reject>) -> T {
        let mut world = World { now: self.now, entropy: &mut self.entropy };
        let seen = self.engine.step(&self.home, &mut world, None, &mut body);
        seen.expect("the object can look").0
    }

    fn keep(&mut self, row: Summary) {
        let key = (row.table, row.id.clone());
        let newer = self.rows.get(&key).is_none_or(|kept| kept.version < row.version);
        if newer {
            self.rows.insert(key, row);
        }
    }
}
