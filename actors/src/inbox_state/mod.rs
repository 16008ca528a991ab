//! The `InboxState` actor.

#[cfg(target_arch = "wasm32")]
pub mod transport;
