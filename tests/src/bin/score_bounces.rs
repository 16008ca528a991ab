//! `npm run score:bounces -- DIR`: the bounce reader against a reference ([`tests::bounces`]).
//!
//! It ends with 1 where the folder cannot be read; the share itself is printed, not judged.

use std::path::Path;
use std::process::ExitCode;
use tests::bounces;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("score:bounces: which folder? It needs mails and an expected.jsonl");
        return ExitCode::FAILURE;
    };
    match bounces::run(Path::new(&folder)) {
        Ok(outcome) => {
            print!("{}", outcome.text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("score:bounces: {error}");
            ExitCode::FAILURE
        }
    }
}
