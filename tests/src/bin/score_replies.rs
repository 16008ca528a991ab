//! `npm run score:replies -- DIR`: how often the visible part of a reply is the reference's.
//!
//! DIR has mails as plain text, and `expected.jsonl` with a line `{"file", "visible"}` for each.
//! White space aside, the texts must be equal. Each file that differs is printed with its first
//! different lines (`+` the reference shows and we hide, `-` the other way round), the share last.

use actors::mail::reply::visible;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// Lines of one file's difference that are printed, and characters of each.
const LINES_MAX: usize = 6;
const CHARS_MAX: usize = 100;

#[derive(Deserialize)]
struct Expected {
    file: String,
    visible: String,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(folder), None) = (args.next(), args.next()) else {
        eprintln!("npm run score:replies -- DIR");
        return ExitCode::FAILURE;
    };
    match score(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn score(folder: &Path) -> Result<(), String> {
    let all = expected(folder)?;
    let mut equal = 0;
    for Expected { file, visible: wanted } in &all {
        let path = folder.join(file);
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let got = visible(&text);
        if without_space(&got) == without_space(wanted) {
            equal += 1;
        } else {
            println!("{file}\n{}", difference(&got, wanted));
        }
    }
    let share = 100.0 * f64::from(equal) / all.len() as f64;
    println!("replies: {equal} of {} ({share:.1} %)", all.len());
    Ok(())
}

fn expected(folder: &Path) -> Result<Vec<Expected>, String> {
    let path = folder.join("expected.jsonl");
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line)| {
        serde_json::from_str(line)
            .map_err(|error| format!("{}:{}: {error}", path.display(), at + 1))
    };
    let all: Vec<Expected> = lines.map(read).collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(format!("{}: no lines", path.display()));
    }
    Ok(all)
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The first lines that only one of the two has.
fn difference(got: &str, wanted: &str) -> String {
    let of = |text: &str| text.lines().map(without_space).collect::<BTreeSet<_>>();
    let (ours, theirs) = (of(got), of(wanted));
    let hidden = wanted.lines().filter(|line| !ours.contains(&without_space(line)));
    let shown = got.lines().filter(|line| !theirs.contains(&without_space(line)));
    let marked = hidden.map(|line| ('+', line)).chain(shown.map(|line| ('-', line)));
    let lines = marked.take(LINES_MAX).map(|(sign, line)| {
        let line: String = line.trim().chars().take(CHARS_MAX).collect();
        format!("  {sign} {line}")
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() { "  the same lines, otherwise ordered".into() } else { lines.join("\n") }
}
