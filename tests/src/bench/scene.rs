//! What the driver is told, and what it tells: one phase against one target.

use super::tally::Latency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One phase against one target, as JSON on standard input.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scene {
    /// How the target talks.
    pub speech: Speech,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Its processes; their children count as well.
    pub pids: Vec<u32>,
    /// The path of its constant answer.
    pub health: String,
    /// The rooms there are; a phase uses the first of them.
    pub rooms: Vec<Room>,
    /// What to do.
    pub phase: Phase,
    /// How long to measure.
    pub seconds: f64,
    /// How long to do it before that.
    pub warm_seconds: f64,
    /// A word that no other call of this run has: part of each key and id.
    pub nonce: String,
}

/// The dialect of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speech {
    /// Postroom's own protocol.
    Postroom,
    /// A bare WebSocket with one JSON object a frame.
    Plain,
    /// Socket.IO over WebSocket.
    Socketio,
}

/// A room that is there already.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Room {
    /// What comments are posted to: a room's name, or a ticket of Postroom.
    pub id: String,
    /// The workspace, where the target has such.
    #[serde(default)]
    pub workspace: String,
    /// Tokens of those who sit there, used in turn.
    pub tokens: Vec<String>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Phase {
    /// The constant answer, as fast as it comes.
    Get {
        /// How many ask.
        clients: usize,
    },
    /// Durable comments by HTTP, each writer the next as soon as one is acknowledged.
    Append {
        /// How many write.
        writers: usize,
        /// Into how many rooms.
        rooms: usize,
    },
    /// The last 50 comments of a room.
    List {
        /// How many ask.
        clients: usize,
    },
    /// Durable comments over sockets, one socket a room.
    Speak {
        /// How many rooms.
        rooms: usize,
        /// The most frames a second that a connection may send; the writer waits where it must.
        #[serde(default)]
        frames_max: Option<u32>,
    },
    /// Comments by HTTP that are told to everybody in the room.
    Fanout {
        /// How many rooms.
        rooms: usize,
        /// How many sockets in each.
        sockets: usize,
        /// How many write.
        writers: usize,
        /// Comments a second in all; as fast as they are acknowledged where it is missing.
        #[serde(default)]
        rate: Option<f64>,
    },
    /// Sockets that join a room at once.
    Join {
        /// How many.
        sockets: usize,
    },
}

/// What a phase came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outcome {
    /// What was done in the time: answers, acknowledgements, deliveries or joins.
    pub operations: u64,
    /// How long that took.
    pub seconds: f64,
    /// From asking to the answer, or from writing to the delivery.
    pub latency: Latency,
    /// Answers as wanted, or comments that were acknowledged; the warm-up's too.
    pub accepted: u64,
    /// What did not succeed, by its status, or by what went wrong.
    pub errors: BTreeMap<String, u64>,
    /// Deliveries that never came; nothing where a phase looks for none.
    pub lost: Option<u64>,
    /// Events that came after a later one, or twice; looked for where `lost` is.
    pub disordered: u64,
    /// Frames that carried the deliveries.
    pub frames: u64,
    /// Processor seconds of the target, in the same time.
    pub cpu_seconds: f64,
    /// The share of a processor that the driver itself used.
    pub busy: f64,
}

impl Outcome {
    /// Operations a second.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.operations as f64 / self.seconds } else { 0.0 }
    }

    /// Processor microseconds of the target for each operation; without end where none was done.
    pub fn cpu_us(&self) -> f64 {
        match self.operations {
            0 => f64::INFINITY,
            count => self.cpu_seconds * 1e6 / count as f64,
        }
    }

    /// Notes something that did not succeed.
    pub fn error(&mut self, what: impl Into<String>) {
        self.failed(what, 1);
    }

    /// Notes so many callers that were still waiting at the end.
    pub fn unanswered(&mut self, count: usize) {
        self.failed("no answer", count as u64);
    }

    /// Notes that something did not succeed so many times.
    pub fn failed(&mut self, what: impl Into<String>, count: u64) {
        if count > 0 {
            *self.errors.entry(what.into()).or_default() += count;
        }
    }
}
