//! The commands, one file each (what belongs together in one).

mod connect_microsoft;
mod delivery_webhook;
mod mailbox;
mod note_deliveries;
mod pause;
mod read;
mod register;
mod report;
mod resolve;
mod send;

pub use connect_microsoft::connect_microsoft;
pub use delivery_webhook::{
    delete_delivery_webhook, delivery_keys, make_delivery_webhook, rotate_delivery_secret,
};
pub use mailbox::{connect, disconnect, forget_passed_over, sync};
pub use note_deliveries::note_deliveries;
pub use pause::{pause, resume};
pub use read::{get_send, list_sends, status};
pub use register::{configure, register};
pub use report::record_report;
pub use resolve::{cancel_send, resolve};
pub use send::{compose, compose_apart, message_id, send};

#[cfg(test)]
pub(super) mod tests;
