//! The `WorkspaceRoom` actor.
