//! One Durable Object: its storage, its engine while it is awake, and one turn of the event loop.
//!
//! A turn is what workerd commits at once: all that was written while no await was in between. It
//! is an outer savepoint here. A process that dies inside it takes everything of the turn along; a
//! panic takes only what the kernel's own transactions undo. Answers, frames and effects leave only
//! once the turn has committed (the output gate).

use super::disk::{Blow, Disk, Struck};
use super::machine::{self, Machine};
use super::random::Random;
use super::shelf::Storage;
use super::world::Request;
use actors::kernel::Turn;
use actors::kernel::engine::World as Outside;
use actors::kernel::presence::Parcel;
use schema::frame::Seat;
use schema::ids::ConnectionId;
use schema::{ActorKind, Millis, Reject};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Class and instance name.
pub type Name = (ActorKind, String);

/// Where a turn ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// As it should.
    Lives,
    /// Something strikes at an operation.
    Struck(Blow, u32),
    /// The process dies just before the commit.
    DiesBeforeCommit,
    /// The process dies just after the commit: nobody hears of it.
    DiesAfterCommit,
}

/// How a turn ended.
pub enum End<R> {
    /// Committed, and everybody may hear of it.
    Done(R, Turn),
    /// The object died or was reset. `struck` says whether the fate came true.
    Dead {
        /// Whether the process died, or only the code panicked.
        trap: bool,
        /// Whether what happened stayed.
        committed: bool,
    },
    /// The object did not wake.
    Asleep(Reject),
    /// The code panicked, and not because of a fault.
    Panicked(String),
}

/// What a turn runs on.
pub struct Stage<'a, 'b> {
    /// The engine.
    pub machine: &'a mut dyn Machine,
    /// The storage.
    pub disk: &'a Disk<'a>,
    /// Clock and random bits.
    pub outside: &'a mut Outside<'b>,
    /// What the turn has to tell.
    pub turn: &'a mut Turn,
}

impl Stage<'_, '_> {
    /// Runs the timers that are due.
    pub fn alarm(&mut self, skip: bool) {
        if skip {
            self.machine.skip_timer(self.disk, self.outside);
        }
        self.machine.alarm(self.disk, self.outside, self.turn);
    }
}

/// One object.
pub struct Object {
    /// Class and instance name.
    pub name: Name,
    /// Its storage.
    pub storage: Storage,
    machine: Option<Box<dyn Machine>>,
    /// Grows when the object dies: what was under way then comes back to nobody.
    pub life: u32,
    /// Requests that wait for the next turn.
    pub waiting: VecDeque<Request>,
    /// Whether that turn is on the agenda.
    pub called: bool,
    /// Whether the outbox is being drained.
    pub draining: bool,
    /// Whether it was asked for again meanwhile.
    pub drain_again: bool,
    /// The world lost this object's alarm.
    pub alarm_lost: bool,
    /// What the alarm on the agenda is set for.
    pub alarm_at: Option<Millis>,
    /// The number of the alarm on the agenda; those before it are void.
    pub alarm_ticket: u64,
    /// Whether that alarm goes off early.
    pub alarm_early: bool,
    /// When its alarm went off last, and how often at that very time.
    pub rang: (Millis, u32),
    /// Whether its alarm goes off right now.
    pub in_alarm: bool,
    /// Whether the handler of an alarm waits for the outbox: meanwhile no other goes off.
    pub ringing: bool,
    /// Whether the latest alarm ended in a panic, as the entry file remembers it.
    pub trapped: bool,
    /// What [`Object::has_changed`] saw last.
    checked: Option<((u64, u64), Option<Millis>, bool)>,
    /// What struck in the latest turn.
    struck: Option<Blow>,
    /// About how many operations a turn takes, and about how many a long one, so that faults strike
    /// everywhere.
    operations: (u32, u32),
}

impl Object {
    /// An object that was never called.
    #[must_use]
    pub fn new(name: Name, storage: Storage) -> Self {
        Self {
            name,
            storage,
            machine: None,
            life: 0,
            waiting: VecDeque::new(),
            called: false,
            draining: false,
            drain_again: false,
            alarm_lost: false,
            alarm_at: None,
            alarm_ticket: 0,
            alarm_early: false,
            rang: (0, 0),
            in_alarm: false,
            ringing: false,
            trapped: false,
            checked: None,
            struck: None,
            operations: (20, 40),
        }
    }

    /// Whether it is in memory.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.machine.is_some()
    }

    /// Drops it from memory; its sockets live on.
    pub fn evict(&mut self) {
        self.machine = None;
        self.trapped = false;
    }

    /// Its process dies: what was under way comes back to nobody.
    pub fn die(&mut self) {
        self.machine = None;
        self.life += 1;
        self.draining = false;
        self.trapped = false;
        self.ringing = false;
        self.alarm_at = None;
    }

    /// Whether anything was written, or the alarm set, since this was last asked.
    pub fn has_changed(&mut self) -> bool {
        let now = (self.storage.changes(), self.storage.alarm(), self.in_alarm);
        self.checked.replace(now) != Some(now)
    }

    /// Whether a statement of the latest turn failed by a fault.
    #[must_use]
    pub fn struck_quietly(&self) -> bool {
        self.struck == Some(Blow::Error)
    }

    /// Whether the latest turn ended in a panic.
    #[must_use]
    pub fn has_trapped(&self) -> bool {
        self.struck == Some(Blow::Trap)
    }

    /// An operation for a fault to strike at.
    #[must_use]
    pub fn somewhere(&self, random: &mut Random) -> u32 {
        let (usual, most) = self.operations;
        let within = if random.chance(500) { usual } else { most };
        random.below(u64::from(within) + 2) as u32
    }

    /// Runs one turn.
    pub fn turn<R>(
        &mut self,
        fate: Fate,
        outside: &mut Outside<'_>,
        seats: &[Seat],
        body: &mut dyn FnMut(&mut Stage<'_, '_>) -> R,
    ) -> End<R> {
        let alarm = self.storage.alarm();
        self.run("savepoint turn");
        let (blow, at) = match fate {
            Fate::Struck(blow, at) => (blow, Some(at)),
            _ => (Blow::Kill, None),
        };
        let (storage, awake) = (&self.storage, &mut self.machine);
        let disk = Disk::new(storage, at, blow);
        let mut turn = Turn::default();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let machine = match awake {
                Some(machine) => machine,
                None => {
                    let mut woken = machine::wake(self.name.0, &disk)?;
                    for seat in seats {
                        woken.remember(seat);
                    }
                    awake.insert(woken)
                }
            };
            let machine = machine.as_mut();
            let mut stage = Stage { machine, disk: &disk, outside, turn: &mut turn };
            Ok(body(&mut stage))
        }));
        let operations = disk.operations();
        self.struck = disk.struck().then_some(blow);
        match ran {
            Ok(Ok(value)) => {
                let (usual, most) = self.operations;
                let most = operations.max(most - most / 16);
                self.operations = ((usual * 3 + operations).div_ceil(4), most);
                self.commit(fate, alarm, value, turn)
            }
            Ok(Err(reject)) => {
                self.run("release turn");
                self.die();
                End::Asleep(reject)
            }
            Err(payload) => {
                let trap = match payload.downcast_ref::<Struck>() {
                    Some(Struck(blow)) => *blow != Blow::Kill,
                    None => return End::Panicked(self.panicked(payload.as_ref())),
                };
                if trap {
                    self.run("release turn");
                } else {
                    self.roll_back();
                    self.storage.arm(alarm);
                }
                self.die();
                End::Dead { trap, committed: false }
            }
        }
    }

    /// Whom what a turn tells is for, and who has too much unread.
    pub fn address(&mut self, turn: &Turn) -> (Vec<Parcel>, Vec<ConnectionId>) {
        let machine = self.machine.as_mut();
        machine.map(|machine| machine.address(turn)).unwrap_or_default()
    }

    fn commit<R>(&mut self, fate: Fate, alarm: Option<Millis>, value: R, turn: Turn) -> End<R> {
        match fate {
            Fate::DiesBeforeCommit => {
                self.roll_back();
                self.storage.arm(alarm);
                self.die();
                End::Dead { trap: false, committed: false }
            }
            Fate::DiesAfterCommit => {
                self.run("release turn");
                self.die();
                End::Dead { trap: false, committed: true }
            }
            Fate::Lives | Fate::Struck(..) => {
                self.run("release turn");
                End::Done(value, turn)
            }
        }
    }

    fn panicked(&mut self, payload: &(dyn std::any::Any + Send)) -> String {
        self.run("release turn");
        self.die();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
    }

    fn roll_back(&self) {
        self.run("rollback to turn");
        self.run("release turn");
    }

    fn run(&self, statement: &str) {
        let prepared = self.storage.connection().prepare_cached(statement);
        let done = prepared.and_then(|mut prepared| prepared.execute([]));
        done.expect("a turn opens and closes");
    }
}
