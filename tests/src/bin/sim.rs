//! Runs the simulator.
//!
//! `--seeds N` (100) from `--from S` (1); `--trace` prints every step; `--keep-going` runs all
//! seeds although one fails; `--doublecheck` runs each seed twice; `--planted [NAME]` runs the
//! broken builds; `--first` prints only the first seed that fails; `--weeks N` plays weeks of
//! outreach instead, and prints what came of them as a table by week.

use std::process::ExitCode;
use tests::sim::{planted, report, run, weeks};

/// A run of so many seeds must show every kind of fault.
const ENOUGH: u64 = 1_000;
/// How many seeds of weeks lie between two lines that say how far it is.
const TELL_EVERY: u64 = 10;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    let number = |name: &str, default: u64| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let (count, from) = (number("--seeds", 100), number("--from", 1));
    let good = if has("--planted") {
        let at = args.iter().position(|arg| arg == "--planted");
        let name = at.and_then(|at| args.get(at + 1)).map_or("", String::as_str);
        planted::run(name)
    } else if has("--weeks") {
        let weeks = number("--weeks", weeks::WEEKS.unsigned_abs());
        outreach(from, count, weeks.cast_signed(), &has)
    } else if has("--first") {
        first(from, count)
    } else if has("--trace") {
        (from..from + count).all(|seed| {
            let outcome = run::run(seed, true);
            println!("{}hash {:016x}", report::describe(&outcome), outcome.hash);
            outcome.violation.is_none()
        })
    } else if has("--doublecheck") {
        doublecheck(from, count)
    } else {
        seeds(from, count, has("--keep-going"))
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first seed that fails; later ones may have failed before it on the other thread.
fn first(from: u64, count: u64) -> bool {
    let summary = report::run_all(from, count, true);
    let failed = summary.failed.first();
    let violation = failed.and_then(|outcome| Some((outcome.seed, outcome.violation.as_ref()?)));
    if let Some((seed, violation)) = violation {
        println!("first: {seed} {}", violation.invariant);
    }
    failed.is_none()
}

/// Weeks of outreach, for many seeds.
#[expect(clippy::disallowed_types, reason = "how long it took is for people, not for the world")]
fn outreach(from: u64, count: u64, weeks: i64, has: &dyn Fn(&str) -> bool) -> bool {
    if has("--trace") {
        return (from..from + count).all(|seed| {
            let outcome = weeks::run(seed, weeks, true);
            println!("{}{}", weeks::describe(&outcome), outcome.table.text());
            outcome.violation.is_none()
        });
    }
    if has("--doublecheck") {
        let hash = |seed| weeks::run(seed, weeks, false).hash;
        return (from..from + count).all(|seed| hash(seed) == hash(seed));
    }
    let began = std::time::Instant::now();
    let tell = |summary: &weeks::Summary| {
        if summary.seeds.is_multiple_of(TELL_EVERY) {
            let (seeds, failed) = (summary.seeds, summary.failed.len());
            eprintln!("{seeds} of {count} seeds, {failed} failed, {:.0?}", began.elapsed());
        }
    };
    let summary = weeks::run_all(from, count, weeks, !has("--keep-going"), &tell);
    let violation = |outcome: &weeks::Outcome| outcome.violation.clone().map(|it| it.invariant);
    if has("--first") {
        if let Some(outcome) = summary.failed.first() {
            println!("first: {} {}", outcome.seed, violation(outcome).unwrap_or_default());
        }
        return summary.failed.is_empty();
    }
    print!("{}", summary.text());
    for outcome in summary.failed.iter().take(3) {
        println!("{}", weeks::describe(outcome));
    }
    for outcome in &summary.failed {
        println!("{} {}", outcome.seed, violation(outcome).unwrap_or_default());
    }
    println!(
        "{} seeds of {weeks} weeks from {from}, {} turns, {:.1} s; {} seeds failed",
        summary.seeds,
        summary.turns,
        began.elapsed().as_secs_f64(),
        summary.failed.len()
    );
    summary.failed.is_empty()
}

fn doublecheck(from: u64, count: u64) -> bool {
    let different: Vec<u64> = (from..from + count)
        .filter(|seed| run::run(*seed, false).hash != run::run(*seed, false).hash)
        .collect();
    println!("{count} seeds run twice; traces that differ: {different:?}");
    different.is_empty()
}

#[expect(clippy::disallowed_types, reason = "how long it took is for people, not for the world")]
fn seeds(from: u64, count: u64, keep_going: bool) -> bool {
    let began = std::time::Instant::now();
    let summary = report::run_all(from, count, !keep_going);
    let seconds = began.elapsed().as_secs_f64();
    print!("{}", summary.tables());
    println!(
        "{} seeds from {from}, {} commands in {} turns, {seconds:.1} s: {:.0} commands/s",
        summary.seeds,
        summary.commands,
        summary.turns,
        summary.commands as f64 / seconds
    );
    for outcome in summary.failed.iter().take(3) {
        println!("{}", report::describe(outcome));
    }
    if keep_going && !summary.failed.is_empty() {
        for outcome in &summary.failed {
            if let Some(violation) = &outcome.violation {
                let text: String = violation.text.chars().take(160).collect();
                println!("{} {}: {text}", outcome.seed, violation.invariant);
            }
        }
    }
    let silent = if count >= ENOUGH { summary.silent() } else { Vec::new() };
    for fault in &silent {
        println!("never struck: {fault}");
    }
    println!("{} seeds failed", summary.failed.len());
    summary.failed.is_empty() && silent.is_empty()
}
