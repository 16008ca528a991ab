//! `npm run fuzz`: damaged mail, what damaged servers say, and the targets of bytes
//! ([`tests::fuzz`]).
//!
//! `npm run fuzz -- TARGET COUNT` runs one target; `all COUNT` all of them, as many at once as
//! there are cores, each with its share of COUNT, and ends with a line each. Without either,
//! `--executions N` (100,000) of each target from `--from E` (0), or only of `--only TARGET`.
//! `--seed S` (1) chooses what is drawn. `--show` prints the first input of the one target before
//! it runs. It ends with 1 where something panics or breaks a rule.

use std::process::ExitCode;
use std::thread::available_parallelism;
use tests::fuzz::{self, Options, Summary};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    fuzz::keep_panics();
    match options(&args).and_then(|options| run(&options, args.iter().any(|it| it == "--show"))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("fuzz: {why}");
            ExitCode::FAILURE
        }
    }
}

fn options(args: &[String]) -> Result<Options, String> {
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)
    };
    let number = |text: Option<&String>, default| match text {
        None => Ok(default),
        Some(text) => text
            .replace(['_', ','], "")
            .parse::<u64>()
            .map_err(|_| format!("{text} is no number; see the head of tests/src/bin/fuzz.rs")),
    };
    let first = args.first().filter(|arg| !arg.starts_with("--"));
    let count = args.get(1).filter(|arg| first.is_some() && !arg.starts_with("--"));
    Ok(Options {
        executions: number(count.or(value("--executions")), 100_000)?,
        shared: first.is_some_and(|name| name == "all"),
        from: number(value("--from"), 0)?,
        seed: number(value("--seed"), 1)?,
        only: first.or(value("--only")).filter(|name| *name != "all").cloned(),
        tells: true,
    })
}

/// Runs it; says whether all went well.
fn run(options: &Options, shows: bool) -> Result<bool, String> {
    if let Some(only) = options.only.as_ref().filter(|_| shows) {
        println!("{}", fuzz::input(only, options.seed, options.from)?.escape_ascii());
    }
    let workers = if options.shared { available_parallelism().map_or(1, usize::from) } else { 1 };
    let is_short = |it: &Summary| options.shared && it.failure.is_none();
    let summaries = fuzz::run(options, workers, |summary| match is_short(summary) {
        true => println!("{}", summary.line()),
        false => print!("{}", summary.text(options.seed)),
    })?;
    let executions: u64 = summaries.iter().map(|it| it.executions).sum();
    let seconds = summaries.iter().map(|it| it.nanoseconds).sum::<u64>() / 1_000_000_000;
    let failed = summaries.iter().filter(|it| it.failure.is_some()).count();
    if options.shared {
        println!(
            "all: {executions} executions of {} targets, {seconds} s of processor, \
             {failed} panics and broken rules",
            summaries.len()
        );
    }
    Ok(failed == 0)
}
