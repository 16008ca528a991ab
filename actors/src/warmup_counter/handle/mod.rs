//! The commands, one file each.

mod reserve;
mod settle;
mod start;
mod status;

pub use reserve::reserve;
pub use settle::{commit, release};
pub use start::{set_zone, start};
pub use status::status;
