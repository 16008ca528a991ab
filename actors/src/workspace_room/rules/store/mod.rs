//! The tables of what reacts: every statement, and the typed function that uses it.

pub mod active;
pub mod definitions;
pub mod hours;
pub mod passes;
pub mod slas;
pub mod turns;
pub mod waits;
pub mod workflow_runs;
