//! Feature tests and the simulator.
