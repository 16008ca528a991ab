//! Commands and replies of the room actor.

pub mod access;
