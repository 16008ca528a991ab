//! A large room: loaded by the product's importer, asked through the product's actor, on SQLite in
//! a file, with the small page cache that SQLite has by itself.
//!
//! Times are the processor's, of one thread and with what the system does for it (reading pages),
//! so that what else the machine does is not in them: an actor waits for nothing. The texts have
//! the shape of a language: few words are in most of them, most words in few, and many share a
//! stem.

mod ask;
mod load;
mod questions;
mod words;
mod write;

use actors::kernel::native::Native;
use actors::kernel::testing::{Bench, WORKSPACE};
use actors::workspace_room::Core;
use schema::Principal;
use std::fs;
use std::path::Path;

/// How long a list, a search or a look-up may take at p99, in milliseconds.
pub const MOST_MS: f64 = 20.0;

/// How much there is in the room.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Tickets.
    pub tickets: u64,
    /// Comments of each.
    pub comments_each: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For people.
    pub text: String,
    /// What was written, for people.
    pub rows: String,
    /// What took too long.
    pub slow: Vec<String>,
    /// How many comments the room has in the end.
    pub comments: i64,
    /// How many questions found something.
    pub answered: u64,
    /// The kinds of questions of which none found anything.
    pub silent: Vec<String>,
}

/// A room, somebody who may ask it, and what is known of it.
pub struct Big {
    /// The room.
    pub bench: Bench<Core>,
    /// Its owner.
    pub owner: Principal,
    /// Its agents, as ids.
    pub agents: Vec<String>,
    /// The words of its texts, the most common first.
    pub words: words::Words,
    /// What is in it.
    pub size: Size,
    /// What loading it wrote.
    pub loaded: String,
}

/// Loads a room, asks it, and says how long that took. A room that is kept is loaded once.
#[must_use]
pub fn run(size: Size, times: u64, kept: Option<&Path>, only: &str) -> Outcome {
    let began = now_ms();
    let folder = std::env::temp_dir().join(format!("postroom-big-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the room");
    let room = folder.join("room.sqlite");
    let loaded = kept.filter(|kept| kept.exists());
    if let Some(loaded) = loaded {
        fs::copy(loaded, &room).expect("the room that was kept");
    }
    let home = Native::open_file(&room).expect("SQLite in a file");
    let bench = Bench::over(home, WORKSPACE.to_string());
    let mut big = if loaded.is_some() { load::again(bench, size) } else { load::load(bench, size) };
    if let (Some(kept), None) = (kept, loaded) {
        let copy = "vacuum into ?";
        let to = kept.to_string_lossy();
        big.bench.home.connection().execute(copy, [to]).expect("the room is kept");
    }
    let mut outcome = Outcome::default();
    let Size { tickets, comments_each } = size;
    outcome.text += &format!(
        "{tickets} tickets with {} comments, imported in {} s of the processor\n",
        tickets * comments_each,
        ((now_ms() - began) / 1e3) as u64
    );
    outcome.rows += &big.loaded;
    write::storage(&big, &mut outcome);
    ask::everything(&mut big, times, only, &mut outcome);
    ask::to_the_end(&mut big, &mut outcome);
    write::comments(&mut big, times, &mut outcome);
    write::tickets(&mut big, times, &mut outcome);
    outcome.text += "\n";
    outcome.text += &outcome.rows;
    outcome.comments = big.bench.count("comments");
    drop(big);
    fs::remove_dir_all(&folder).expect("the room's folder is ours");
    outcome
}

/// The processor time that this thread has had, in milliseconds.
fn now_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
