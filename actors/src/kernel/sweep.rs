//! Forgetting stored answers: a timer, from the first of them on.

use super::context::Ctx;
use super::store::timers::Timer;
use super::store::{idempotency, timers};
use schema::{Millis, Reject};

/// How long an answer is kept under its idempotency key.
pub const KEY_KEPT_MS: Millis = 24 * 60 * 60 * 1000;

/// The timer.
pub(super) const SWEEP: &str = "kernel.sweep";
/// How many stored answers one step looks at to forget the old ones.
const SWEPT_AT_ONCE: i64 = 500;

/// Sees to it that an answer which is stored now is forgotten in time.
pub(super) fn expect(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if !ctx.sweeps && timers::due_of(ctx.sql, SWEEP, "")?.is_none() {
        ctx.set_timer(SWEEP, "", ctx.now + KEY_KEPT_MS, &[])?;
    }
    ctx.sweeps = true;
    Ok(())
}

/// Forgets the answers of the next keys, and goes on after them; from the first again in a while.
pub(super) fn sweep(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let after = String::from_utf8_lossy(&timer.body);
    let last = idempotency::sweep(ctx.sql, &after, ctx.now - KEY_KEPT_MS, SWEPT_AT_ONCE)?;
    if let Some(key) = last {
        ctx.set_timer(SWEEP, "", ctx.now, key.as_bytes())?;
    } else if idempotency::any(ctx.sql)? {
        ctx.set_timer(SWEEP, "", ctx.now + KEY_KEPT_MS / 4, &[])?;
    }
    Ok(())
}
