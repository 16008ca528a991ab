//! May it be done now?

use crate::kernel::Ctx;
use crate::rate_limiter::buckets::{self, Verdict};
use crate::rate_limiter::{provider, quiet, same_kind, store};
use schema::Reject;
use schema::limiter::{Check, CheckReply, Circuit, Denial};
use std::num::NonZeroU32;

/// Says whether it may be done now, and counts it if so. For Postroom itself. A refusal counts
/// nothing and writes nothing.
///
/// # Errors
/// `forbidden`; `invalid_input` for another kind, and for a cost that never fits.
pub fn check(ctx: &mut Ctx<'_>, input: &Check) -> Result<CheckReply, Reject> {
    ctx.require_system()?;
    same_kind(ctx, input.kind)?;
    let cost = NonZeroU32::new(input.cost.unwrap_or(1));
    let cost = cost.ok_or_else(|| Reject::field("cost", "must be at least 1"))?;
    let no = |denial, retry_after_ms| {
        Ok(CheckReply { allowed: false, retry_after_ms, denial: Some(denial), probe: None })
    };
    let state = store::provider(ctx.sql)?;
    let circuit = provider::circuit(&state, ctx.now);
    let wait = provider::wait(&state, ctx.now);
    if wait > 0 {
        let denial = match circuit {
            // A limit of its own: who is told of it by the provider waits, and so do all others.
            _ if provider::is_asked(&state, ctx.now) => Denial::Quota,
            Circuit::Closed => Denial::BackOff,
            Circuit::Open | Circuit::HalfOpen => Denial::Circuit,
        };
        return no(denial, wait);
    }
    if let Verdict::After(wait) = buckets::take(ctx.sql, ctx.now, input.kind, cost)? {
        return no(Denial::Quota, wait);
    }
    quiet::watch(ctx, input.kind)?;
    let mut probe = None;
    if circuit == Circuit::HalfOpen {
        let next = provider::with_probe(&state, ctx.now);
        store::save(ctx.sql, &next)?;
        probe = Some(next.probe);
    }
    Ok(CheckReply { allowed: true, retry_after_ms: 0, denial: None, probe })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::{Bench, START_MS, Seeded, WORKSPACE, agent, system};
    use crate::rate_limiter::Core;
    use schema::limiter::{GetLimiter, LimitKind, LimiterCommand, LimiterStatus};
    use schema::{Code, Millis, Role};

    fn bench(kind: LimitKind) -> Bench<Core> {
        Bench::new(kind.instance(WORKSPACE, "203.0.113.7"))
    }

    fn ask(bench: &mut Bench<Core>, kind: LimitKind, cost: u32) -> CheckReply {
        let command = LimiterCommand::Check(Check { kind, cost: Some(cost) });
        bench.ask(&system(), None, &command).expect("an answer")
    }

    /// GCRA as the textbook has it, in whole nanoseconds.
    struct Naive {
        buckets: Vec<(u128, u128, u128)>,
    }

    impl Naive {
        fn new(kind: LimitKind) -> Self {
            let bucket = |quota: &schema::limiter::Quota| {
                let burst = u128::from(quota.burst);
                ((quota.period_ms as u128 * 1_000_000).div_ceil(burst), burst, 0)
            };
            Self { buckets: kind.quotas().iter().map(bucket).collect() }
        }

        fn take(&mut self, now: Millis, cost: u32) -> Millis {
            let now = now as u128 * 1_000_000;
            let mut wait = 0;
            for (cell, burst, arrival) in &self.buckets {
                let after = (*arrival).max(now) + cell * u128::from(cost);
                wait = wait.max(after.saturating_sub(now + cell * burst));
            }
            if wait == 0 {
                for (cell, _, arrival) in &mut self.buckets {
                    *arrival = (*arrival).max(now) + *cell * u128::from(cost);
                }
            }
            wait.div_ceil(1_000_000) as Millis
        }
    }

    #[test]
    fn random_requests_are_answered_as_the_textbook_would_and_never_exceed_the_quota() {
        for seed in 0..120 {
            let kind = LimitKind::ALL[(seed % 12) as usize];
            let mut dice = Seeded(seed);
            let (mut bench, mut naive) = (bench(kind), Naive::new(kind));
            let mut clock = bench.now;
            let mut taken: Vec<(Millis, u64)> = Vec::new();
            let least = kind.quotas().iter().map(|quota| quota.burst).min().unwrap_or(1);
            let pace = [50, 5_000, 600_000][dice.below(3) as usize];
            for step in 0..400 {
                match dice.below(20) {
                    0 => bench.now -= dice.below(100_000) as Millis,
                    1 => bench.restart(),
                    _ => bench.now += dice.below(pace) as Millis,
                }
                // A restarted object knows only the time of its last write.
                clock = clock.max(bench.now);
                bench.now = clock;
                let cost = 1 + dice.below(u64::from(least.min(4))) as u32;
                let (reply, wait) = (ask(&mut bench, kind, cost), naive.take(clock, cost));
                let expected = (wait == 0, wait);
                assert_eq!((reply.allowed, reply.retry_after_ms), expected, "{seed} {step}");
                if reply.allowed {
                    taken.push((clock, u64::from(cost)));
                }
            }
            for quota in kind.quotas() {
                for (at, (start, _)) in taken.iter().enumerate() {
                    let mut sum = 0;
                    for (time, cost) in &taken[at..] {
                        sum += cost;
                        let filled = (time - start) * i64::from(quota.burst) / quota.period_ms;
                        let most = u64::from(quota.burst) + filled as u64;
                        assert!(sum <= most, "seed {seed} {kind:?}: {sum} > {most}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_time_to_come_back_is_exact_to_the_millisecond() {
        let mut bench = bench(LimitKind::Login);
        for _ in 0..10 {
            assert!(ask(&mut bench, LimitKind::Login, 1).allowed);
        }
        let reply = ask(&mut bench, LimitKind::Login, 1);
        assert_eq!((reply.denial, reply.retry_after_ms), (Some(Denial::Quota), 6_000));
        bench.now += 5_999;
        assert_eq!(ask(&mut bench, LimitKind::Login, 1).retry_after_ms, 1);
        bench.now += 1;
        assert!(ask(&mut bench, LimitKind::Login, 1).allowed);
    }

    #[test]
    fn eviction_and_a_clock_that_jumps_back_forget_nothing() {
        let mut bench = bench(LimitKind::Register);
        for _ in 0..10 {
            bench.restart();
            assert!(ask(&mut bench, LimitKind::Register, 1).allowed);
        }
        for back in [0, 1_000, 3_600_000, START_MS] {
            bench.now = START_MS - back;
            bench.restart();
            let reply = ask(&mut bench, LimitKind::Register, 1);
            assert_eq!((reply.allowed, reply.retry_after_ms), (false, 360_000));
        }
        let status = LimiterCommand::Status(GetLimiter {});
        let status: LimiterStatus =
            bench.ask(&agent(1, Role::Viewer), None, &status).expect("a status");
        assert_eq!((status.buckets[0].left, status.name.as_str()), (0, "register:203.0.113.7"));
        assert_eq!(status.buckets[0].full_at, START_MS + 3_600_000);
    }

    #[test]
    fn a_request_that_one_bucket_refuses_takes_nothing_out_of_the_other() {
        let mut bench = bench(LimitKind::Ai);
        assert!(ask(&mut bench, LimitKind::Ai, 60).allowed);
        for _ in 0..100 {
            assert!(!ask(&mut bench, LimitKind::Ai, 60).allowed);
        }
        let status = LimiterCommand::Status(GetLimiter {});
        let status: LimiterStatus = bench.ask(&system(), None, &status).expect("a status");
        assert_eq!((status.buckets[0].left, status.buckets[1].left), (0, 9_940));
    }

    #[test]
    fn what_can_never_fit_and_who_may_not_ask_is_refused() {
        let mut bench = bench(LimitKind::Login);
        let mut refused = |who, kind, cost| {
            let command = LimiterCommand::Check(Check { kind, cost: Some(cost) });
            bench.call(&who, None, &command).map_err(|reject| reject.code)
        };
        assert_eq!(refused(system(), LimitKind::Login, 0), Err(Code::InvalidInput));
        assert_eq!(refused(system(), LimitKind::Login, 11), Err(Code::InvalidInput));
        assert_eq!(refused(system(), LimitKind::Login, u32::MAX), Err(Code::InvalidInput));
        assert_eq!(refused(system(), LimitKind::Api, 1), Err(Code::InvalidInput));
        assert_eq!(refused(agent(1, Role::Owner), LimitKind::Login, 1), Err(Code::Forbidden));
        assert_eq!(bench.count("buckets"), 0);
    }
}
