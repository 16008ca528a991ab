//! `npm run fuzz`: damaged mail, and what damaged servers say ([`tests::fuzz`]).
//!
//! `--executions N` (100,000) of each target from `--from E` (0), of seed `--seed S` (1); `--only`
//! `mime`, `bounce`, `html`, `smtp` or `imap`. `--show` prints the first input of the one target
//! before it runs. It ends with 1 where something panics or breaks a rule.

use std::process::ExitCode;
use tests::fuzz::{self, Options};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)
    };
    let number = |name, default| match value(name) {
        None => Some(default),
        Some(text) => text.replace(['_', ','], "").parse::<u64>().ok(),
    };
    let numbers = (number("--executions", 100_000), number("--from", 0), number("--seed", 1));
    let (Some(executions), Some(from), Some(seed)) = numbers else {
        eprintln!("fuzz: --executions, --from and --seed want a number");
        return ExitCode::FAILURE;
    };
    let only = value("--only").cloned();
    let options = Options { executions, from, seed, only, tells: true };
    fuzz::keep_panics();
    if let Some(only) = options.only.as_ref().filter(|_| args.iter().any(|arg| arg == "--show"))
        && let Ok(input) = fuzz::input(only, seed, from)
    {
        println!("{}", input.escape_ascii());
    }
    let result = fuzz::run(&options, |summary| print!("{}", summary.text(seed)));
    match result {
        Ok(summaries) if summaries.iter().all(|summary| summary.failure.is_none()) => {
            ExitCode::SUCCESS
        }
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("fuzz: {why}");
            ExitCode::FAILURE
        }
    }
}
