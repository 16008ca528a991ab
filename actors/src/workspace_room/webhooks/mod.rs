//! Outgoing webhooks: customers' servers that are told what happens.
//!
//! The event log itself is the queue. A webhook remembers the last event that it has looked at; one
//! outbox entry per webhook takes the next few that it wants, and sends them together. What fails
//! is a row that waits for its next try, while later events go on; a receiver that fails altogether
//! is left alone for longer and longer, and switched off after [`FAILING_MS_MAX`]. A workspace
//! without webhooks pays for none of it: whether there is one is a bit in the head row, which every
//! step reads anyway.
//!
//! | part | what it holds |
//! | --- | --- |
//! | [`handle`] | one command a file |
//! | [`flow`] | from an event to an entry, from an entry to requests, from answers to rows |
//! | [`payload`] | the body of a request |
//! | [`view`] | what is shown, what events tell |
//! | [`store`] | every statement |

pub mod flow;
pub mod handle;
pub mod payload;
pub mod store;
pub mod view;

#[cfg(test)]
mod tests;

use crate::kernel::{Migration, migration};
use schema::Millis;

/// The tables of webhooks, and of files that are brought from outside.
pub const MIGRATION: Migration = migration!("workspace_room/0007_outside");

/// The outbox kind of a webhook's next requests; its key is the webhook's id.
pub const OUTBOX: &str = "webhook";
/// The timer kind that comes back to a webhook; its key is the webhook's id.
pub const TIMER: &str = "webhook";
/// The timer kind that takes a deleted webhook's rows away; its key is the webhook's number.
pub const TRIM: &str = "webhook.trim";
/// The bit of the head row that says whether there is a webhook that is switched on.
pub const MARK: u32 = 0;

/// How long requests may be under way, over the shell's own limit.
pub const LEASE_MS: Millis = 60_000;
/// How many requests of one webhook are under way at once. The platform has six connections.
pub const AT_ONCE: i64 = 4;
/// How many events are looked at in one go.
pub const LOOK_MAX: i64 = 200;
/// How many deliveries of one webhook may wait; while there are as many, later events wait in the
/// log.
pub const WAITING_MAX: i64 = 1_000;
/// How many events back deliveries are kept.
pub const KEPT_EVENTS: i64 = 20_000;
/// After how long without one success a webhook is switched off.
pub const FAILING_MS_MAX: Millis = 5 * 24 * HOUR_MS;
/// The waits before the second and later tries: the schedule of the specification.
pub const SCHEDULE_MS: [Millis; 9] = [
    5_000,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];

const MINUTE_MS: Millis = 60_000;
const HOUR_MS: Millis = 60 * MINUTE_MS;
