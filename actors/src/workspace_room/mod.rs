//! The `WorkspaceRoom` actor.

pub mod access;
