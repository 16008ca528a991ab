//! What all actors share: one synchronous transaction per command, and everything that hangs on it.
//!
//! Reading order: [`sql`] (storage, two homes) → [`migrate`] → [`store`] (the kernel's tables) →
//! [`context`] (what a handler gets) → [`actor`] (what an actor is) → [`effect`] (what it may want
//! from the world) → [`engine`] (how a command and an alarm run), `alarm` (when the next comes),
//! [`turn`] (what they tell) → [`drain`] (how the outbox runs), `trail` (how D1 follows the log) →
//! [`sight`] (what a connection sees), [`presence`] (who is connected), [`sockets`], [`signs`]
//! (frames in, frames out), [`replay`] (what a connection missed) → `host` (the Durable Object,
//! wasm only) and `native` (SQLite in memory, everywhere else), with `testing`, a bench for one
//! actor.

pub mod actor;
mod alarm;
pub mod allowance;
pub mod context;
pub mod drain;
pub mod effect;
pub mod engine;
mod manage;
pub mod migrate;
pub mod presence;
pub mod replay;
pub mod sight;
pub mod signs;
pub mod sockets;
pub mod sql;
pub mod store;
mod sweep;
mod trail;
pub mod turn;
pub mod unicode;
pub mod url;
pub mod zones;

#[cfg(target_arch = "wasm32")]
pub mod host;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

#[cfg(test)]
mod drain_test;
#[cfg(test)]
mod trail_test;

pub use actor::Actor;
pub use context::{Ctx, Ear, Entropy, Reply};
pub use effect::{
    Delivery, Effect, JobFile, MailJob, MailOutcome, Outcome, PostFate, PostJob, Posted,
    RefusedRecipient,
};
pub use engine::Engine;
pub use migrate::Migration;
pub(crate) use migrate::migration;
pub use sql::{Fault, Home, Row, Sql, Value};
pub use store::outbox::Entry;
pub use store::timers::Timer;
pub use turn::Turn;

/// Writes a line to the log. It never holds what a person wrote, nor a secret.
pub(crate) fn log(line: &str) {
    #[cfg(target_arch = "wasm32")]
    {
        let line = serde_json::json!({ "level": "error", "event": "actor", "what": line });
        worker::console_error!("{line}");
    }
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("POSTROOM_LOG").is_some() {
        eprintln!("{line}");
    }
}
