//! The kernel's tables, one file each: every statement, and the typed function above it.

pub mod events;
pub mod head;
pub mod idempotency;
pub mod migrations;
pub mod outbox;
pub mod timers;
