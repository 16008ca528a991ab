//! What came of it, week by week, for one seed and for many.

use super::{INBOXES, Outcome, run};
use crate::sim::faults;
use crate::sim::report::over_seeds;
use std::sync::Mutex;

/// A week, as the world outside saw it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Week {
    /// How many mails of each inbox were taken.
    pub sent: [u64; INBOXES],
    /// The most of one inbox in a day of that week of its warm-up, by its own clock.
    pub most: u64,
    /// How many answers were heard.
    pub replies: u64,
    /// How many were heard who opted out.
    pub opt_outs: u64,
    /// How many mails came back, at once or later.
    pub bounces: u64,
    /// How often the admin found an inbox paused.
    pub paused: u64,
    /// How many got their last step.
    pub finished: u64,
}

/// Weeks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// In their order.
    pub weeks: Vec<Week>,
}

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many ran.
    pub seeds: u64,
    /// How many turns ran.
    pub turns: u64,
    /// What happened in each week of all of them.
    pub table: Table,
    /// How often each kind of fault struck.
    pub faults: Vec<u64>,
    /// The seeds that failed.
    pub failed: Vec<Outcome>,
}

impl Week {
    fn add(&mut self, other: &Self) {
        for (sum, count) in self.sent.iter_mut().zip(other.sent) {
            *sum += count;
        }
        self.most = self.most.max(other.most);
        self.replies += other.replies;
        self.opt_outs += other.opt_outs;
        self.bounces += other.bounces;
        self.paused += other.paused;
        self.finished += other.finished;
    }
}

impl Table {
    /// A table of so many weeks in which nothing happened.
    #[must_use]
    pub fn new(weeks: i64) -> Self {
        Self { weeks: vec![Week::default(); usize::try_from(weeks).unwrap_or(0)] }
    }

    /// All weeks together.
    #[must_use]
    pub fn total(&self) -> Week {
        let mut total = Week::default();
        self.weeks.iter().for_each(|week| total.add(week));
        total
    }

    fn add(&mut self, other: &Self) {
        self.weeks.resize(self.weeks.len().max(other.weeks.len()), Week::default());
        for (sum, week) in self.weeks.iter_mut().zip(&other.weeks) {
            sum.add(week);
        }
    }

    /// The table for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let mut heads: Vec<String> = (1..=INBOXES).map(|inbox| format!("inbox {inbox}")).collect();
        let others = ["max a day", "replies", "opt-outs", "bounces", "paused", "finished"];
        heads.extend(others.map(str::to_owned));
        let line = |name: &str, cells: &[String]| {
            let cells: String = cells.iter().map(|cell| format!("{cell:>10}")).collect();
            format!("{name:<6}{cells}\n")
        };
        let row = |name: &str, week: &Week| {
            let Week { sent, most, replies, opt_outs, bounces, paused, finished } = week;
            let others = [most, replies, opt_outs, bounces, paused, finished];
            let cells: Vec<_> = sent.iter().chain(others).map(u64::to_string).collect();
            line(name, &cells)
        };
        let rows = self.weeks.iter().zip(1..).map(|(week, number)| row(&number.to_string(), week));
        let rows: String = rows.collect();
        format!("{}{rows}{}", line("week", &heads), row("all", &self.total()))
    }
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.turns += outcome.turns;
        self.table.add(&outcome.table);
        faults::add(&mut self.faults, &outcome.faults);
        if outcome.violation.is_some() {
            self.failed.push(outcome);
        }
    }

    /// The table of all seeds, and how often each fault struck.
    #[must_use]
    pub fn text(&self) -> String {
        faults::table(&self.faults) + &self.table.text()
    }
}

/// Runs `count` seeds from `from` for so many weeks each; stops soon after one fails if `stop`.
/// `tell` hears after each seed how far it is.
#[must_use]
pub fn run_all(
    from: u64,
    count: u64,
    weeks: i64,
    stop: bool,
    tell: &(dyn Fn(&Summary) + Sync),
) -> Summary {
    let summary = Mutex::new(Summary::default());
    over_seeds(from, count, |seed| {
        let outcome = run(seed, weeks, false);
        let goes_on = outcome.violation.is_none() || !stop;
        let mut summary = summary.lock().expect("no thread dies with it");
        summary.add(outcome);
        tell(&summary);
        goes_on
    });
    let mut summary = summary.into_inner().expect("no thread died with it");
    summary.failed.sort_by_key(|outcome| outcome.seed);
    summary
}

/// What a failed seed has to say.
#[must_use]
pub fn describe(outcome: &Outcome) -> String {
    let Some(violation) = &outcome.violation else { return String::new() };
    format!(
        "{}\n{}seed {} violates: {}\n  {}\nreplay: npm run weeks -- --seeds 1 --from {} --trace\n",
        outcome.tail.join("\n"),
        outcome.table.text(),
        outcome.seed,
        violation.invariant,
        violation.text,
        outcome.seed
    )
}
