//! A limiter that has nothing left to remember forgets itself.
//!
//! There is one for every address that anybody ever logged in from, and for every domain that was
//! ever visited: each would keep its tables for ever. A day after its buckets are full again it
//! knows nothing that a new one would not say as well, and goes. A day, so that what comes every
//! hour, or every night, does not make its tables anew each time.

use super::{buckets, named, provider, store};
use crate::kernel::Ctx;
use schema::limiter::LimitKind;
use schema::{Millis, Reject};

/// The timer that looks whether it may go.
pub const QUIET: &str = "quiet";
const QUIET_MS: Millis = 24 * 60 * 60 * 1000;
/// The bit that says that the timer is set.
const WATCHED: u32 = 0;

/// Sees to it that the timer is set, after something was let through.
///
/// # Errors
/// A storage fault.
pub fn watch(ctx: &mut Ctx<'_>, kind: LimitKind) -> Result<(), Reject> {
    if !ctx.is_marked(WATCHED) {
        let due = buckets::full_at(ctx.sql, kind)? + QUIET_MS;
        ctx.mark(WATCHED, true);
        ctx.set_timer(QUIET, "", due, &[])?;
    }
    Ok(())
}

/// Has the limiter forget everything where it may, or looks again later.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let due = buckets::full_at(ctx.sql, named(ctx)?.0)? + QUIET_MS;
    let is_well = provider::is_well(&store::provider(ctx.sql)?, ctx.now);
    if due <= ctx.now && is_well && ctx.forget()? {
        return Ok(());
    }
    let again = if ctx.now < due { due } else { ctx.now + QUIET_MS };
    Ok(ctx.set_timer(QUIET, "", again, &[])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::{Bench, START_MS, WORKSPACE, system};
    use crate::rate_limiter::Core;
    use schema::limiter::{CallOutcome, Check, CheckReply, LimiterCommand, Report};

    const HOUR_MS: Millis = 60 * 60 * 1000;

    fn bench(kind: LimitKind) -> Bench<Core> {
        Bench::new(kind.instance(WORKSPACE, "203.0.113.7"))
    }

    fn is_allowed(bench: &mut Bench<Core>, kind: LimitKind, key: Option<&str>) -> bool {
        let command = LimiterCommand::Check(Check { kind, cost: None });
        bench.ask::<CheckReply>(&system(), key, &command).expect("an answer").allowed
    }

    fn ten_and_no_more(bench: &mut Bench<Core>) {
        for number in 0..11 {
            assert_eq!(is_allowed(bench, LimitKind::Register, None), number < 10, "{number}");
        }
    }

    /// Fires alarms until the limiter has forgotten everything; says when that was.
    fn until_forgotten(bench: &mut Bench<Core>) -> Millis {
        while !bench.has_forgotten() {
            assert!(bench.fire_alarm(), "something is to come");
        }
        assert_eq!(bench.home.alarm(), None);
        bench.now
    }

    #[test]
    fn a_day_after_it_is_full_again_it_forgets_everything_and_counts_anew() {
        let mut bench = bench(LimitKind::Register);
        ten_and_no_more(&mut bench);
        assert_eq!(until_forgotten(&mut bench), START_MS + HOUR_MS + QUIET_MS);
        // Whatever is still on its way changes nothing.
        bench.alarm();
        assert!(bench.begin().is_empty());
        assert_eq!((bench.has_forgotten(), bench.home.alarm()), (true, None));
        // A call in the same life of the object.
        ten_and_no_more(&mut bench);
        assert_eq!(until_forgotten(&mut bench), START_MS + 2 * (HOUR_MS + QUIET_MS));
        // And in another.
        bench.restart();
        ten_and_no_more(&mut bench);
        bench.restart();
        assert!(!is_allowed(&mut bench, LimitKind::Register, None));
    }

    #[test]
    fn whoever_comes_again_within_the_day_keeps_it() {
        let mut bench = bench(LimitKind::Register);
        ten_and_no_more(&mut bench);
        bench.now += QUIET_MS;
        ten_and_no_more(&mut bench);
        bench.restart();
        assert!(bench.fire_alarm() && !bench.has_forgotten());
        assert_eq!(until_forgotten(&mut bench), START_MS + HOUR_MS + 2 * QUIET_MS);
    }

    #[test]
    fn a_provider_that_failed_is_remembered_until_it_answers() {
        let mut bench = bench(LimitKind::Data);
        assert!(is_allowed(&mut bench, LimitKind::Data, None));
        let tell = |bench: &mut Bench<Core>, outcome| {
            let report = Report { kind: LimitKind::Data, outcome, probe: None };
            bench.call(&system(), None, &LimiterCommand::Report(report)).expect("noted");
        };
        tell(&mut bench, CallOutcome::Failed);
        for _ in 0..3 {
            assert!(bench.fire_alarm() && !bench.has_forgotten());
        }
        tell(&mut bench, CallOutcome::Ok);
        assert!(bench.fire_alarm() && bench.has_forgotten());
    }

    #[test]
    fn an_answer_that_is_kept_under_a_key_is_kept_as_long() {
        let mut bench = bench(LimitKind::Login);
        assert!(is_allowed(&mut bench, LimitKind::Login, None));
        bench.now += QUIET_MS;
        assert!(is_allowed(&mut bench, LimitKind::Login, Some("key")));
        let kept_until = bench.now + QUIET_MS;
        assert!(kept_until <= until_forgotten(&mut bench));
    }
}
