//! What crosses a boundary in Postroom: ids, principals, commands, events, frames, summaries.
//!
//! Everything here is data. There is no I/O, no clock and no Worker type, so that the same types
//! compile into the gateway, the actors, the simulator and the tests.

pub mod alert;
pub mod audience;
pub mod check;
pub mod codec;
pub mod dead_letter;
pub mod delivery;
pub mod domain;
pub mod envelope;
pub mod event;
pub mod frame;
pub mod ids;
pub mod inbox;
pub mod limiter;
pub mod mailbox;
pub mod microsoft;
pub mod page;
pub mod pipeline;
pub mod principal;
pub mod prospect;
pub mod reject;
pub mod report;
pub mod room;
pub mod sort;
pub mod summary;
pub mod suppression;
mod tree;
pub mod view;
pub mod warmup;

pub use envelope::{ActorKind, Answer, Envelope};
pub use principal::{Caller, Permission, Principal, Role};
pub use reject::{Code, Reject};

/// Milliseconds since 1970-01-01T00:00:00Z. Every time in Postroom has this unit.
pub type Millis = i64;
