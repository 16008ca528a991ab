//! A little of `npm run fuzz`: some thousands of each target, what they must have met, and the
//! inputs that guided runs have kept.

use std::collections::BTreeSet;
use tests::fuzz::targets::{self, TARGETS};
use tests::fuzz::{self, Options};

const EXECUTIONS: u64 = 20_000;
/// Of the dear targets, as many as are run of all in the time.
const SHARED: u64 = 200_000;
/// What all kept inputs together may take.
const KEPT_BYTES_MAX: usize = 200 * 1024;

#[test]
fn damaged_mail_and_damaged_servers_break_nothing() {
    let run = |name: &str| {
        let only = Some(name.to_owned());
        let options = Options { only, ..options(EXECUTIONS) };
        let mut summaries = fuzz::run(&options, 1, |_| {}).expect("a target");
        let summary = summaries.remove(0);
        assert!(summary.failure.is_none(), "{}", summary.text(1));
        assert_eq!(summary.executions, EXECUTIONS);
        summary
    };
    let summaries = ["mime", "bounce", "html", "smtp", "imap"].map(run);
    // A fuzzer whose inputs all end at the first check would find nothing.
    let met = |target: usize, outcome: &str| summaries[target].outcomes.get(outcome).copied();
    for (target, outcome) in [
        (0, "comment"),
        (0, "refused: no sender"),
        (1, "bounce"),
        (1, "complaint"),
        (2, "shown"),
        (2, "nothing"),
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

fn options(executions: u64) -> Options {
    Options { executions, shared: false, from: 0, seed: 1, only: None, tells: false }
}

#[test]
fn damaged_bytes_break_no_rule_and_get_behind_the_first_check() {
    let options = Options { shared: true, ..options(SHARED) };
    let summaries = fuzz::run(&options, 1, |_| {}).expect("targets");
    assert_eq!(summaries.len(), fuzz::names().count());
    for summary in &summaries {
        assert!(summary.failure.is_none(), "{}", summary.text(1));
    }
    // `cursor_decode` opens and refuses in each execution, and can say no more than that it did.
    for (target, outcome) in [
        ("mime_to_comment", "comment"),
        ("mime_to_comment", "bounce"),
        ("mime_to_comment", "complaint"),
        ("mime_to_comment", "automatic"),
        ("mime_to_comment", "refused: no mail"),
        ("mime_to_comment", "refused: no sender"),
        ("html_sanitise", "shown"),
        ("html_sanitise", "nothing"),
        ("webhook_verify", "timely"),
        ("webhook_verify", "signed"),
        ("cursor_decode", "opened"),
        ("envelope_decode", "envelope"),
        ("envelope_decode", "answer"),
        ("envelope_decode", "event"),
        ("csv_import", "prospects"),
        ("ws_frame", "ack"),
        ("ws_frame", "refused"),
        ("ws_frame", "closed"),
        ("email_normalise", "an address"),
        ("email_normalise", "a profile"),
        ("email_normalise", "a name"),
        ("template_render", "filled"),
        ("template_render", "refused"),
        ("actor_commands", "tickets"),
    ] {
        let summary = summaries.iter().find(|it| it.target == target).expect("it has run");
        assert!(summary.outcomes.contains_key(outcome), "{outcome}: {summary:?}");
    }
    assert_eq!(fuzz::names().map(|(_, share)| share).sum::<u64>(), 10_000);
}

#[test]
fn what_guided_runs_have_kept_breaks_no_rule() {
    let mut bytes = 0;
    for (name, _) in TARGETS {
        let mut check = targets::check(name).expect("a target");
        let kept = targets::kept(name);
        let mut outcomes = BTreeSet::new();
        for (file, input) in &kept {
            bytes += input.len();
            match check(input) {
                Ok(outcome) => drop(outcomes.insert(outcome)),
                Err(why) => panic!("tests/corpus/fuzz/{name}/{file}: {why}"),
            }
        }
        assert!(kept.len() >= 3 && !outcomes.is_empty(), "{name} keeps {} inputs", kept.len());
        println!("{name}: {} inputs: {outcomes:?}", kept.len());
    }
    assert!(bytes <= KEPT_BYTES_MAX, "{bytes} bytes of kept inputs: minimise them");
}

#[test]
fn an_execution_is_the_same_again() {
    let of = |from, executions| {
        let only = Some("mime".to_owned());
        Options { from, seed: 3, only, ..options(executions) }
    };
    let run = |from, executions| {
        let summaries = fuzz::run(&of(from, executions), 1, |_| {}).expect("a target");
        (summaries[0].bytes, summaries[0].outcomes.clone())
    };
    let whole = run(100, 2);
    assert_eq!(whole, run(100, 2));
    assert_eq!(whole.0, run(100, 1).0 + run(101, 1).0);
}

#[test]
fn a_target_that_is_none_is_refused() {
    let only = Some("pop3".to_owned());
    assert!(fuzz::run(&Options { only, ..options(1) }, 1, |_| {}).is_err());
}
