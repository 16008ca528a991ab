//! What must hold for the tree itself: who may know what, where SQL stands, how files read.
//!
//! Each test is an architecture invariant of the house style. A finding names the file and the
//! line.

use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file of the product and of the tests, with its path from the root.
fn rust_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["schema", "actors", "gateway", "tests", "examples", "objects"] {
        walk(&root.join(folder), &mut found);
    }
    found.sort();
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file is text");
        let path = path.strip_prefix(&root).expect("it is below the root");
        (path.display().to_string(), text)
    };
    found.into_iter().map(named).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let skipped = ["target", "node_modules", "build"];
        if path.is_dir() && !skipped.iter().any(|name| path.ends_with(name)) {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The lines of a file that are code of the product: without comments and the tests at its foot.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let foot = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..foot].lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("_test.rs")
        || path.contains("_test/")
        || path.ends_with("_tests.rs")
        || path.ends_with("/tests.rs")
        || path.ends_with("harness.rs")
        || path.ends_with("/testing.rs")
}

fn none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The wasm-only homes and shells: the only files below `schema` and `actors` that know the
/// platform.
fn is_platform(path: &str) -> bool {
    path.starts_with("actors/src/kernel/host")
        || path == "actors/idna/src/runtime.rs"
        || path.ends_with("/shell.rs")
        || path.ends_with("/transport.rs")
        || path.contains("/transport/")
        || path == "actors/src/kernel/mod.rs"
        || path == "actors/src/kernel/native.rs"
        // Dialogues with mail servers: async over whatever reads and writes, with no runtime of
        // their own.
        || path.starts_with("actors/src/mail/smtp/")
        || path == "actors/src/mail/imap/session.rs"
        || path == "actors/src/mail/wire.rs"
}

#[test]
fn cores_know_no_platform_no_clock_and_no_chance() {
    let words = ["worker::", "js_sys", "wasm_bindgen", "std::time", "rand::", "tokio", "getrandom"];
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        let core = path.starts_with("schema/") || path.starts_with("actors/");
        if !core || is_test(&path) || is_platform(&path) {
            continue;
        }
        for (at, line) in code(&text) {
            if let Some(word) = words.iter().find(|word| line.contains(*word)) {
                findings.push(format!("{path}:{at}: {word}"));
            }
        }
    }
    none(&findings);
}

/// Where statements may stand.
fn is_store(path: &str) -> bool {
    path.contains("/store/")
        || path.ends_with("/store.rs")
        || path.contains("/d1")
        || path == "schema/src/summary.rs"
        || path == "actors/src/kernel/native.rs"
        // The SMTP conversation: async over whatever reads and writes, with no runtime of its own.
        || path.starts_with("actors/src/mail/smtp/")
}

#[test]
fn sql_stands_in_stores_and_is_lower_case_without_double_quotes() {
    let starts = ["select ", "insert into ", "update ", "delete from ", "with "];
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        if is_test(&path) {
            continue;
        }
        for (at, line) in code(&text) {
            let Some((_, after)) = line.split_once('"') else { continue };
            let lower = after.to_lowercase();
            let sql = starts.iter().any(|start| lower.starts_with(start))
                && [" from ", " set ", " values", " into "].iter().any(|word| lower.contains(word));
            if !sql {
                continue;
            }
            if !is_store(&path) {
                findings.push(format!("{path}:{at}: a statement outside a store: {}", line.trim()));
            }
            if starts.iter().any(|start| after.starts_with(&start.to_uppercase())) {
                findings.push(format!("{path}:{at}: an upper-case statement"));
            }
            if after.contains("\\\"") {
                findings.push(format!("{path}:{at}: a name in double quotes is a text to SQLite"));
            }
        }
    }
    none(&findings);
}

#[test]
fn tables_are_made_in_migrations_alone() {
    let words = ["create table", "create index", "alter table", "drop table", "create trigger"];
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        if is_test(&path) {
            continue;
        }
        for (at, line) in code(&text) {
            let lower = line.to_lowercase();
            if let Some(word) = words.iter().find(|word| lower.contains(*word)) {
                findings.push(format!("{path}:{at}: {word}"));
            }
        }
    }
    none(&findings);
}

#[test]
fn migrations_make_strict_tables_and_use_no_double_quotes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/migrations");
    let mut findings = Vec::new();
    let folders = fs::read_dir(&root).expect("there are migrations");
    for folder in folders.filter_map(|entry| Some(entry.ok()?.path())) {
        for path in fs::read_dir(&folder).expect("a folder").filter_map(|e| Some(e.ok()?.path())) {
            let text = fs::read_to_string(&path).expect("a migration is text");
            let sql: Vec<_> = text.lines().filter(|line| !line.starts_with("--")).collect();
            let sql = sql.join("\n");
            let tables = sql.matches("create table").count();
            let virtual_tables = sql.matches("create virtual table").count();
            if sql.matches(") strict").count() < tables.saturating_sub(virtual_tables) {
                findings.push(format!("{}: a table is not strict", path.display()));
            }
            if sql.contains('"') {
                findings.push(format!("{}: double quotes", path.display()));
            }
        }
    }
    none(&findings);
}

#[test]
fn actors_do_not_serialise_what_is_theirs() {
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        let inner = path.starts_with("actors/src/") && !path.starts_with("actors/src/kernel/");
        if !inner || is_test(&path) || path.starts_with("actors/src/mail/") {
            continue;
        }
        for (at, line) in code(&text) {
            if line.contains("derive(") && line.contains("Serialize") {
                findings.push(format!("{path}:{at}: wire types live in schema"));
            }
        }
    }
    none(&findings);
}

/// A command is read and written anew on its way to its actor: absent must not become null there.
#[test]
fn fields_that_tell_null_from_absent_are_left_out_where_absent() {
    let mut findings = Vec::new();
    for (path, text) in rust_files().into_iter().filter(|(path, _)| path.starts_with("schema/")) {
        for (at, line) in code(&text) {
            let tells = line.contains("deserialize_with = \"") && line.contains("present\"");
            if tells && !line.contains("skip_serializing_if") {
                findings.push(format!("{path}:{at}: skip_serializing_if = \"Option::is_none\""));
            }
        }
    }
    none(&findings);
}

/// As texts and as bytes its reader would be in the Worker twice.
#[test]
fn json_is_read_as_bytes() {
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        let product = ["schema/", "actors/", "gateway/src/"].iter().any(|it| path.starts_with(it));
        if !product || is_test(&path) || path.starts_with("gateway/src/openapi/") {
            continue;
        }
        for (at, line) in code(&text) {
            if line.contains("serde_json::from_str") {
                findings.push(format!("{path}:{at}: serde_json::from_slice(text.as_bytes())"));
            }
        }
    }
    none(&findings);
}

#[test]
fn the_worker_has_one_sort() {
    let of_std = [".sort(", ".sort_by(", ".sort_by_key(", ".sort_unstable", ".sort_by_cached_key("];
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        let outside = path.starts_with("examples/") || path.contains("/openapi");
        if outside || is_test(&path) || path == "schema/src/sort.rs" {
            continue;
        }
        for (at, line) in code(&text).filter(|(_, line)| of_std.iter().any(|it| line.contains(it)))
        {
            findings.push(format!("{path}:{at}: schema::sort, for the Worker's size: {line}"));
        }
    }
    none(&findings);
}

/// `[patch.crates-io]` puts ours in place of the one that `url` asks for, and stops without a word
/// once `url` asks for another version.
#[test]
fn the_crate_of_international_names_is_ours_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let lock = fs::read_to_string(root.join("Cargo.lock")).expect("a lock file");
    let packages = lock.split("[[package]]\n");
    let idna: Vec<_> = packages.filter(|it| it.starts_with("name = \"idna\"\n")).collect();
    assert_eq!(idna.len(), 1, "actors/idna must have the version that url asks for: {idna:?}");
    assert!(!idna[0].contains("\nsource = "), "it is not actors/idna: {}", idna[0]);
}

#[test]
fn every_file_says_what_it_is() {
    let files = rust_files();
    assert!(files.len() > 100, "the walk finds the tree");
    let silent = files.iter().filter(|(_, text)| !text.starts_with("//!"));
    let findings: Vec<_> = silent.map(|(path, _)| format!("{path}: no //! at its top")).collect();
    none(&findings);
}

#[test]
fn lines_have_at_most_a_hundred_columns() {
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        for (at, line) in text.lines().enumerate() {
            let whole = line.contains("://") || line.trim_start().starts_with("//! |");
            if line.chars().count() > 100 && !whole {
                findings.push(format!("{path}:{}: {} columns", at + 1, line.chars().count()));
            }
        }
    }
    none(&findings);
}

#[test]
fn files_have_at_most_four_hundred_lines_of_code() {
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        let all = if is_test(&path) { text.lines().count() } else { code(&text).count() };
        // Lists of wire types, and the tests of one actor, are looked up rather than read.
        let most = match (is_test(&path), path.starts_with("schema/")) {
            (true, _) => 700,
            (_, true) => 500,
            _ => 400,
        };
        if all > most {
            findings.push(format!("{path}: {all} lines: split it by concept"));
        }
    }
    none(&findings);
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two halves, so that this list does not find itself.
    let words = [
        ("FIX", "ME"),
        ("XX", "X"),
        ("TO", "DO"),
        ("todo", "!("),
        ("unimple", "mented!("),
        ("#[ign", "ore"),
        ("dbg", "!("),
        ("#[should_", "panic"),
    ];
    let mut findings = Vec::new();
    for (path, text) in rust_files() {
        for (at, line) in text.lines().enumerate() {
            for (head, tail) in words {
                if line.contains(&format!("{head}{tail}")) {
                    findings.push(format!("{path}:{}: {head}{tail}", at + 1));
                }
            }
        }
    }
    none(&findings);
}

#[test]
fn the_entry_file_writes_out_every_socket_handler() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let entry = fs::read_to_string(root.join("gateway/actor.js")).expect("the entry file");
    for handler in ["webSocketMessage(", "webSocketClose(", "webSocketError(", "alarm("] {
        assert!(entry.contains(handler), "{handler} is missing: its default is a trap");
    }
}

/// Tests make D1, queues and actors fail from an entry file of their own; what is deployed has no way
/// to be asked for that.
#[test]
fn what_is_deployed_has_no_faults_to_ask_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("a file of the tree");
    let mut findings = Vec::new();
    for path in ["schema/Cargo.toml", "actors/Cargo.toml", "gateway/Cargo.toml"] {
        let manifest = read(path);
        let features = manifest.split("\n[features]\n").nth(1).unwrap_or_default();
        let features = features.split("\n[").next().unwrap_or_default();
        let names = features.lines().filter(|line| !line.starts_with('#'));
        let names = names.filter_map(|line| line.split_once(" = ").map(|(name, _)| name));
        for name in names.filter(|name| *name != "openapi") {
            findings.push(format!("{path}: the feature {name}: is it for tests alone?"));
        }
    }
    if !read("wrangler.toml").contains("\nmain = \"gateway/entry.js\"\n") {
        findings.push("wrangler.toml: another entry than gateway/entry.js".into());
    }
    for path in ["gateway/entry.js", "gateway/actor.js", "gateway/gate.js"] {
        let text = read(path);
        for word in ["tests/", "/test", "trap.wasm", "asked for"] {
            if text.contains(word) {
                findings.push(format!("{path}: {word}"));
            }
        }
    }
    for (path, text) in rust_files() {
        let product = ["schema/", "actors/", "gateway/"].iter().any(|it| path.starts_with(it));
        if product && !is_test(&path) && text.contains("\"/test/") {
            findings.push(format!("{path}: a door for tests"));
        }
    }
    none(&findings);
}

/// The type that a call of `event` or `event_by` names, where it names one.
fn kind_of(call: &str) -> Option<&str> {
    let call = call.split(';').next()?;
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    let texts = call.split('"').skip(1).step_by(2);
    texts.take(1).find(|text| text.split_once('.').is_some_and(|(a, b)| word(a) && word(b)))
}

#[test]
fn every_type_of_event_of_a_room_says_who_may_see_it() {
    let (mut findings, mut count) = (Vec::new(), 0);
    for (path, text) in rust_files() {
        if !path.starts_with("actors/src/workspace_room") || is_test(&path) {
            continue;
        }
        let code: String = code(&text).map(|(_, line)| format!("{line}\n")).collect();
        for call in ["event(", "event_by("].iter().flat_map(|name| code.split(name).skip(1)) {
            let Some(kind) = kind_of(call) else { continue };
            count += 1;
            if schema::audience::of(kind).is_none() {
                findings.push(format!("{path}: {kind} has no row in schema/src/audience.rs"));
            }
        }
    }
    assert!(count >= 40, "only {count} events were found");
    none(&findings);
}
