//! Where crates come from and on which terms, by `deny.toml`: what can be told without a network.
//!
//! Advisories and duplicate versions are for `npm run audit`, which builds cargo-deny and asks for
//! the list of them.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file of the tree")
}

/// The lines of a list of `deny.toml`, each with the line before it.
fn list(name: &str) -> Vec<(String, String)> {
    let text = read("deny.toml");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begin = lines.iter().position(|line| *line == format!("{name} = [")).expect("the list");
    let end = begin + lines[begin..].iter().position(|line| *line == "]").expect("its end");
    let entries = (begin + 1..end).filter(|at| !lines[*at].starts_with('#'));
    entries.map(|at| (lines[at - 1].to_owned(), lines[at].to_owned())).collect()
}

/// What stands in quotes.
fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether terms are on a list: `MIT OR Apache-2.0`, `(MIT OR X) AND Y`, and of old `MIT/X`.
fn fits(terms: &str, allowed: &[String]) -> bool {
    let terms = terms.replace('/', " OR ");
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for word in terms.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
        depth += i32::from(word == "(") - i32::from(word == ")");
        match (word, depth) {
            ("AND", 0) => parts.push(String::new()),
            _ => {
                let part = parts.last_mut().expect("there is always one");
                part.push_str(word);
                part.push(' ');
            }
        }
    }
    if let [one] = &parts[..] {
        let inside = one.trim().trim_start_matches("( ").trim_end_matches(" )");
        if inside.contains(" AND ") {
            return inside.split(" OR ").any(|one| fits(one, allowed));
        }
        return inside.split(" OR ").any(|one| allowed.iter().any(|known| known == one.trim()));
    }
    parts.iter().all(|part| fits(part, allowed))
}

#[test]
fn terms_are_read_as_they_are_meant() {
    let allowed = ["MIT", "ISC"].map(str::to_owned);
    for (terms, good) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND ISC", true),
        ("MIT AND GPL-3.0", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("(GPL-3.0 OR BSL-1.0) AND ISC", false),
        ("MIT AND (GPL-3.0 OR ISC)", true),
        ("MIT-0", false),
        ("", false),
    ] {
        assert_eq!(fits(terms, &allowed), good, "{terms}");
    }
}

#[test]
fn every_crate_is_of_the_one_registry_and_of_terms_on_the_list() {
    let allowed: Vec<String> = list("allow").iter().flat_map(|(_, line)| quoted(line)).collect();
    let exceptions: Vec<_> = list("exceptions").iter().map(|(_, line)| quoted(line)).collect();
    let mut unused: Vec<_> = exceptions.iter().map(|it| it[it.len() - 1].clone()).collect();
    let ran = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let metadata: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "{} packages", packages.len());
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let source = package["source"].as_str();
        assert!(source.is_none_or(|source| source == REGISTRY), "{name} is from {source:?}");
        let terms = package["license"].as_str().unwrap_or_default();
        let own = exceptions.iter().filter(|it| it[it.len() - 1] == name);
        let own: Vec<String> = own.flat_map(|it| it[..it.len() - 1].to_vec()).collect();
        let mut all = allowed.clone();
        all.extend(own.iter().cloned());
        assert!(fits(terms, &all), "{name} is of the terms {terms:?}: see deny.toml");
        if !own.is_empty() && !fits(terms, &allowed) {
            unused.retain(|it| it != name);
        }
    }
    assert!(unused.is_empty(), "deny.toml excepts {unused:?} for nothing");
}

#[test]
fn every_crate_of_the_lock_files_is_of_the_registry_or_of_this_tree_with_a_checksum() {
    for file in ["Cargo.lock", "tests/fuzz/Cargo.lock"] {
        let text = read(file);
        let packages: Vec<&str> = text.split("[[package]]").skip(1).collect();
        assert!(packages.len() > 100, "{file}: {} packages", packages.len());
        for package in packages {
            let of = |name: &str| {
                let line = package.lines().find(|line| line.starts_with(&format!("{name} = ")));
                line.map(|line| quoted(line).concat())
            };
            let name = of("name").expect("a name");
            match of("source") {
                Some(source) => {
                    assert_eq!(source, REGISTRY, "{file}: {name}");
                    let checksum = of("checksum").unwrap_or_default();
                    assert_eq!(checksum.len(), 64, "{file}: {name} has no checksum");
                }
                None => {
                    let is_own =
                        name.starts_with("postroom") || ["idna", "web_atoms"].contains(&&*name);
                    assert!(is_own, "{file}: {name} is from nowhere");
                }
            }
        }
    }
}

#[test]
fn every_exception_has_a_reason() {
    for (before, line) in list("exceptions") {
        let is_reason = before.starts_with("# ") && before.len() > 20;
        assert!(is_reason, "deny.toml: {line} stands under no reason");
    }
    let skipped = list("skip");
    assert!(!skipped.is_empty());
    for (_, line) in skipped {
        let reason = line.split("reason = ").nth(1).unwrap_or_default();
        assert!(quoted(reason).concat().len() > 10, "deny.toml: {line} has no reason");
    }
    let text = read("deny.toml");
    for line in text.lines().filter(|line| line.contains("RUSTSEC-")) {
        assert!(line.contains("reason = \""), "deny.toml: {line} has no reason");
    }
    let lock: Value = serde_json::from_str(&read("package-lock.json")).expect("JSON");
    for (name, package) in lock["packages"].as_object().expect("packages") {
        let resolved = package["resolved"].as_str().unwrap_or("https://registry.npmjs.org/");
        assert!(resolved.starts_with("https://registry.npmjs.org/"), "{name} is from {resolved}");
        let is_whole = name.is_empty() || package["integrity"].as_str().is_some();
        assert!(is_whole || package["link"] == true, "package-lock.json: {name} has no checksum");
    }
}
