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

/// A text waits, or may not any more.
///
/// # Errors
/// A storage fault.
pub fn look(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let were_told = timers::due_of(ctx.sql, TIMER, "")?.is_some();
    let wait = some_wait(ctx)?;
    match (were_told, wait) {
        (false, true) => {
            come_back(ctx)?;
            tell(ctx, AlertState::Raised)
        }
        (true, false) => {
            ctx.cancel_timer(TIMER, "")?;
            tell(ctx, AlertState::Recovered)
        }
        _ => Ok(()),
    }
}

/// Looks again.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if some_wait(ctx)? { come_back(ctx) } else { tell(ctx, AlertState::Recovered) }
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
