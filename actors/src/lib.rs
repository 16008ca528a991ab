//! The actors of Postroom: pure, synchronous state machines over SQL, and the kernel they share.
//!
//! An actor's core takes a time, a principal, a command and its own SQL, and gives a reply, events,
//! timers and outbox entries. It compiles to the same code in a unit test, in the simulator and in
//! a Durable Object; only `kernel/host` and the shells know the Worker runtime.

pub mod alert;
pub mod gather;
pub mod inbox_state;
pub mod kernel;
pub mod mail;
pub mod prospect_dedup;
pub mod rate_limiter;
pub mod warmup_counter;
pub mod webhook;
pub mod workspace_room;

#[cfg(target_arch = "wasm32")]
pub mod objects;
