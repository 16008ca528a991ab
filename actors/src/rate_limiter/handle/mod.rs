//! The commands, one file each.

mod check;
mod report;
mod status;

pub use check::check;
pub use report::report;
pub use status::status;
