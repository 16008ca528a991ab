//! Asking the room, and saying how long that took.

use super::load::command_of;
use super::questions::QUESTIONS;
use super::{Big, MOST_MS, Outcome, now_ms};
use actors::kernel::testing::Seeded;
use serde_json::{Value, json};

/// Asks one command; gives how long that took, in milliseconds, and the reply.
pub fn timed(big: &mut Big, command: &Value) -> (f64, Value) {
    let command = command_of(command);
    let start = now_ms();
    let reply = big.bench.call(&big.owner, None, &command);
    let took = now_ms() - start;
    (took, reply.unwrap_or_else(|refused| panic!("{command:?}: {refused:?}")))
}

/// How long things took, in milliseconds.
#[derive(Debug, Default)]
pub struct Times(pub Vec<f64>);

impl Times {
    /// A line for people.
    pub fn line(&mut self, what: &str) -> String {
        self.0.sort_by(f64::total_cmp);
        let count = self.0.len();
        let (half, most, all) = (self.at(500), self.at(990), self.at(1000));
        format!("{what:<46} {count:>6} {half:>8.2} {most:>8.2} {all:>8.2}\n")
    }

    /// What so many of a thousand did not take longer than. Sorted by [`Self::line`].
    #[must_use]
    pub fn at(&self, of_thousand: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * of_thousand / 1000).copied().unwrap_or(0.0)
    }

    /// Tells of them, and whether they were too long.
    pub fn tell(mut self, what: &str, outcome: &mut Outcome) {
        outcome.text += &self.line(what);
        if self.at(990) > MOST_MS {
            outcome.slow.push(what.to_owned());
        }
    }
}

/// Asks every question so many times; three of four go on behind the page before.
pub fn everything(big: &mut Big, times: u64, only: &str, outcome: &mut Outcome) {
    outcome.text += &format!(
        "\n{:<46} {:>6} {:>8} {:>8} {:>8}\n",
        "ms of the processor", "asked", "p50", "p99", "most"
    );
    for (seed, (what, ask)) in (3..).zip(QUESTIONS).filter(|(_, (what, _))| what.contains(only)) {
        // Of its own, so that how far one kind's pages go does not choose another's questions.
        let mut dice = Seeded(seed);
        let mut taken = Times::default();
        let (mut behind, mut answered) = (None, 0);
        for _ in 0..times {
            let mut command = behind.take().unwrap_or_else(|| ask(big, &mut dice));
            let (took, reply) = timed(big, &command);
            taken.0.push(took);
            let found = reply.get("id").is_some()
                || reply["items"].as_array().is_some_and(|items| !items.is_empty());
            answered += u64::from(found);
            if dice.below(4) > 0 && go_on(&mut command, &reply) {
                behind = Some(command);
            }
        }
        outcome.answered += answered;
        if answered == 0 {
            outcome.silent.push((*what).to_owned());
        }
        taken.tell(what, outcome);
    }
}

/// Makes of a command the one for the next page.
fn go_on(command: &mut Value, reply: &Value) -> bool {
    let more = reply["nextCursor"].is_string();
    for input in command.as_object_mut().into_iter().flat_map(|it| it.values_mut()).filter(|_| more)
    {
        input["cursor"] = reply["nextCursor"].clone();
    }
    more
}

/// Reads all tickets, from the first page to the last: the last must take no longer.
pub fn to_the_end(big: &mut Big, outcome: &mut Outcome) {
    for (what, sort) in [
        ("page through all tickets by updatedAt", "updatedAt"),
        ("page through all tickets by createdAt", "createdAt"),
    ] {
        let mut command = json!({ "listTickets": { "sort": sort, "limit": 100 } });
        let (mut taken, mut seen) = (Times::default(), 0);
        loop {
            let (took, reply) = timed(big, &command);
            taken.0.push(took);
            seen += reply["items"].as_array().map_or(0, Vec::len) as u64;
            if !go_on(&mut command, &reply) {
                break;
            }
        }
        assert_eq!(seen, big.size.tickets, "{what}");
        taken.tell(what, outcome);
    }
}
