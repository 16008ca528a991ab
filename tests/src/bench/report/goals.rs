//! What the product has set out to reach, as ratios of one run: a floor, which a change must not
//! fall below, and a goal beyond it.

use super::figures::{Rounds, Spread, number, ratio};
use super::results::{OWN, Results};
use std::fmt::Write as _;

/// What a figure is a ratio to.
#[derive(Debug, Clone, Copy)]
enum Against {
    /// The same figure of another target.
    Target(&'static str),
    /// Another figure of the product's own.
    Own(&'static str),
    /// Nothing: it stands for itself.
    Nothing,
}

/// Which side of its bounds a figure must be on.
#[derive(Debug, Clone, Copy)]
enum Side {
    AtLeast,
    AtMost,
}

/// One goal. Either bound may be missing.
#[derive(Debug, Clone, Copy)]
struct Goal {
    what: &'static str,
    figure: &'static str,
    against: Against,
    side: Side,
    floor: Option<f64>,
    goal: Option<f64>,
}

const GOALS: &[Goal] = &[
    least("constant GET", "get/rate", "bare", 0.9, 1.0),
    // By the processor, since on a disk the rate is that of its fsyncs: 1.25 times as many for
    // the same time is a 0.8th of the time for each.
    most("processor time per append", "append-1/cpu", "plain", 1.0 / 1.25, 1.0 / 1.5),
    most("processor time per append", "append-1/cpu", "hono", 1.0 / 1.4, 1.0 / 1.8),
    least(ONE_ROOM, "append-1/rate", "plain", 3.0, 4.0),
    least(ONE_ROOM, "append-1/rate", "node", 2.0, 3.0),
    least(ONE_ROOM, "append-1/rate", "python", 2.5, 5.5),
    Goal {
        against: Against::Nothing,
        goal: None,
        ..most("fsyncs per acknowledged append, 16 writers", "fsyncs", OWN, 0.1, 0.1)
    },
    least("deliveries to 1,000 sockets, 16 writers", "fanout-1000-16/rate", "node", 4.0, 6.0),
    Goal { floor: None, ..most("p50 of those deliveries", "fanout-1000-16/p50", "node", 0.2, 0.2) },
    least("deliveries to 100 sockets, 16 writers", "fanout-100-16/rate", "python", 2.5, 10.0),
    most("p50 at 20 events a second, 100 sockets", "paced-100/p50", "plain", 1.3, 1.05),
    most("p50 at 20 events a second, 1,000 sockets", "paced-1000/p50", "plain", 1.3, 1.05),
    Goal {
        against: Against::Own("append-16/cpu"),
        ..most("processor time per append over a WebSocket", "speak-16/cpu", OWN, 0.4, 0.27)
    },
    most("time of 1,000 joins", "joins/seconds", "node", 0.5, 0.25),
];

const ONE_ROOM: &str = "durable append, 16 writers, one room";

const fn least(
    what: &'static str,
    figure: &'static str,
    target: &'static str,
    floor: f64,
    goal: f64,
) -> Goal {
    let against = Against::Target(target);
    Goal { what, figure, against, side: Side::AtLeast, floor: Some(floor), goal: Some(goal) }
}

const fn most(
    what: &'static str,
    figure: &'static str,
    target: &'static str,
    floor: f64,
    goal: f64,
) -> Goal {
    Goal { side: Side::AtMost, ..least(what, figure, target, floor, goal) }
}

/// How many floors are missed, and the table of goals, each met or missed by its median.
pub fn table(results: &Results) -> String {
    let head = "| goal | against | floor | goal | measured | floor | goal |\n";
    let mut rows = format!("{head}|{}\n", " --- |".repeat(7));
    let (mut floors, mut missed, mut unmeasured) = (0, 0, 0);
    for goal in GOALS {
        let measured = goal.measured(results);
        let verdict = |bound: Option<f64>| match (bound, measured) {
            (Some(bound), Some(spread)) => goal.verdict(spread.median, bound),
            _ => "–".to_owned(),
        };
        if let Some(floor) = goal.floor {
            floors += 1;
            match measured {
                Some(spread) => missed += u32::from(!goal.is_met(spread.median, floor)),
                None => unmeasured += 1,
            }
        }
        let cells = [
            goal.what.to_owned(),
            goal.against.to_string(),
            goal.bound(goal.floor),
            goal.bound(goal.goal),
            measured.map_or("not measured".to_owned(), |it| it.cell()),
            verdict(goal.floor),
            verdict(goal.goal),
        ];
        let _ = writeln!(rows, "| {} |", cells.join(" | "));
    }
    let told = floors - unmeasured;
    format!("{missed} of {told} floors missed, {unmeasured} not measured.\n\n{rows}")
}

impl Goal {
    fn measured(&self, results: &Results) -> Option<Spread> {
        let own = results.rounds(self.figure, OWN);
        let to = |other: Rounds| ratio(&own, &other);
        match self.against {
            Against::Target(name) => to(results.rounds(self.figure, name)),
            Against::Own(figure) => to(results.rounds(figure, OWN)),
            Against::Nothing => Spread::of(own.into_values()),
        }
    }

    fn is_met(&self, median: f64, bound: f64) -> bool {
        match self.side {
            Side::AtLeast => median >= bound,
            Side::AtMost => median <= bound,
        }
    }

    fn verdict(&self, median: f64, bound: f64) -> String {
        if self.is_met(median, bound) {
            return "met".to_owned();
        }
        format!("**missed**: {} of it", number(median / bound))
    }

    fn bound(&self, bound: Option<f64>) -> String {
        let sign = match self.side {
            Side::AtLeast => "≥",
            Side::AtMost => "≤",
        };
        let round = |bound: f64| (bound * 1e3).round() / 1e3;
        bound.map_or("–".to_owned(), |bound| format!("{sign} {}", round(bound)))
    }
}

impl std::fmt::Display for Against {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Target(name) => write!(f, "× {name}"),
            Self::Own(figure) => write!(f, "× own {figure}"),
            Self::Nothing => f.write_str("–"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_its_own_side_of_the_bound() {
        let (least, most) = (least("", "", "", 3.0, 4.0), most("", "", "", 0.5, 0.25));
        assert_eq!(least.verdict(3.0, 3.0), "met");
        assert_eq!(least.verdict(1.5, 3.0), "**missed**: 0.500 of it");
        assert_eq!(most.verdict(0.4, 0.5), "met");
        assert_eq!(most.verdict(1.0, 0.5), "**missed**: 2.00 of it");
        assert_eq!(most.verdict(f64::INFINITY, 0.5), "**missed**: ∞ of it");
    }
}
