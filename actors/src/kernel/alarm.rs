//! When an object wakes next: one alarm for all that is due, and how long failures wait.
//!
//! To the platform, an alarm that is set for the time that it has already is no change, also while
//! its handler runs: it has gone off, and never does again. A time that is over counts as now,
//! which may be the very millisecond that it went off in. So it is never set for what it had.

use super::actor::Actor;
use super::context::Ctx;
use super::sql::Sql;
use super::store::head::{self, Head};
use schema::{Millis, Reject};

/// How long the first failure waits.
pub(super) const RETRY_MS: Millis = 1_000;

/// So late an alarm may go off: none does while the handler of the one before waits for what it
/// began. To arm it anew for each command meanwhile would be a commit each time.
const LATE_MS: Millis = 2_000;

/// Arms the alarm for the earliest thing that is due, and for `guard`, unless it is armed for that
/// or earlier. One that goes off, set for `fired`, is none.
pub(super) fn arm<A: Actor>(
    sql: &dyn Sql,
    head: &mut Head,
    (now, fired): (Millis, Option<Millis>),
    guard: Option<Millis>,
) -> Result<(), Reject> {
    let at_once = now + 1;
    let kept = head.alarm.filter(|_| fired.is_none());
    let armed = kept.filter(|at| *at > at_once);
    head.alarm = armed;
    let Some(due) = head::due(sql)?.into_iter().chain(guard).min() else { return Ok(()) };
    let waits = kept.is_some_and(|at| at <= at_once && now < at + LATE_MS);
    if waits && (due <= at_once || guard == Some(due)) {
        head.alarm = kept;
        return Ok(());
    }
    if armed.is_none_or(|at| due < at || (A::THRIFTY && at < due)) {
        let at = due.max(at_once);
        // It went off early, by the object's clock.
        let at = if fired == Some(at) { at + 1 } else { at };
        sql.set_alarm(at)?;
        head.alarm = Some(at);
    }
    Ok(())
}

/// How long to wait before the next try: doubling from a second to `most`, with jitter.
pub(super) fn backoff(ctx: &mut Ctx<'_>, attempts: i64, most: Millis) -> Millis {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(20);
    let wait = (RETRY_MS << doublings).min(most);
    wait / 2 + ctx.random_below(wait / 2)
}
