//! The tables of access: every statement, and the typed function that uses it.

pub mod agents;
pub mod identities;
pub mod invitations;
pub mod sessions;
pub mod tokens;
pub mod workspace;
