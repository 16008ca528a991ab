//! The `RateLimiter` actor.
