//! Feature tests, the simulator, and the large room.

pub mod big;
pub mod bounces;
pub mod fuzz;
pub mod sim;
