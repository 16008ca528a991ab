//! Having operators told that trouble begins or ends: by an entry of the outbox, and a message.
//!
//! Whoever asks has noticed a change in the transaction that made it, so that each change is told
//! once, whatever crashes; whether it rings, the object at the other end of the queue says.

use crate::kernel::{Ctx, Effect, Entry, Fault};
use schema::alert::Alert;
use schema::pipeline::{Queue, Work};

/// Tells operators; the body is the message.
pub const OUTBOX: &str = "alert";

/// Has operators told. Of what begins and ends at once, they are told the end.
///
/// # Errors
/// A storage fault.
pub fn ring(ctx: &mut Ctx<'_>, alert: Alert) -> Result<(), Fault> {
    let key = format!("{}/{}", alert.kind.as_str(), ctx.now);
    ctx.outbox(OUTBOX, &key, &Work::Alert(alert).write())
}

/// The message of an entry.
///
/// # Errors
/// None.
pub fn begin(entry: &Entry) -> Result<Effect, schema::Reject> {
    Ok(Effect::Queue { queue: Queue::InboundQueue, body: entry.body.clone() })
}
