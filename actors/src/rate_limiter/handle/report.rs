//! Tells how a provider took a call.

use super::status::whole;
use crate::kernel::Ctx;
use crate::rate_limiter::{HALF_OPEN, provider, same_kind, store};
use schema::limiter::{CallOutcome, Circuit, LimiterStatus, Report};
use schema::{Permission, Reject};

/// Takes note of how a provider took a call. Permission: work, or Postroom itself.
///
/// # Errors
/// `forbidden`; `invalid_input` for another kind or a negative time.
pub fn report(ctx: &mut Ctx<'_>, input: &Report) -> Result<LimiterStatus, Reject> {
    ctx.require(Permission::Work)?;
    same_kind(ctx, input.kind)?;
    if let CallOutcome::RetryAfter(retry) = input.outcome
        && retry.ms < 0
    {
        return Err(Reject::field("outcome.retryAfter.ms", "must not be negative"));
    }
    let state = store::provider(ctx.sql)?;
    if let Some(next) = provider::after(&state, ctx.now, input.outcome, input.probe) {
        store::save(ctx.sql, &next)?;
        if next.circuit == Circuit::Open {
            ctx.set_timer(HALF_OPEN, "", next.blocked_until, &[])?;
        } else {
            ctx.cancel_timer(HALF_OPEN, "")?;
        }
    }
    whole(ctx)
}

#[cfg(test)]
mod tests {
    use crate::kernel::testing::{Bench, Seeded, WORKSPACE, agent, system};
    use crate::rate_limiter::Core;
    use crate::rate_limiter::provider::PROBE_MS;
    use schema::limiter::{
        CallOutcome, Check, CheckReply, Circuit, Denial, GetLimiter, LimitKind, LimiterCommand,
        LimiterStatus, Report, RetryAfter,
    };
    use schema::{Code, Role};

    fn bench() -> Bench<Core> {
        Bench::new(LimitKind::Ai.instance(WORKSPACE, "claude"))
    }

    fn check(bench: &mut Bench<Core>) -> CheckReply {
        let command = LimiterCommand::Check(Check { kind: LimitKind::Ai, cost: None });
        bench.ask(&system(), None, &command).expect("an answer")
    }

    fn tell(bench: &mut Bench<Core>, outcome: CallOutcome, probe: Option<i64>) -> LimiterStatus {
        let report = Report { kind: LimitKind::Ai, outcome, probe };
        bench.ask(&system(), None, &LimiterCommand::Report(report)).expect("noted")
    }

    fn opened() -> (Bench<Core>, LimiterStatus) {
        let mut bench = bench();
        for _ in 0..4 {
            tell(&mut bench, CallOutcome::Failed, None);
        }
        let status = tell(&mut bench, CallOutcome::Failed, None);
        assert_eq!(status.circuit, Circuit::Open);
        (bench, status)
    }

    #[test]
    fn failures_back_off_twice_as_long_each_and_success_forgives() {
        let mut bench = bench();
        for wait in [1_000, 2_000, 4_000, 8_000] {
            tell(&mut bench, CallOutcome::Failed, None);
            let reply = check(&mut bench);
            assert_eq!((reply.denial, reply.retry_after_ms), (Some(Denial::BackOff), wait));
            bench.now += wait - 1;
            assert_eq!(check(&mut bench).retry_after_ms, 1, "exact");
            bench.now += 1;
            assert!(check(&mut bench).allowed);
        }
        assert_eq!(tell(&mut bench, CallOutcome::Ok, None).failures, 0);
        let status = tell(&mut bench, CallOutcome::RetryAfter(RetryAfter { ms: 17 }), None);
        assert_eq!(status.blocked_until, Some(bench.now + 17));
        assert_eq!((status.circuit, status.failures), (Circuit::Closed, 0));
    }

    #[test]
    fn what_a_provider_asks_for_is_a_limit_for_everybody_and_no_failure() {
        let asks = |ms| CallOutcome::RetryAfter(RetryAfter { ms });
        for (before, after) in [(0, 0), (3, 0), (0, 1)] {
            let mut bench = bench();
            for _ in 0..before {
                tell(&mut bench, CallOutcome::Failed, None);
            }
            tell(&mut bench, asks(3_600_000), None);
            // A call that was under way fails.
            for _ in 0..after {
                tell(&mut bench, CallOutcome::Failed, None);
            }
            let until = bench.now + 3_600_000;
            for wait in [3_600_000, 1_800_000, 60_000] {
                bench.now = until - wait;
                let reply = check(&mut bench);
                assert_eq!((reply.denial, reply.retry_after_ms), (Some(Denial::Quota), wait));
            }
        }
        let mut bench = bench();
        for _ in 0..20 {
            let status = tell(&mut bench, asks(10_000), None);
            assert_eq!((status.circuit, status.failures), (Circuit::Closed, 0));
            assert_eq!(check(&mut bench).denial, Some(Denial::Quota));
        }
        bench.now += 10_000;
        tell(&mut bench, CallOutcome::Failed, None);
        assert_eq!(check(&mut bench).denial, Some(Denial::BackOff), "now it failed");
        // The probe is told so.
        let (mut bench, _) = opened();
        bench.now += 30_000;
        let probe = check(&mut bench).probe;
        assert_eq!(tell(&mut bench, asks(3_600_000), probe).circuit, Circuit::Open);
        let reply = check(&mut bench);
        assert_eq!((reply.denial, reply.retry_after_ms), (Some(Denial::Quota), 3_600_000));
    }

    #[test]
    fn a_half_open_circuit_lets_one_probe_through_at_a_time() {
        let (mut bench, _) = opened();
        let reply = check(&mut bench);
        assert_eq!((reply.denial, reply.retry_after_ms), (Some(Denial::Circuit), 30_000));
        assert!(bench.fire_alarm(), "the alarm tells when it is half open");
        bench.restart();
        let probe = check(&mut bench);
        assert!(probe.allowed && probe.probe.is_some());
        for _ in 0..50 {
            let reply = check(&mut bench);
            assert_eq!((reply.allowed, reply.retry_after_ms), (false, PROBE_MS));
        }
        let late = tell(&mut bench, CallOutcome::Ok, None);
        assert_eq!(late.circuit, Circuit::HalfOpen, "an old call proves nothing");
        let status = tell(&mut bench, CallOutcome::Failed, probe.probe);
        assert_eq!(status.circuit, Circuit::Open);
        assert_eq!(status.blocked_until, Some(bench.now + 60_000), "twice as long");
        bench.now += 60_000;
        let lost = check(&mut bench);
        bench.now += PROBE_MS;
        let probe = check(&mut bench);
        assert!(lost.allowed && probe.allowed, "a lost probe is given up");
        assert_eq!(tell(&mut bench, CallOutcome::Ok, lost.probe).circuit, Circuit::HalfOpen);
        assert_eq!(tell(&mut bench, CallOutcome::Ok, probe.probe).circuit, Circuit::Closed);
        assert!(check(&mut bench).allowed);
    }

    #[test]
    fn never_are_two_probes_under_way() {
        for seed in 0..50 {
            let mut dice = Seeded(seed);
            let (mut bench, _) = opened();
            let mut under_way: Option<(i64, i64)> = None;
            for _ in 0..300 {
                bench.now += dice.below(40_000) as i64;
                if dice.below(5) == 0 {
                    bench.restart();
                }
                let reply = check(&mut bench);
                if let Some(probe) = reply.probe {
                    let free = under_way.is_none_or(|(_, since)| bench.now >= since + PROBE_MS);
                    assert!(free, "seed {seed}: a second probe");
                    under_way = Some((probe, bench.now));
                }
                if let Some((probe, _)) = under_way.filter(|_| dice.below(3) == 0) {
                    tell(&mut bench, CallOutcome::Failed, Some(probe));
                    under_way = None;
                }
            }
        }
    }

    #[test]
    fn bad_reports_are_refused() {
        let mut bench = bench();
        let mut refused = |who, kind, ms| {
            let outcome = CallOutcome::RetryAfter(RetryAfter { ms });
            let command = LimiterCommand::Report(Report { kind, outcome, probe: None });
            bench.call(&who, None, &command).map_err(|reject| reject.code)
        };
        assert_eq!(refused(agent(1, Role::Viewer), LimitKind::Ai, 1), Err(Code::Forbidden));
        assert_eq!(refused(system(), LimitKind::Data, 1), Err(Code::InvalidInput));
        assert_eq!(refused(system(), LimitKind::Ai, -1), Err(Code::InvalidInput));
        assert!(refused(system(), LimitKind::Ai, i64::MAX).is_ok());
        let status = LimiterCommand::Status(GetLimiter {});
        let until = bench.ask::<LimiterStatus>(&system(), None, &status).expect("a status");
        assert_eq!(until.blocked_until, Some(bench.now + 24 * 60 * 60 * 1000), "at most a day");
        let mut nameless = Bench::<Core>::new(format!("{WORKSPACE}/moon:x"));
        let none = nameless.call(&system(), None, &status).map_err(|reject| reject.code);
        assert_eq!(none, Err(Code::NotFound));
    }
}
