//! Tests of webhooks through the whole room, with a receiver that the test plays.

mod deliveries;
mod receiver;
mod settings;
