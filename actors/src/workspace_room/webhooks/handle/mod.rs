//! The commands of webhooks, one a file.

pub mod change_webhook;
pub mod create_webhook;
pub mod delete_webhook;
pub mod deliveries;
pub mod fields;
pub mod read_webhooks;
pub mod rotate_webhook_secret;
