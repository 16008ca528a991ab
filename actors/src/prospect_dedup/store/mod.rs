//! The tables of a prospect, one file each: every statement, and the typed function above it.

pub mod fields;
pub mod history;
pub mod identities;
pub mod me;
pub mod permits;
pub mod pipeline;
pub mod site;
pub mod suppressions;
