//! The `ProspectDedup` actor.
