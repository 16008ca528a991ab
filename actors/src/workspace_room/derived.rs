//! What is derived from rows and from the log: the search index and the figures of the reports.
//!
//! Nothing is written for them when a ticket or a comment is. They are brought up to date when they
//! are asked for, and by a timer every [`EVERY`] events, so that there is never much to catch up
//! with.

use super::{reports, search};
use crate::kernel::Ctx;
use schema::Reject;

/// The timer.
pub const TIMER: &str = "derive";
/// After how many events the timer is set.
pub const EVERY: i64 = 200;
/// How many rows of a kind one step takes in.
pub const AT_ONCE: i64 = 500;

/// Sets the timer where a step has brought the log past a multiple of [`EVERY`].
///
/// # Errors
/// A storage fault.
pub fn note(ctx: &mut Ctx<'_>, before: i64) -> Result<(), Reject> {
    if before / EVERY == ctx.seq() / EVERY { Ok(()) } else { set(ctx) }
}

/// Sets the timer: at once.
///
/// # Errors
/// A storage fault.
pub fn set(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    Ok(ctx.set_timer(TIMER, "", ctx.now, &[])?)
}

/// Brings everything up to date, or as far as one step goes.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let words = search::index::catch_up(ctx, AT_ONCE)?;
    let figures = reports::count::catch_up(ctx, AT_ONCE)?;
    if words || figures {
        set(ctx)?;
    }
    Ok(())
}
