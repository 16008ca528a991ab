//! What the product has set out to reach, as ratios of one run.

use super::figures::{Spread, number, ratio};
use super::results::{OWN, Results};

/// Which side of its bound a figure must be on.
#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// One goal.
struct Goal {
    what: &'static str,
    figure: &'static str,
    /// The target that it is a ratio to; nothing for a figure of its own.
    against: Option<&'static str>,
    bound: Bound,
}

const GOALS: &[Goal] = &[
    goal("durable append, 16 writers, one room", "append-1/rate", "plain", Bound::AtLeast(3.0)),
    goal("durable append, 16 writers, one room", "append-1/rate", "node", Bound::AtLeast(2.0)),
    goal(
        "deliveries to 1,000 sockets, 16 writers",
        "fanout-1000-16/rate",
        "node",
        Bound::AtLeast(4.0),
    ),
    goal("processor time per append", "append-1/cpu", "hono", Bound::AtMost(0.8)),
    goal("time of 1,000 joins", "joins/seconds", "node", Bound::AtMost(0.5)),
    goal("constant GET", "get/rate", "bare", Bound::AtLeast(0.9)),
    Goal {
        what: "fsyncs per acknowledged append, 16 writers",
        figure: "fsyncs",
        against: None,
        bound: Bound::AtMost(0.1),
    },
];

const fn goal(
    what: &'static str,
    figure: &'static str,
    against: &'static str,
    bound: Bound,
) -> Goal {
    Goal { what, figure, against: Some(against), bound }
}

/// The table of goals, each met or missed by its median.
pub fn table(results: &Results) -> String {
    let mut text = "| goal | wanted | measured | |\n| --- | --- | --- | --- |\n".to_owned();
    for goal in GOALS {
        let own = results.rounds(goal.figure, OWN);
        let (whom, measured) = match goal.against {
            Some(other) => (format!("× {other}"), ratio(&own, &results.rounds(goal.figure, other))),
            None => (String::new(), Spread::of(own.into_values())),
        };
        let (sign, bound) = match goal.bound {
            Bound::AtLeast(bound) => ("≥", bound),
            Bound::AtMost(bound) => ("≤", bound),
        };
        let cell = measured.map_or("not measured".to_owned(), |it| it.cell());
        let verdict = measured.map_or(String::new(), |it| verdict(it.median, goal.bound));
        text += &format!("| {} | {sign} {bound} {whom} | {cell} | {verdict} |\n", goal.what);
    }
    text
}

fn verdict(median: f64, bound: Bound) -> String {
    let (met, bound) = match bound {
        Bound::AtLeast(bound) => (median >= bound, bound),
        Bound::AtMost(bound) => (median <= bound, bound),
    };
    if met {
        return "met".to_owned();
    }
    format!("**missed**: {} of the bound", number(median / bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_its_own_side_of_the_bound() {
        assert_eq!(verdict(3.0, Bound::AtLeast(3.0)), "met");
        assert_eq!(verdict(1.5, Bound::AtLeast(3.0)), "**missed**: 0.500 of the bound");
        assert_eq!(verdict(0.4, Bound::AtMost(0.5)), "met");
        assert_eq!(verdict(1.0, Bound::AtMost(0.5)), "**missed**: 2.00 of the bound");
    }
}
