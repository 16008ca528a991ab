//! What `run.mjs` has gathered, and the figures in it by name.

use super::figures::Rounds;
use crate::bench::scene::Outcome;
use crate::bench::tally::Recorder;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The target that all others are compared with.
pub const OWN: &str = "postroom";

/// A whole run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Results {
    /// When it began.
    pub date: String,
    /// On what, in one line.
    pub machine: String,
    /// How, in some lines.
    pub notes: Vec<String>,
    /// The targets, in the order of the tables.
    pub targets: Vec<Target>,
    /// The phases, in the order of the report.
    pub phases: Vec<Shown>,
    /// The outcome of each phase, target and round.
    pub outcomes: Vec<One>,
    /// Figures that are no phase's.
    pub measures: Vec<Measure>,
}

/// A target.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// What it is.
    pub what: String,
}

/// A phase or a measure, as the report shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What is counted, such as `appends/s`, or the unit of a measure.
    pub unit: String,
    /// Whether it is a measure: one figure a round, and less is better.
    #[serde(default)]
    pub measure: bool,
}

/// The outcome of a phase against a target in a round.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct One {
    /// Which round.
    pub round: u32,
    /// Which target.
    pub target: String,
    /// Which phase.
    pub phase: String,
    /// What it came to.
    pub outcome: Outcome,
}

/// A figure of a target in a round.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Which round.
    pub round: u32,
    /// Which target.
    pub target: String,
    /// What it is.
    pub name: String,
    /// How much.
    pub value: f64,
}

impl Results {
    /// A figure of a target by round: a measure by its name, else `phase/rate`, `phase/cpu`
    /// (microseconds an operation), `phase/p50` (milliseconds) or `phase/seconds`.
    ///
    /// A round in which nothing succeeded counts: its rate is 0, and its times have no end.
    pub fn rounds(&self, figure: &str, target: &str) -> Rounds {
        let Some((phase, what)) = figure.split_once('/') else {
            let own = self.measures.iter().filter(|it| it.target == target && it.name == figure);
            return own.map(|it| (it.round, it.value)).collect();
        };
        let of = |outcome: &Outcome| match what {
            "cpu" => outcome.cpu_us(),
            "p50" => p50_ms(outcome),
            // Who was refused at once has taken no time, and is no reason to be called fast.
            "seconds" if !outcome.errors.is_empty() => f64::INFINITY,
            "seconds" => outcome.seconds,
            _ => outcome.rate(),
        };
        self.of(phase, target).map(|it| (it.round, of(&it.outcome))).collect()
    }

    /// The outcomes of a phase against a target.
    pub fn of<'a>(&'a self, phase: &'a str, target: &'a str) -> impl Iterator<Item = &'a One> {
        self.outcomes.iter().filter(move |it| it.phase == phase && it.target == target)
    }

    /// What went wrong in a phase against a target, over all rounds.
    pub fn errors(&self, phase: &str, target: &str) -> BTreeMap<&str, u64> {
        let mut all = BTreeMap::new();
        for one in self.outcomes.iter().filter(|it| it.phase == phase && it.target == target) {
            for (what, count) in &one.outcome.errors {
                *all.entry(what.as_str()).or_default() += count;
            }
        }
        all
    }
}

fn p50_ms(outcome: &Outcome) -> f64 {
    let mut recorder = Recorder::default();
    recorder.merge(&outcome.latency);
    recorder.quantile_ms(0.5).unwrap_or(f64::INFINITY)
}
