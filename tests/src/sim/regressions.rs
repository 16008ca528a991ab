//! Seeds that once failed, with what was wrong.

/// Seed, and what it found.
pub const SEEDS: &[(u64, &str)] = &[];
