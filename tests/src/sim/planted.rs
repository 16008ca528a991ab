//! Planted bugs: proof that the simulator finds what it is there to find.
//!
//! Each is a small file in `tests/planted/`: a few replacements in the product's sources. A bug is
//! applied to a copy of the tree below `target/planted/`, built there, and run until a seed fails.
//! Nothing of it is in any build of the product.

use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In how many seeds a bug has to be found.
const SEEDS_MAX: u64 = 1_000;
/// In how many that play weeks of outreach.
const WEEKS_SEEDS_MAX: u64 = 20;
/// What is copied of the tree: wherever a member of the workspace is.
pub const FOLDERS: &[&str] = &["schema", "actors", "gateway", "examples", "tests"];

/// A bug.
#[derive(Debug, Deserialize)]
pub struct Bug {
    /// Its file's name.
    #[serde(skip)]
    pub name: String,
    /// What goes wrong.
    pub why: String,
    /// The beginnings of the invariants that may catch it.
    pub caught_by: Vec<String>,
    /// How many weeks of outreach are played to find it, where it is they that must.
    #[serde(default)]
    pub weeks: Option<i64>,
    /// What is changed.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Debug, Deserialize)]
pub struct Edit {
    /// In which file, from the root.
    pub file: String,
    /// The lines that are replaced; they stand there exactly once.
    pub find: Vec<String>,
    /// The lines that come in their place.
    pub replace: Vec<String>,
}

impl Bug {
    const fn seeds_max(&self) -> u64 {
        if self.weeks.is_some() { WEEKS_SEEDS_MAX } else { SEEDS_MAX }
    }
}

impl Edit {
    /// The text with the replacement made.
    ///
    /// # Errors
    /// Where what is to be replaced does not stand there exactly once.
    pub fn apply(&self, text: &str) -> Result<String, String> {
        let (find, replace) = (self.find.join("\n"), self.replace.join("\n"));
        match text.matches(&find).count() {
            1 => Ok(text.replacen(&find, &replace, 1)),
            count => Err(format!("{}: {count} times: {find}", self.file)),
        }
    }
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All bugs, by name.
///
/// # Panics
/// Where a file cannot be read.
#[must_use]
pub fn bugs() -> Vec<Bug> {
    let folder = root().join("tests/planted");
    let entries = fs::read_dir(folder).expect("there are planted bugs");
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a bug is text");
        let mut bug: Bug = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        bug.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        bug
    };
    paths.into_iter().map(read).collect()
}

/// Plants each bug whose name contains `only`, and prints what found it; false where one was not.
pub fn run(only: &str) -> bool {
    let tree = root().join("target/planted/tree");
    let bugs: Vec<_> = bugs().into_iter().filter(|bug| bug.name.contains(only)).collect();
    println!("{:<38} {:<48} {:>5} {:>8}", "bug", "caught by", "seed", "seeds");
    let mut missed = Vec::new();
    for bug in &bugs {
        copy_tree(&tree);
        let found = plant(&tree, bug).and_then(|()| build(&tree)).and_then(|()| hunt(&tree, bug));
        match found {
            Ok(Some((seed, invariant))) => {
                let right = bug.caught_by.iter().any(|start| invariant.starts_with(start));
                let note = if right { "" } else { "  (by another invariant than was thought)" };
                println!("{:<38} {invariant:<48} {seed:>5} {seed:>8}{note}", bug.name);
                if !right {
                    missed.push(bug.name.as_str());
                }
            }
            Ok(None) => {
                println!("{:<38} not caught in {} seeds", bug.name, bug.seeds_max());
                missed.push(&bug.name);
            }
            Err(why) => {
                println!("{:<38} {why}", bug.name);
                missed.push(&bug.name);
            }
        }
    }
    println!(
        "{} bugs planted, {} caught; missed: {missed:?}",
        bugs.len(),
        bugs.len() - missed.len()
    );
    missed.is_empty() && !bugs.is_empty()
}

/// Brings the copy to what the tree is. Files that are the same stay as they are, so that cargo
/// builds again only what a bug has touched.
fn copy_tree(to: &Path) {
    let root = root();
    for name in ["Cargo.toml", "Cargo.lock"] {
        copy_file(&root.join(name), &to.join(name));
    }
    for folder in FOLDERS {
        copy_folder(&root.join(folder), &to.join(folder));
    }
}

fn copy_folder(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = path.file_name() else { continue };
        // What was built from the sources, and what tools keep beside them.
        let made = ["target", "node_modules", "build"].iter().any(|skip| name == *skip);
        if made || name.to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            copy_folder(&path, &to.join(name));
        } else {
            copy_file(&path, &to.join(name));
        }
    }
}

fn copy_file(from: &Path, to: &Path) {
    let Ok(bytes) = fs::read(from) else { return };
    if fs::read(to).is_ok_and(|known| known == bytes) {
        return;
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).expect("the copy has room");
    }
    fs::write(to, bytes).expect("the copy has room");
}

fn plant(tree: &Path, bug: &Bug) -> Result<(), String> {
    for edit in &bug.edits {
        let path = tree.join(&edit.file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", edit.file))?;
        fs::write(&path, edit.apply(&text)?).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn build(tree: &Path) -> Result<(), String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "postroom-tests", "--bin", "sim"])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", tree.join("../build"))
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = text.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned();
    Err(format!("does not build: {error}"))
}

/// The first seed that fails, and the invariant.
fn hunt(tree: &Path, bug: &Bug) -> Result<Option<(u64, String)>, String> {
    let weeks = bug.weeks.map(|weeks| ["--weeks".to_owned(), weeks.to_string()]);
    let output = Command::new(tree.join("../build/debug/sim"))
        .args(["--seeds", &bug.seeds_max().to_string(), "--from", "1", "--first"])
        .args(weeks.iter().flatten())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("first: "));
    if line.is_none() && !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the simulator itself fails: {}", text.lines().next().unwrap_or("")));
    }
    let found = line.and_then(|line| line.split_once(' '));
    Ok(found.and_then(|(seed, invariant)| Some((seed.parse().ok()?, invariant.to_owned()))))
}
