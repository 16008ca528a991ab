//! The buckets: `governor`'s GCRA over this object's own tables and time.
//!
//! `governor` keeps the arithmetic; where its state lives and what time it is are given to it. A
//! request must fit into every bucket of its kind, so what the buckets say is collected first and
//! written only when all have agreed.

use super::store;
use crate::kernel::{Fault, Sql};
use core::time::Duration;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota as Rate, RateLimiter};
use litemap::LiteMap;
use schema::limiter::{Bucket, LimitKind, Quota};
use schema::{Millis, Reject};
use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;

const NANOS_PER_MS: u64 = 1_000_000;

/// What the buckets say to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It fits into all; it has been taken out.
    Fits,
    /// It would fit after so long.
    After(Millis),
}

/// Takes `cost` out of every bucket of a kind, or out of none.
///
/// # Errors
/// `invalid_input` where a bucket could never hold so much; a storage fault.
pub fn take(
    sql: &dyn Sql,
    now: Millis,
    kind: LimitKind,
    cost: NonZeroU32,
) -> Result<Verdict, Reject> {
    let mut wait = 0;
    let mut arrivals = Vec::new();
    for (number, quota) in (0..).zip(kind.quotas()) {
        let limiter = limiter(sql, now, quota)?;
        let never = || Reject::field("cost", format!("must be at most {}", quota.burst));
        // Checked here first: `governor` multiplies before it compares, and overflows.
        if cost.get() > quota.burst {
            return Err(never());
        }
        let answer = limiter.check_key_n(&number, cost).map_err(|_| never())?;
        if let Err(not_until) = answer {
            let nanos = not_until.wait_time_from(nanos_of(now)).as_nanos();
            let millis = nanos.div_ceil(u128::from(NANOS_PER_MS));
            wait = wait.max(Millis::try_from(millis).unwrap_or(Millis::MAX));
        }
        arrivals.extend(limiter.into_state_store().close()?);
    }
    if wait > 0 {
        return Ok(Verdict::After(wait));
    }
    for (number, arrival) in arrivals {
        store::put(sql, number, arrival)?;
    }
    Ok(Verdict::Fits)
}

/// When all buckets of a kind are full again, if nothing more is taken out.
///
/// # Errors
/// A storage fault.
pub fn full_at(sql: &dyn Sql, kind: LimitKind) -> Result<Millis, Reject> {
    let mut last = 0;
    for (number, _) in (0..).zip(kind.quotas()) {
        last = last.max(store::arrival(sql, number)?.unwrap_or(0));
    }
    Ok(millis_of(last))
}

fn millis_of(nanos: u64) -> Millis {
    Millis::try_from(nanos.div_ceil(NANOS_PER_MS)).unwrap_or(Millis::MAX)
}

/// How full the buckets of a kind are.
///
/// # Errors
/// A storage fault.
pub fn look(sql: &dyn Sql, now: Millis, kind: LimitKind) -> Result<Vec<Bucket>, Reject> {
    (0..)
        .zip(kind.quotas())
        .map(|(number, quota)| {
            let now_ns = nanos_of(now).as_u64();
            let arrival = store::arrival(sql, number)?.unwrap_or(0).max(now_ns);
            let cell = interval(quota);
            let taken = (arrival - now_ns).div_ceil(cell);
            Ok(Bucket {
                quota: *quota,
                left: (i64::from(quota.burst) - i64::try_from(taken).unwrap_or(i64::MAX)).max(0),
                full_at: millis_of(arrival),
            })
        })
        .collect()
}

/// How long one unit takes to come back. Rounded up: never faster than the quota.
fn interval(quota: &Quota) -> u64 {
    let period = u64::try_from(quota.period_ms).unwrap_or(0) * NANOS_PER_MS;
    period.div_ceil(u64::from(quota.burst)).max(1)
}

type Limiter<'a> = RateLimiter<i64, Arrivals<'a>, Now, NoOpMiddleware<Nanos>>;

fn limiter<'a>(sql: &'a dyn Sql, now: Millis, quota: &Quota) -> Result<Limiter<'a>, Reject> {
    let broken = || Reject::internal("a quota of nothing");
    let burst = NonZeroU32::new(quota.burst).ok_or_else(broken)?;
    let rate = Rate::with_period(Duration::from_nanos(interval(quota))).ok_or_else(broken)?;
    // `governor` counts from the moment a limiter is made. State that outlives the limiter must be
    // counted from a moment that stays: 1970.
    let clock = Now(Cell::new(Nanos::new(0)));
    let limiter = RateLimiter::new(rate.allow_burst(burst), Arrivals::open(sql), clock);
    limiter.clock().0.set(nanos_of(now));
    Ok(limiter)
}

fn nanos_of(at: Millis) -> Nanos {
    // Up to the year 2500, so that sums stay within 64 bits.
    let millis = u64::try_from(at.clamp(0, 16_725_225_600_000)).unwrap_or(0);
    Nanos::new(millis * NANOS_PER_MS)
}

/// A clock that stands where it was put.
struct Now(Cell<Nanos>);

impl Clock for Now {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.get()
    }
}

/// The state of the buckets: read from the tables, changed aside.
struct Arrivals<'a> {
    sql: &'a dyn Sql,
    changed: RefCell<LiteMap<i64, u64>>,
    fault: RefCell<Option<Fault>>,
}

impl<'a> Arrivals<'a> {
    fn open(sql: &'a dyn Sql) -> Self {
        Self { sql, changed: RefCell::default(), fault: RefCell::default() }
    }

    /// What was changed; or the fault that `governor` has no way to tell of.
    fn close(self) -> Result<LiteMap<i64, u64>, Fault> {
        self.fault.into_inner().map_or_else(|| Ok(self.changed.into_inner()), Err)
    }
}

impl StateStore for Arrivals<'_> {
    type Key = i64;

    fn measure_and_replace<T, F, E>(&self, bucket: &i64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let arrival = store::arrival(self.sql, *bucket).unwrap_or_else(|fault| {
            self.fault.replace(Some(fault));
            None
        });
        let (outcome, next) = measure(arrival.map(Nanos::new))?;
        self.changed.borrow_mut().insert(*bucket, next.as_u64());
        Ok(outcome)
    }
}
