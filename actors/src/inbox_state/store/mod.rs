//! The inbox's tables, one file each.

pub mod bodies;
pub mod inbox;
pub mod ledger;
