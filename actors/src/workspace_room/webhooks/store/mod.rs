//! The tables of webhooks: every statement, and the typed function that uses it.

pub mod deliveries;
pub mod webhooks;
