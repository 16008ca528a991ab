//! Whether the Worker can work: what it leans on, one by one, each within a bound on time.
//!
//! The answer says which of them does not answer, and never why: it is for everybody to ask. It is
//! kept for some seconds, so that nobody can make the Worker ask them all as often as they like.

use crate::app::Call;
use crate::auth::DEPLOYMENT;
use crate::gather::gather;
use crate::log;
use crate::platform::{Dependency, Platform};
use crate::respond::Reply;
use schema::limiter::{GetLimiter, LimitKind, LimiterCommand};
use schema::{ActorKind, Answer, Code, Envelope, Millis, Principal, Reject};
use serde::Serialize;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// How long each may take.
const BOUND_MS: u32 = 2_000;
/// How long an answer is kept.
const KEPT_MS: Millis = 5_000;

/// How one of them stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum Standing {
    /// It answers.
    Up,
    /// It answers with a failure.
    Down,
    /// It did not answer in time.
    Slow,
    /// This deployment has none, and does without.
    Missing,
}

/// What the Worker leans on, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(rename = "DependencyCheck"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    /// `d1`, `storage`, `cache` or `actors`.
    name: &'static str,
    state: Standing,
    /// How long it took to say so.
    took_ms: Millis,
    #[serde(skip)]
    needed: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Readiness {
    /// `ready`; `degraded`, where something does not answer that the Worker does without. What
    /// needs more than that is told by status 503, and by `checks` in the details.
    status: &'static str,
    checks: Vec<Check>,
}

thread_local! {
    static LAST: RefCell<Option<(Millis, Vec<Check>)>> = const { RefCell::new(None) };
}

/// `GET /readyz`.
///
/// # Errors
/// `unavailable` where something that is needed does not answer.
pub async fn ready<P: Platform>(call: &Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let now = call.platform.now();
    let checks = match kept(now) {
        Some(checks) => checks,
        None => {
            let asked = [None, Some(Dependency::D1), Some(Dependency::Storage)];
            let asked = asked.into_iter().chain([Some(Dependency::Cache)]).collect();
            let checks = gather(asked, |what| look(call, what)).await;
            LAST.set(Some((now, checks.clone())));
            checks
        }
    };
    verdict(checks)
}

/// The answer that is kept; none where it is old. Then whoever comes while this request looks gets
/// it still: what is slow is not asked by all of them at once.
fn kept(now: Millis) -> Option<Vec<Check>> {
    LAST.with_borrow_mut(|last| {
        let (at, checks) = last.as_mut()?;
        if now - *at < KEPT_MS {
            return Some(checks.clone());
        }
        *at = now;
        None
    })
}

fn verdict(checks: Vec<Check>) -> Result<Reply, Reject> {
    let bad = |check: &&Check| matches!(check.state, Standing::Down | Standing::Slow);
    if checks.iter().filter(bad).any(|check| check.needed) {
        let details = serde_json::json!({ "checks": checks });
        return Err(Reject::new(Code::Unavailable, "not ready").with(details));
    }
    let status = if checks.iter().any(|check| bad(&check)) { "degraded" } else { "ready" };
    Reply::of(&Readiness { status, checks })
}

async fn look<P: Platform>(call: &Call<'_, P>, what: Option<Dependency>) -> Check {
    let (platform, began) = (call.platform, call.platform.now());
    let reached = async {
        match what {
            Some(what) => platform.reach(what).await,
            None => actor(call).await.map(|()| true),
        }
    };
    let state = match in_time(reached, platform.sleep(BOUND_MS)).await {
        None => Standing::Slow,
        Some(Ok(true)) => Standing::Up,
        Some(Ok(false)) => Standing::Missing,
        Some(Err(_)) => Standing::Down,
    };
    let name = what.map_or("actors", Dependency::name);
    let needed = what.is_none_or(Dependency::is_needed);
    if matches!(state, Standing::Slow | Standing::Down) {
        log::error(platform, "not_ready", &[("requestId", &call.request_id), ("what", name)]);
    }
    Check { name, state, took_ms: platform.now() - began, needed }
}

/// Asks an actor that has nothing to lose: any answer of its own will do.
async fn actor<P: Platform>(call: &Call<'_, P>) -> Result<(), Reject> {
    let instance = LimitKind::Token.instance(DEPLOYMENT, "readyz");
    let command = LimiterCommand::Status(GetLimiter {});
    let mut envelope = Envelope::new(instance, Principal::system(DEPLOYMENT), None, &command);
    envelope.request_id.clone_from(&call.request_id);
    match call.platform.call(ActorKind::RateLimiter, &envelope).await? {
        Answer::Rejected(reject) if matches!(reject.code, Code::Internal | Code::Unavailable) => {
            Err(reject)
        }
        Answer::Rejected(_) | Answer::Done { .. } => Ok(()),
    }
}

/// What comes of `work`, unless `limit` is over first.
pub async fn in_time<T>(
    work: impl Future<Output = T>,
    limit: impl Future<Output = ()>,
) -> Option<T> {
    let (mut work, mut limit) = (pin!(work), pin!(limit));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| None),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::task::{Context, Waker};

    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    #[test]
    fn what_hangs_is_given_up_when_its_time_is_over() {
        assert_eq!(now(in_time(pending::<u8>(), ready(()))), Some(None));
        assert_eq!(now(in_time(ready(1), ready(()))), Some(Some(1)));
        assert_eq!(now(in_time(pending::<u8>(), pending())), None);
    }

    #[test]
    fn while_one_request_looks_others_get_the_answer_of_before() {
        let before = vec![Check { name: "d1", state: Standing::Up, took_ms: 1, needed: true }];
        LAST.set(None);
        assert_eq!(kept(0), None);
        LAST.set(Some((0, before.clone())));
        assert_eq!(kept(KEPT_MS - 1), Some(before.clone()));
        assert_eq!(kept(KEPT_MS), None, "this one looks");
        assert_eq!(kept(KEPT_MS), Some(before.clone()));
        assert_eq!(kept(2 * KEPT_MS - 1), Some(before));
        assert_eq!(kept(2 * KEPT_MS), None, "whoever looked was cut off");
    }

    #[test]
    fn one_that_is_down_or_slow_makes_it_not_ready_and_one_that_is_missing_does_not() {
        let check = |state| Check { name: "d1", state, took_ms: 1, needed: true };
        let of = |state| verdict(vec![check(Standing::Up), check(state)]);
        assert!(of(Standing::Up).is_ok());
        assert!(of(Standing::Missing).is_ok());
        for state in [Standing::Down, Standing::Slow] {
            let reject = of(state).expect_err("not ready");
            assert_eq!(reject.code.status(), 503);
            let details = reject.details.expect("details");
            assert_eq!(details["checks"].as_array().map(Vec::len), Some(2));
        }
    }

    #[test]
    fn what_the_worker_does_without_makes_it_degraded_and_no_more() {
        let check = |what: Dependency, state| Check {
            name: what.name(),
            state,
            took_ms: 1,
            needed: what.is_needed(),
        };
        let of =
            |d1, cache| verdict(vec![check(Dependency::D1, d1), check(Dependency::Cache, cache)]);
        for (cache, expected) in [
            (Standing::Up, "ready"),
            (Standing::Missing, "ready"),
            (Standing::Down, "degraded"),
            (Standing::Slow, "degraded"),
        ] {
            let reply = of(Standing::Up, cache).expect("the Worker works");
            let told: serde_json::Value = serde_json::from_slice(&reply.data).expect("JSON");
            assert_eq!(reply.status, 200, "{cache:?}");
            assert_eq!(told["status"], expected, "{cache:?}");
            assert_eq!(told["checks"][1]["state"], serde_json::json!(cache));
            let reject = of(Standing::Down, cache).expect_err("not ready");
            assert_eq!(reject.code.status(), 503, "{cache:?}");
        }
    }
}
