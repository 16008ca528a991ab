//! Feature tests and the simulator.

pub mod sim;
