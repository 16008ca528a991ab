//! The trace: one line a step, its hash, and the last lines for a person.

use std::collections::VecDeque;

/// How many lines are kept for a report.
const KEPT: usize = 40;

/// What happened, line by line.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: u64,
    last: VecDeque<String>,
    aloud: bool,
}

impl Trace {
    /// An empty trace; `aloud` prints each line as it is written.
    #[must_use]
    pub const fn new(aloud: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: 0, last: VecDeque::new(), aloud }
    }

    /// Adds a line.
    pub fn line(&mut self, line: String) {
        if self.aloud {
            eprintln!("{line}");
        }
        self.mix(line.as_bytes());
        self.lines += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// Adds bytes to the hash only: answers, frames, rows.
    pub fn mix(&mut self, bytes: &[u8]) {
        // FNV-1a, eight bytes at a time.
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.hash ^= u64::from_le_bytes(word);
            self.hash = self.hash.wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        }
    }

    /// The hash of everything so far.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last lines.
    pub fn last(&self) -> impl Iterator<Item = &str> {
        self.last.iter().map(String::as_str)
    }
}
