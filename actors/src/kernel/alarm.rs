//! When an object wakes next: one alarm for all that is due, and how long failures wait.

use super::actor::Actor;
use super::context::Ctx;
use super::sql::Sql;
use super::store::head::{self, Head};
use schema::{Millis, Reject};

/// How long the first failure waits.
pub(super) const RETRY_MS: Millis = 1_000;

/// Arms the alarm for the earliest thing that is due, unless it is armed for that or earlier.
pub(super) fn arm<A: Actor>(
    sql: &dyn Sql,
    head: &mut Head,
    now: Millis,
    fired: bool,
) -> Result<(), Reject> {
    let armed = head.alarm.filter(|at| !fired && *at > now);
    head.alarm = armed;
    let Some(due) = head::due(sql)? else { return Ok(()) };
    if armed.is_none_or(|at| due < at || (A::THRIFTY && at < due)) {
        sql.set_alarm(due)?;
        head.alarm = Some(due);
    }
    Ok(())
}

/// How long to wait before the next try: doubling from a second to `most`, with jitter.
pub(super) fn backoff(ctx: &mut Ctx<'_>, attempts: i64, most: Millis) -> Millis {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(20);
    let wait = (RETRY_MS << doublings).min(most);
    wait / 2 + ctx.random_below(wait / 2)
}
