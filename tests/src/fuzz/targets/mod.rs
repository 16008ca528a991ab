//! The targets that are bytes in and a rule out: run unguided by `npm run fuzz`, guided by
//! `npm run fuzz:guided`, and over their kept inputs by `cargo test`.
//!
//! A target says in a word what came of an input, or which rule it broke. What is costly to make (a
//! room with its tables, mail's settings) is made once and used for all inputs of a thread.

mod commands;
mod files;
mod mails;
mod model;
mod room;
mod texts;
mod wire;

use super::Target;
use super::mutate::{Kind, Seeds, damaged};
use super::words;
use crate::sim::random::Random;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs the product on an input.
pub type Check = Box<dyn FnMut(&[u8]) -> Result<&'static str, String>>;

/// The targets, each with how many of ten thousand executions are its own where all are run: about
/// as many as take each of them as long.
pub const TARGETS: [(&str, u64); 10] = [
    ("envelope_decode", 2_400),
    ("mime_to_comment", 40),
    ("html_sanitise", 20),
    ("csv_import", 1_600),
    ("ws_frame", 100),
    ("webhook_verify", 1_200),
    ("cursor_decode", 1_200),
    ("email_normalise", 1_200),
    ("template_render", 2_200),
    ("actor_commands", 4),
];

/// A target by its name.
#[must_use]
pub fn check(name: &str) -> Option<Check> {
    let check: Check = match name {
        "envelope_decode" => Box::new(wire::envelope_decode),
        "mime_to_comment" => mails::mime_to_comment(),
        "html_sanitise" => Box::new(mails::html_sanitise),
        "csv_import" => Box::new(files::csv_import),
        "ws_frame" => wire::ws_frame(),
        "webhook_verify" => Box::new(wire::webhook_verify),
        "cursor_decode" => wire::cursor_decode(),
        "email_normalise" => Box::new(texts::email_normalise),
        "template_render" => Box::new(texts::template_render),
        "actor_commands" => commands::actor_commands(),
        _ => return None,
    };
    Some(check)
}

/// The folder of a target's kept inputs.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fuzz").join(name)
}

/// The kept inputs of a target, in the order of their files' names.
///
/// # Panics
/// Where the folder cannot be read.
#[must_use]
pub fn kept(name: &str) -> Vec<(String, Vec<u8>)> {
    let read = |entry: fs::DirEntry| {
        let bytes = fs::read(entry.path()).expect("a kept input");
        (entry.file_name().to_string_lossy().into_owned(), bytes)
    };
    let entries = fs::read_dir(folder(name)).expect("a folder of kept inputs").flatten();
    let mut kept: Vec<_> = entries.map(read).collect();
    kept.sort();
    kept
}

/// One of them as `npm run fuzz` runs it: with its kept inputs, damaged.
pub struct Property {
    name: &'static str,
    seeds: Seeds,
    words: &'static [&'static str],
    check: Check,
}

impl Property {
    /// A target by its name.
    #[must_use]
    pub fn new(name: &'static str) -> Option<Property> {
        let words = match name {
            "mime_to_comment" => words::MAIL,
            "html_sanitise" => words::HTML,
            "csv_import" => words::CSV,
            "ws_frame" | "envelope_decode" => words::FRAME,
            _ => words::TEXT,
        };
        let small = kept(name).into_iter().map(|(_, bytes)| bytes).collect();
        Some(Property {
            name,
            seeds: Seeds { small, ..Seeds::default() },
            words,
            check: check(name)?,
        })
    }
}

impl Target for Property {
    fn name(&self) -> &'static str {
        self.name
    }

    fn input(&self, random: &mut Random) -> Vec<u8> {
        damaged(&self.seeds, Kind::Words(self.words), random)
    }

    fn run(&mut self, input: &[u8], _: &mut Random) -> Result<&'static str, String> {
        (self.check)(input)
    }
}
