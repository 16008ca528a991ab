//! Eight weeks of outreach, with a virtual clock: a fixed cast, and all that goes wrong outside.
//!
//! One workspace, four inboxes in different time zones that warm up from their first day, 2,000
//! prospects, three steps. Three inboxes write to a good list; the fourth has a bad one, of which
//! so many come back that it is paused again and again, until its admin resumes it. Every kind of
//! fault is on. Reading order: [`cast`] (who is asked to do what) → [`people`] (what those do who
//! are written to) → [`oracle`] (what must hold, by what the mail servers took) → [`table`] (what
//! came of it, week by week).

mod cast;
mod oracle;
mod people;
mod table;
#[cfg(test)]
mod tests;

pub use table::{Summary, Table, Week, describe, run_all};

use super::clock::{Clock, DAY_MS};
use super::faults::Faults;
use super::random::Random;
use super::world::{Happening, Violation, World};
use oracle::Watch;
use people::{Act, Person};
use schema::Millis;
use std::collections::BTreeMap;

/// How many weeks `npm run weeks` plays.
pub const WEEKS: i64 = 8;
/// How many inboxes there are.
pub const INBOXES: usize = 4;
/// How many prospects there are.
pub const PROSPECTS: usize = 2_000;

/// A week.
pub const WEEK_MS: Millis = 7 * DAY_MS;
/// The first Monday begins that long after the world.
const SET_UP_MS: Millis = 18 * DAY_MS / 24;
/// How long the world goes on once nothing goes wrong any more.
const PEACE_MS: Millis = DAY_MS;
/// No seed takes so many steps.
const STEPS_MAX: u64 = 20_000_000;

/// Sundays at 06:00 UTC: summer time begins or ends in the weeks after them, or a year does.
const STARTS: [Millis; 4] = [
    1_772_344_800_000, // 2026-03-01
    1_780_812_000_000, // 2026-06-07
    1_791_093_600_000, // 2026-10-04
    1_796_536_800_000, // 2026-12-06
];

/// What happens in this scenario alone.
#[derive(Debug)]
pub enum Event {
    /// The team goes on with what it sets up.
    SetUp,
    /// The next part of the lists is enrolled.
    Enrol(usize),
    /// A few hours have passed.
    Hours,
    /// The admin looks at the inboxes.
    Look,
    /// The admin resumes an inbox.
    Resume(usize),
    /// The admin found out what became of a mail of an inbox: whether it left.
    Resolve(usize, String, bool),
    /// Somebody does something about a mail that they got, or were to get.
    Act(Box<Act>),
}

/// What the scenario wants to know of an operation once it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// An inbox said how it is.
    Look(usize),
    /// An inbox was resumed.
    Resumed(usize),
    /// A mail did not leave, and its inbox was told so.
    NotSent(usize, String),
    /// Somebody was heard.
    Heard(usize, people::Kind),
}

/// The scenario of a seed.
#[derive(Debug)]
pub struct Weeks {
    /// How many weeks are played.
    weeks: i64,
    random: Random,
    stage: cast::Stage,
    /// When the first Monday begins.
    began_at: Millis,
    people: Vec<Person>,
    by_address: BTreeMap<String, usize>,
    by_prospect: BTreeMap<String, usize>,
    watches: Vec<Watch>,
    /// What came of it so far.
    table: Table,
}

/// What came of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was violated, if anything was.
    pub violation: Option<Violation>,
    /// What happened in each week.
    pub table: Table,
    /// How many turns ran.
    pub turns: u64,
    /// The hash of all that happened.
    pub hash: u64,
    /// How often each kind of fault struck.
    pub faults: Vec<u64>,
    /// The last lines of the trace.
    pub tail: Vec<String>,
}

/// Runs a seed for so many weeks; `aloud` prints its trace.
#[must_use]
pub fn run(seed: u64, weeks: i64, aloud: bool) -> Outcome {
    let mut world = World::new(seed, aloud);
    let mut random = Random::new(seed, 7);
    let start = *random.pick(&STARTS);
    world.clock = Clock::new(start);
    world.faults = Faults::all(seed);
    let faults = world.faults.describe();
    world.say(format_args!("seed {seed}, {weeks} weeks: {faults}"));
    cast::assemble(&mut world, weeks, random);
    pass(&mut world, start + SET_UP_MS + weeks * WEEK_MS);
    make_peace(&mut world);
    let tail = world.trace.last().map(str::to_owned).collect();
    Outcome {
        seed,
        violation: world.violation,
        table: world.weeks.map(|weeks| weeks.table).unwrap_or_default(),
        turns: world.turns,
        hash: world.trace.hash(),
        faults: world.faults.counts().to_vec(),
        tail,
    }
}

/// Nothing goes wrong any more: what is under way ends.
fn make_peace(world: &mut World) {
    if world.violation.is_some() {
        return;
    }
    world.say("peace");
    world.faults.stop();
    world.clock.settle();
    world.d1_down = 0;
    world.rearm_all();
    let names: Vec<_> = world.objects.keys().cloned().collect();
    for name in names {
        world.wake_up(&name);
    }
    pass(world, world.clock.world() + PEACE_MS);
    if world.violation.is_none() {
        world.check_outreach_places();
        world.check_weeks();
    }
}

fn pass(world: &mut World, until: Millis) {
    while world.violation.is_none() && world.next_at().is_some_and(|at| at <= until) {
        world.step();
        if world.steps() > STEPS_MAX {
            world.violate("17 everything becomes quiet", "it goes on and on");
        }
    }
    world.clock.advance(until);
}

impl Weeks {
    /// The week that a world time is in, from 0; none before the first and after the last.
    fn week(&self, at: Millis) -> Option<usize> {
        let week = (at - self.began_at).div_euclid(WEEK_MS);
        usize::try_from(week.max(0)).ok().filter(|_| week < self.weeks)
    }
}

impl World {
    /// Something of the scenario happens.
    pub(super) fn outside(&mut self, event: Event) {
        match event {
            Event::SetUp => cast::set_up(self),
            Event::Enrol(part) => cast::enrol(self, part),
            Event::Hours => cast::disturb(self),
            Event::Look => cast::look(self),
            Event::Resume(inbox) => cast::resume(self, inbox),
            Event::Resolve(inbox, send, left) => cast::resolve(self, inbox, &send, left),
            Event::Act(act) => people::act(self, &act),
        }
    }

    /// The scenario learns what became of an operation.
    pub(super) fn outside_learns(&mut self, told: &Told, reply: &serde_json::Value) {
        match told {
            Told::Look(inbox) => cast::looked(self, *inbox, reply),
            Told::Resumed(inbox) => cast::resumed(self, *inbox),
            Told::NotSent(inbox, send) => self.did_not_leave(*inbox, send),
            Told::Heard(person, kind) => self.was_heard(*person, *kind),
        }
    }

    fn soon(&mut self, wait: Millis, event: Event) {
        self.after(wait, Happening::Outside(event));
    }
}
