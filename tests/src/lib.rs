//! Feature tests, the simulator, the large room, and the benchmark.

pub mod bench;
pub mod big;
pub mod bounces;
pub mod fuzz;
pub mod sim;
