//! Feature tests, the simulator, and the large room.

pub mod big;
pub mod sim;
