//! How fast the agents of a workspace may ask: a bucket for each agent and one for all of them. A
//! program has a bucket for its key, and none else: whether the key is one is not known here, and
//! who makes keys up must not use up what belongs to the agents.
//!
//! It costs no hop and no row: the buckets are in memory, and an object that is put to sleep or
//! starts again has full ones. It sleeps only after nobody has asked it for ten seconds, in which
//! the buckets have filled anyway. Postroom itself, the operator, and who has no session are not
//! counted here: the last are counted by address.

use litemap::LiteMap;
use schema::limiter::{API_OF_AGENT, API_OF_WORKSPACE, Quota};
use schema::{Caller, Millis, Principal, Reject};

/// How many agents' buckets are kept before those that are full again are forgotten.
const BUCKETS_MAX: usize = 1_024;

/// The bounds of a workspace, and how much of them is used.
#[derive(Debug)]
pub struct Allowance {
    workspace: Quota,
    agent: Quota,
    /// When each bucket is full again, in microseconds (GCRA); that of the workspace is nobody's.
    full_at: LiteMap<Option<u128>, i64>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self::new(API_OF_WORKSPACE, API_OF_AGENT)
    }
}

impl Allowance {
    /// An allowance with these bounds.
    #[must_use]
    pub const fn new(workspace: Quota, agent: Quota) -> Self {
        Self { workspace, agent, full_at: LiteMap::new() }
    }

    /// The bounds as an operator writes them, `1000/10` for a thousand in ten seconds; the usual
    /// ones where nothing, or nothing that can be read, is written.
    #[must_use]
    pub fn written(workspace: Option<&str>, agent: Option<&str>) -> Self {
        let read = |text: Option<&str>, usual| text.and_then(quota).unwrap_or(usual);
        Self::new(read(workspace, API_OF_WORKSPACE), read(agent, API_OF_AGENT))
    }

    /// Counts a request of somebody.
    ///
    /// # Errors
    /// `rate_limited` with the time after which the same request would be let in.
    pub fn take(&mut self, who: &Principal, now: Millis) -> Result<(), Reject> {
        let (whose, shared) = match &who.caller {
            Caller::Agent { agent, .. } => (agent.0.as_u128(), true),
            Caller::Key { hash, .. } => {
                let first = hash.get(..32).and_then(|digits| u128::from_str_radix(digits, 16).ok());
                (first.unwrap_or(0), false)
            }
            Caller::Visitor | Caller::Operator | Caller::System => return Ok(()),
        };
        let now_us = now * 1_000;
        if self.full_at.len() >= BUCKETS_MAX {
            self.full_at.retain(|_, full_at| *full_at > now_us);
        }
        let own = self.after(Some(whose), self.agent, now_us);
        let all = if shared { self.after(None, self.workspace, now_us) } else { Ok(0) };
        match (own, all) {
            (Ok(own), Ok(all)) => {
                self.full_at.insert(Some(whose), own);
                if shared {
                    self.full_at.insert(None, all);
                }
                Ok(())
            }
            (Err(own), all) => {
                let wait = own.max(all.err().unwrap_or(0));
                Err(refusal("you ask too much at once: wait, then try again", wait))
            }
            (Ok(_), Err(wait)) => {
                Err(refusal("your workspace asks too much at once: wait, then try again", wait))
            }
        }
    }

    /// When a bucket is full again after one more, or how long to wait for that, in microseconds.
    fn after(&self, whose: Option<u128>, quota: Quota, now_us: i64) -> Result<i64, i64> {
        let burst = i64::from(quota.burst.max(1));
        let each = (quota.period_ms * 1_000 / burst).max(1);
        let full_at = self.full_at.get(&whose).copied().unwrap_or(0).max(now_us);
        let wait = full_at - now_us - each * (burst - 1);
        if wait > 0 { Err(wait) } else { Ok(full_at + each) }
    }
}

fn refusal(why: &str, wait_us: i64) -> Reject {
    Reject::rate_limited(why, (wait_us + 999) / 1_000)
}

/// Reads `1000/10`: so many in so many seconds.
fn quota(text: &str) -> Option<Quota> {
    let (burst, seconds) = text.trim().split_once('/')?;
    let seconds: Millis = seconds.trim().parse().ok()?;
    let burst: u32 = burst.trim().parse().ok()?;
    let sane = (1..=10_000_000).contains(&burst) && (1..=86_400).contains(&seconds);
    sane.then_some(Quota { burst, period_ms: seconds * 1_000 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::{START_MS, agent, system};
    use schema::{Code, Role};

    fn small() -> Allowance {
        Allowance::written(Some("5/10"), Some("3/10"))
    }

    fn wait(taken: Result<(), Reject>) -> Option<Millis> {
        let reject = taken.err()?;
        assert_eq!(reject.code, Code::RateLimited);
        reject.details?.get("retryAfterMs")?.as_i64()
    }

    #[test]
    fn an_agent_has_a_burst_and_then_waits_for_exactly_as_long_as_told() {
        let (mut allowance, ada) = (small(), agent(1, Role::Agent));
        for _ in 0..3 {
            assert_eq!(wait(allowance.take(&ada, START_MS)), None);
        }
        let told = wait(allowance.take(&ada, START_MS)).expect("refused");
        assert_eq!(told, 3_334);
        // What was refused has not been counted.
        assert_eq!(wait(allowance.take(&ada, START_MS)), Some(told));
        assert_eq!(wait(allowance.take(&ada, START_MS + told - 1)), Some(1));
        assert_eq!(wait(allowance.take(&ada, START_MS + told)), None);
        assert!(wait(allowance.take(&ada, START_MS + told)).is_some());
    }

    #[test]
    fn one_agent_does_not_starve_another_and_all_together_have_a_bound() {
        let mut allowance = small();
        let (ada, bob, eve) = (1, 2, 3);
        let mut ask = |number: u128| wait(allowance.take(&agent(number, Role::Agent), START_MS));
        for _ in 0..3 {
            assert_eq!(ask(ada), None);
        }
        for _ in 0..100 {
            assert!(ask(ada).is_some());
        }
        assert_eq!((ask(bob), ask(eve)), (None, None));
        assert_eq!(ask(bob), Some(2_000), "the workspace's five are used up");
    }

    #[test]
    fn who_is_no_agent_is_not_counted() {
        let mut allowance = small();
        for _ in 0..1_000 {
            assert_eq!(wait(allowance.take(&system(), START_MS)), None);
        }
    }

    #[test]
    fn a_key_has_a_bucket_of_its_own_and_keys_that_are_made_up_use_up_nothing() {
        let mut allowance = small();
        let key = |number: u128| {
            let caller = Caller::Key {
                hash: format!("{number:032x}{number:032x}"),
                id: None,
                agent: None,
                role: Role::Viewer,
            };
            Principal { caller, ..system() }
        };
        for number in 0..100 {
            assert_eq!(wait(allowance.take(&key(number), START_MS)), None);
        }
        for _ in 0..2 {
            assert_eq!(wait(allowance.take(&key(1), START_MS)), None);
        }
        assert!(wait(allowance.take(&key(1), START_MS)).is_some());
        assert_eq!(wait(allowance.take(&agent(1, Role::Agent), START_MS)), None);
    }

    #[test]
    fn bounds_are_read_or_are_the_usual_ones() {
        assert_eq!(quota("1000/10"), Some(Quota { burst: 1_000, period_ms: 10_000 }));
        for bad in ["", "1000", "0/10", "10/0", "-1/10", "1/1/1", "99999999999/1", "1/99999999"] {
            assert_eq!(quota(bad), None, "{bad}");
            let allowance = Allowance::written(Some(bad), None);
            assert_eq!((allowance.workspace, allowance.agent), (API_OF_WORKSPACE, API_OF_AGENT));
        }
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let mut allowance = Allowance::default();
        for number in 0..5_000_u128 {
            let now = START_MS + i64::try_from(number).expect("small") * 100;
            assert_eq!(wait(allowance.take(&agent(number, Role::Agent), now)), None);
        }
        assert!(allowance.full_at.len() <= BUCKETS_MAX + 1);
    }
}
