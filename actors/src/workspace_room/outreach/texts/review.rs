//! Telling operators that texts wait for somebody to look at them: once when the first does, and
//! once when none does any more.
//!
//! The timer stands as long as they have been told that some wait. A step whose text waits may end
//! in many ways, which are not noticed here: it is looked at again every quarter of an hour.

use super::texts;
use crate::alert;
use crate::kernel::Ctx;
use crate::kernel::store::timers;
use schema::alert::{Alert, AlertKind, AlertState};
use schema::{Millis, Reject};

/// Looks whether texts still wait.
pub const TIMER: &str = "outreach.review";
const LOOK_MS: Millis = 15 * 60 * 1000;

/// A text whose step is still to be sent waits.
///
/// # Errors
/// A storage fault.
pub fn waits(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if were_told(ctx)? {
        return Ok(());
    }
    come_back(ctx)?;
    tell(ctx, AlertState::Raised)
}

/// A text that waited does not any more.
///
/// # Errors
/// A storage fault.
pub fn waits_no_more(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if !were_told(ctx)? || some_wait(ctx)? {
        return Ok(());
    }
    ctx.cancel_timer(TIMER, "")?;
    tell(ctx, AlertState::Recovered)
}

/// Some may have come to wait, and others may not any more.
///
/// # Errors
/// A storage fault.
pub fn look(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if some_wait(ctx)? { waits(ctx) } else { waits_no_more(ctx) }
}

/// Looks again.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if some_wait(ctx)? { come_back(ctx) } else { tell(ctx, AlertState::Recovered) }
}

fn were_told(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    Ok(timers::due_of(ctx.sql, TIMER, "")?.is_some())
}

fn some_wait(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    Ok(texts::to_review(ctx.sql, 1)? > 0)
}

fn come_back(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let at = ctx.now + LOOK_MS;
    Ok(ctx.set_timer(TIMER, "", at, &[])?)
}

fn tell(ctx: &mut Ctx<'_>, state: AlertState) -> Result<(), Reject> {
    let reason = (state == AlertState::Raised).then(|| "a text waits for approval".to_owned());
    let workspace = ctx.principal.workspace;
    let new = Alert::new(AlertKind::ReviewNeeded, state, ctx.now, workspace);
    Ok(alert::ring(ctx, Alert { reason, ..new })?)
}
