//! `npm run big`: one large room, and how fast it answers.
//!
//! `--tickets N` (100,000) with ten comments each, loaded by the importer; `--times N` (1,000)
//! questions of each kind; `--room FILE` keeps the loaded room there, and asks it again where it
//! is there already. It ends with 1 where a list, a search or a look-up takes more than 20 ms
//! of the processor at p99.

use std::path::Path;
use std::process::ExitCode;
use tests::big;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let size = big::Size { tickets: number("--tickets", 100_000), comments_each: 10 };
    let kept = args.iter().position(|arg| arg == "--room");
    let kept = kept.and_then(|at| args.get(at + 1)).map(Path::new);
    let only = args.iter().position(|arg| arg == "--only");
    let only = only.and_then(|at| args.get(at + 1)).map_or("", String::as_str);
    let outcome = big::run(size, number("--times", 1_000), kept, only);
    println!("{}", outcome.text);
    println!("found something: {}; never: {}", outcome.answered, outcome.silent.join(", "));
    if outcome.slow.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("slower than {} ms at p99: {}", big::MOST_MS, outcome.slow.join(", "));
    ExitCode::FAILURE
}
