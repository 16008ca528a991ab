//! What `tests/asvs.md` says of each requirement of OWASP ASVS 5.0 is there: every requirement of
//! levels 1 and 2 once, every file that is named, every test and every place in it; and the figures
//! in its head are those of the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A requirement's number and level, what becomes of it, and by what.
struct Row {
    number: String,
    level: String,
    state: String,
    by: String,
}

const STATES: [&str; 5] = ["shown", "said", "platform", "open", "not here"];

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).ok()
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()
}

fn is_number(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

fn table() -> (Vec<Row>, Vec<Vec<String>>) {
    let text = read("tests/asvs.md").expect("the table");
    let (mut rows, mut head) = (Vec::new(), Vec::new());
    for cells in text.lines().filter(|line| line.starts_with('|')).map(cells) {
        match &cells[..] {
            [number, level, what, state, by] if is_number(number) => {
                assert!(!what.is_empty() && !by.is_empty(), "{number}: an empty cell");
                let [number, level, state, by] = [number, level, state, by].map(Clone::clone);
                rows.push(Row { number, level, state, by });
            }
            figures if figures.len() == 7 && figures[0].parse::<u8>().is_ok() => head.push(cells),
            other => assert!(!is_number(&other[0]), "{other:?} is no row"),
        }
    }
    (rows, head)
}

/// Whether a file has what is named of it: a test, or in a file that has none, the text.
fn has(path: &str, text: &str, name: &str) -> bool {
    let line_begins = |with: &str| text.lines().any(|line| line.trim_start().starts_with(with));
    match path.rsplit_once('.') {
        Some((_, "rs")) => {
            let head = format!("fn {name}(");
            text.split_once(&head).is_some_and(|(before, _)| before.trim_end().ends_with("#[test]"))
        }
        Some((_, "mjs")) => {
            line_begins(&format!("test(\"{name}\""))
                || line_begins(&format!("await t.test(\"{name}\""))
        }
        Some((_, "md")) => text.lines().any(|line| line == name),
        _ => text.contains(name),
    }
}

#[test]
fn every_requirement_of_levels_1_and_2_stands_in_the_table_once() {
    let known = read("tests/corpus/asvs-5.0.0.txt").expect("the list of requirements");
    let known: BTreeMap<&str, &str> = known
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("number and level"))
        .collect();
    assert_eq!(known.len(), 253, "70 of level 1 and 183 of level 2");
    let mut seen = BTreeSet::new();
    for row in table().0 {
        assert_eq!(known.get(&*row.number), Some(&&*row.level), "{}", row.number);
        assert!(STATES.contains(&&*row.state), "{}: {}", row.number, row.state);
        assert!(seen.insert(row.number.clone()), "{} stands twice", row.number);
    }
    let missing: Vec<_> = known.keys().filter(|number| !seen.contains(**number)).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

#[test]
fn what_the_table_names_is_there() {
    let mut wrong = Vec::new();
    for Row { number, state, by, .. } in table().0 {
        if state != "shown" && state != "said" {
            continue;
        }
        for one in by.split("; `") {
            let Some((path, name)) = one.trim_start_matches('`').split_once("` ") else {
                wrong.push(format!("{number}: {one} names no file"));
                continue;
            };
            let is_test = path.ends_with(".rs") || path.ends_with(".test.mjs");
            if (state == "shown") != is_test {
                wrong.push(format!("{number}: {path} for what is {state}"));
            }
            if !read(path).is_some_and(|text| has(path, &text, name)) {
                wrong.push(format!("{number}: {path} has no {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_figures_in_its_head_are_those_of_the_table() {
    let (rows, head) = table();
    assert_eq!(head.len(), 2, "a line for each level");
    for figures in head {
        let of_level = || rows.iter().filter(|row| row.level == figures[0]);
        let count = |state: &str| of_level().filter(|row| row.state == state).count();
        let all = of_level().count();
        let counted = [all, all - count("not here"), count("shown"), count("said")];
        let counted = counted.into_iter().chain([count("platform"), count("open")]);
        let counted: Vec<String> = counted.map(|count| count.to_string()).collect();
        assert_eq!(figures[1..], counted[..], "level {}", figures[0]);
    }
}
