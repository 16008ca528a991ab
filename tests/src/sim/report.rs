//! Many seeds: on as many threads as there are cores, summed up for a person.

use super::faults;
use super::run::{Outcome, run};
use schema::ActorKind;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many ran.
    pub seeds: u64,
    /// How many envelopes, frames and upgrades were served.
    pub commands: u64,
    /// How many turns ran.
    pub turns: u64,
    /// How often each kind of fault struck.
    pub faults: Vec<u64>,
    /// Which rare things were reached.
    pub marks: BTreeMap<&'static str, u64>,
    /// What was asked and done: kinds of objects, and the names of commands.
    pub done: BTreeSet<(ActorKind, String)>,
    /// How many events of each type were told.
    pub told: BTreeMap<String, u64>,
    /// The seeds that failed.
    pub failed: Vec<Outcome>,
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.commands += outcome.commands;
        self.turns += outcome.turns;
        faults::add(&mut self.faults, &outcome.faults);
        for (mark, count) in &outcome.marks {
            *self.marks.entry(mark).or_default() += count;
        }
        self.done.extend(outcome.done.iter().cloned());
        for (kind, count) in &outcome.told {
            *self.told.entry(kind.clone()).or_default() += count;
        }
        if outcome.violation.is_some() {
            self.failed.push(outcome);
        }
    }

    /// The kinds of faults that never struck.
    #[must_use]
    pub fn silent(&self) -> Vec<&'static str> {
        let counts = faults::ALL.iter().zip(&self.faults);
        counts.filter(|(_, count)| **count == 0).map(|(fault, _)| fault.text()).collect()
    }

    /// The tables of faults, marks and events.
    #[must_use]
    pub fn tables(&self) -> String {
        let mut text = faults::table(&self.faults);
        text.push_str("marks:\n");
        for (mark, count) in &self.marks {
            text.push_str(&format!("  {count:>9}  {mark}\n"));
        }
        text.push_str("events:\n");
        for (kind, count) in &self.told {
            text.push_str(&format!("  {count:>9}  {kind}\n"));
        }
        text
    }
}

/// Runs `count` seeds from `from` on all cores; stops soon after one fails if `stop`.
#[must_use]
pub fn run_all(from: u64, count: u64, stop: bool) -> Summary {
    let summary = Mutex::new(Summary::default());
    over_seeds(from, count, |seed| {
        let outcome = run(seed, false);
        let goes_on = outcome.violation.is_none() || !stop;
        summary.lock().expect("no thread dies with it").add(outcome);
        goes_on
    });
    let mut summary = summary.into_inner().expect("no thread died with it");
    summary.failed.sort_by_key(|outcome| outcome.seed);
    summary
}

/// Runs something for `count` seeds from `from` on all cores, until it says that it is enough.
pub fn over_seeds(from: u64, count: u64, each: impl Fn(u64) -> bool + Sync) {
    let next = AtomicU64::new(from);
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count {
                        return;
                    }
                    if !each(seed) {
                        next.store(from + count, Ordering::Relaxed);
                    }
                }
            });
        }
    });
}

/// What a failed seed has to say.
#[must_use]
pub fn describe(outcome: &Outcome) -> String {
    let Some(violation) = &outcome.violation else { return String::new() };
    format!(
        "{}\nseed {} violates: {}\n  {}\nreplay: npm run sim -- --seeds 1 --from {} --trace\n",
        outcome.tail.join("\n"),
        outcome.seed,
        violation.invariant,
        violation.text,
        outcome.seed
    )
}
