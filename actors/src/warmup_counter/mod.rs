//! The `WarmupCounter` actor.
