//! Tests of access through the whole room: envelope in, answer, rows and events out.

mod answers;
mod authorisation;
pub(in crate::workspace_room) mod canary;
mod collision;
mod identities;
mod invitations;
mod owners;
mod plans;
mod prices;
mod sessions;
mod sockets;
mod tickets;
mod watching;
pub(in crate::workspace_room) mod world;
