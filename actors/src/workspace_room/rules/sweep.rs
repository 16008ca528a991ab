//! What is forgotten with time: passes after 30 days, ended workflow runs after 90.

use super::store::{passes, workflow_runs};
use crate::kernel::Ctx;
use crate::kernel::store::timers;
use schema::{Millis, Reject};

/// The timer's kind.
pub const TIMER: &str = "rules.sweep";

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
const PASSES_KEPT_MS: Millis = 30 * DAY_MS;
const RUNS_KEPT_MS: Millis = 90 * DAY_MS;
const BATCH: i64 = 500;

/// Sees to it that a sweep follows.
///
/// # Errors
/// A storage fault.
pub fn arm(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if timers::due_of(ctx.sql, TIMER, "")?.is_none() {
        ctx.set_timer(TIMER, "", ctx.now + DAY_MS, &[])?;
    }
    Ok(())
}

/// Forgets what is old, a bounded number of it, and arms the next sweep.
///
/// # Errors
/// A storage fault.
pub fn sweep(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let oldest = passes::oldest(ctx.sql, BATCH)?;
    let old = oldest.iter().take_while(|(_, at)| *at < ctx.now - PASSES_KEPT_MS);
    let last = old.last().map(|(number, _)| *number);
    if let Some(number) = last {
        passes::forget(ctx.sql, number)?;
    }
    workflow_runs::forget(ctx.sql, ctx.now - RUNS_KEPT_MS, BATCH)?;
    let full = oldest.last().is_some_and(|(number, _)| last == Some(*number));
    if !oldest.is_empty() || workflow_runs::any(ctx.sql)? {
        let wait = if full && oldest.len() as i64 == BATCH { 0 } else { DAY_MS };
        ctx.set_timer(TIMER, "", ctx.now + wait, &[])?;
    }
    Ok(())
}
