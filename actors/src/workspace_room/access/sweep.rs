//! What time does by itself: sessions that ran out end, invitations are forgotten.
//!
//! Nothing depends on the sweep being punctual but that connections of a session that ran out are
//! closed: each command looks at the clock.

use super::store::{invitations, sessions};
use super::{INVITATION_KEPT_MS, open};
use crate::kernel::Ctx;
use crate::kernel::store::timers;
use schema::{Millis, Reject};

/// The timer's kind.
pub const SWEEP: &str = "access.sweep";

const SESSIONS_PER_SWEEP: i64 = 100;

/// Sees to it that a sweep follows at `due` or before.
///
/// # Errors
/// A storage fault.
pub fn arm(ctx: &mut Ctx<'_>, due: Millis) -> Result<(), Reject> {
    if timers::due_of(ctx.sql, SWEEP, "")?.is_none_or(|armed| due < armed) {
        ctx.set_timer(SWEEP, "", due, &[])?;
    }
    Ok(())
}

/// Ends what has run out, a bounded number of it, and arms the next sweep.
///
/// # Errors
/// A storage fault.
pub fn sweep(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    for session in sessions::expired(ctx.sql, ctx.now, SESSIONS_PER_SWEEP)? {
        open::end(ctx, session)?;
    }
    invitations::forget(ctx.sql, ctx.now - INVITATION_KEPT_MS)?;
    let forgotten = invitations::next_expiry(ctx.sql)?.map(|at| at + INVITATION_KEPT_MS);
    let next = [sessions::next_expiry(ctx.sql)?, forgotten].into_iter().flatten().min();
    if let Some(due) = next {
        arm(ctx, due)?;
    }
    Ok(())
}
