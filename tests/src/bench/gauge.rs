//! The time in which is measured: after the warm-up, until the end.

use super::clock::{now_ns, thread_cpu_ns};
use super::machine::cpu_seconds;
use super::scene::{Outcome, Scene};

/// The longest that the driver sleeps, so that it sees the end of a phase.
const NAP_NS: u64 = 20_000_000;

/// A phase's time, and what had been used at the beginning of its measured part.
pub struct Gauge<'a> {
    pids: &'a [u32],
    begin_ns: u64,
    end_ns: u64,
    before: Option<Used>,
}

/// What the clocks said at one moment.
struct Used {
    wall_ns: u64,
    thread_ns: u64,
    target_seconds: f64,
}

impl<'a> Gauge<'a> {
    /// A phase that begins to warm up now.
    pub fn new(scene: &'a Scene) -> Self {
        let nanoseconds = |seconds: f64| (seconds * 1e9) as u64;
        let begin_ns = now_ns() + nanoseconds(scene.warm_seconds);
        let end_ns = begin_ns + nanoseconds(scene.seconds);
        Self { pids: &scene.pids, begin_ns, end_ns, before: None }
    }

    /// Looks at the clock; false as soon as the time is over, which `outcome` then holds.
    pub fn goes_on(&mut self, outcome: &mut Outcome) -> bool {
        let now = now_ns();
        if self.before.is_none() && now >= self.begin_ns {
            self.start();
        }
        if now < self.end_ns {
            return true;
        }
        self.stop(outcome);
        false
    }

    /// Measures from here on.
    pub fn start(&mut self) {
        self.before = Some(Used::now(self.pids));
    }

    /// Ends the measured part.
    pub fn stop(&mut self, outcome: &mut Outcome) {
        let Some(before) = self.before.take() else { return };
        let after = Used::now(self.pids);
        let wall_ns = (after.wall_ns - before.wall_ns).max(1) as f64;
        outcome.seconds = wall_ns / 1e9;
        outcome.busy = (after.thread_ns - before.thread_ns) as f64 / wall_ns;
        outcome.cpu_seconds = after.target_seconds - before.target_seconds;
    }

    /// Whether what happens now counts.
    pub fn counts(&self) -> bool {
        self.before.is_some()
    }

    /// How long the driver may sleep.
    pub fn nap_ns(&self) -> u64 {
        let now = now_ns();
        let next = if self.counts() { self.end_ns } else { self.begin_ns };
        next.saturating_sub(now).min(NAP_NS)
    }
}

impl Used {
    fn now(pids: &[u32]) -> Self {
        let target_seconds = cpu_seconds(pids);
        Self { wall_ns: now_ns(), thread_ns: thread_cpu_ns(), target_seconds }
    }
}
