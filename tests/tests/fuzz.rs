//! A little of `npm run fuzz`: some thousands of each target, and what they must have met.

use tests::fuzz::{self, Options};

const EXECUTIONS: u64 = 20_000;

#[test]
fn damaged_mail_and_damaged_servers_break_nothing() {
    let options = Options { executions: EXECUTIONS, from: 0, seed: 1, only: None, tells: false };
    let summaries = fuzz::run(&options, |summary| print!("{}", summary.text(1))).expect("targets");
    let targets: Vec<_> = summaries.iter().map(|summary| summary.target).collect();
    assert_eq!(targets, ["mime", "bounce", "html", "smtp", "imap"]);
    for summary in &summaries {
        assert!(summary.failure.is_none(), "{}", summary.text(1));
        assert_eq!(summary.executions, EXECUTIONS);
    }
    // A fuzzer whose inputs all end at the first check would find nothing.
    let met = |target: usize, outcome: &str| summaries[target].outcomes.get(outcome).copied();
    for (target, outcome) in [
        (0, "comment"),
        (0, "refused: no sender"),
        (1, "bounce"),
        (1, "complaint"),
        (2, "shown"),
        (3, "replies"),
        (3, "error after replies"),
        (3, "dialogue: accepted"),
        (3, "dialogue: refused"),
        (3, "dialogue: not sent"),
        (3, "dialogue: unknown"),
        (4, "responses"),
        (4, "error after responses"),
        (4, "dialogue to its end"),
        (4, "dialogue broken off"),
    ] {
        assert!(met(target, outcome) > Some(EXECUTIONS / 1_000), "{outcome}: {summaries:?}");
    }
}

#[test]
fn an_execution_is_the_same_again() {
    let options = |from, executions| {
        let only = Some("mime".to_owned());
        Options { executions, from, seed: 3, only, tells: false }
    };
    let run = |from, executions| {
        let summaries = fuzz::run(&options(from, executions), |_| {}).expect("a target");
        (summaries[0].bytes, summaries[0].outcomes.clone())
    };
    let whole = run(100, 2);
    assert_eq!(whole, run(100, 2));
    assert_eq!(whole.0, run(100, 1).0 + run(101, 1).0);
}

#[test]
fn a_target_that_is_none_is_refused() {
    let only = Some("pop3".to_owned());
    let options = Options { executions: 1, from: 0, seed: 1, only, tells: false };
    assert!(fuzz::run(&options, |_| {}).is_err());
}
