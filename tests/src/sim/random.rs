//! Randomness from the seed: small, fast, the same everywhere.
//!
//! Each part of the world draws from a stream of its own, so that a fault more or less does not
//! change what the clients ask for.

use actors::kernel::Entropy;
use actors::kernel::testing::Seeded;

/// A stream of them.
#[derive(Debug, Clone)]
pub struct Random(Seeded);

impl Random {
    /// The stream `stream` of a seed.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Seeded(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        random.half();
        Self(Seeded(random.half() ^ seed.rotate_left(17)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.half()
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64 }
    }

    /// A time or count from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).unsigned_abs()) as i64
    }

    /// An index into something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// True in `per_mille` of 1,000 cases.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of a list.
    ///
    /// # Panics
    /// Where the list is empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }
}

impl Entropy for Random {
    fn next(&mut self) -> u128 {
        (u128::from(self.bits()) << 64) | u128::from(self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_a_seed_differ_and_repeat() {
        let draw = |seed, stream| Random::new(seed, stream).bits();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut random = Random::new(7, 0);
        let mut seen = [0; 5];
        for _ in 0..500 {
            seen[random.index(5)] += 1;
        }
        assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }
}
