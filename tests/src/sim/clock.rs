//! Time: one that only the world knows, and the wall clock that objects and clients read.
//!
//! World time is what orders everything and never jumps. The wall clock is world time plus a skew
//! that faults move by a day, or hold still.

use schema::Millis;

/// A day.
pub const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// The two times.
#[derive(Debug, Clone)]
pub struct Clock {
    world: Millis,
    skew: Millis,
    skew_max: Millis,
    shown: Millis,
    frozen: Option<Millis>,
}

impl Clock {
    /// A clock that starts at a wall time.
    #[must_use]
    pub const fn new(start: Millis) -> Self {
        Self { world: start, skew: 0, skew_max: 0, shown: start, frozen: None }
    }

    /// World time.
    #[must_use]
    pub const fn world(&self) -> Millis {
        self.world
    }

    /// What a wall clock shows.
    #[must_use]
    pub fn wall(&self) -> Millis {
        self.frozen.unwrap_or(self.world + self.skew)
    }

    /// The world time at which the wall clock will show `wall`, if nothing moves it.
    #[must_use]
    pub fn world_at(&self, wall: Millis) -> Millis {
        (wall - self.skew).max(self.world)
    }

    /// The latest time that the wall clock has shown.
    #[must_use]
    pub const fn shown(&self) -> Millis {
        self.shown
    }

    /// The latest time that any wall clock could have shown.
    #[must_use]
    pub const fn latest(&self) -> Millis {
        self.world + self.skew_max
    }

    /// Goes on to a later world time.
    pub fn advance(&mut self, to: Millis) {
        self.world = self.world.max(to);
        self.shown = self.shown.max(self.wall());
    }

    /// Moves the wall clock.
    pub fn jump(&mut self, by: Millis) {
        self.skew += by;
        self.skew_max = self.skew_max.max(self.skew);
        self.shown = self.shown.max(self.wall());
    }

    /// Holds the wall clock still.
    pub fn freeze(&mut self) {
        self.frozen = Some(self.wall());
    }

    /// Lets it go again.
    pub fn thaw(&mut self) {
        self.frozen = None;
        self.shown = self.shown.max(self.wall());
    }

    /// Ends all faults: the wall clock is at least where it ever was.
    pub fn settle(&mut self) {
        self.frozen = None;
        self.skew = self.skew_max;
        self.shown = self.shown.max(self.wall());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_jumps_and_world_time_does_not() {
        let mut clock = Clock::new(1000);
        clock.jump(DAY_MS);
        clock.jump(-2 * DAY_MS);
        assert_eq!((clock.world(), clock.wall()), (1000, 1000 - DAY_MS));
        clock.freeze();
        clock.advance(5000);
        assert_eq!((clock.world(), clock.wall()), (5000, 1000 - DAY_MS));
        clock.settle();
        assert_eq!(clock.wall(), 5000 + DAY_MS);
        assert_eq!(clock.world_at(6000 + DAY_MS), 6000);
    }
}
