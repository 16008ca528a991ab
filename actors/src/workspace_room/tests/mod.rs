//! Tests of the desk through the whole room: a command as it is on the wire, its reply, the events.

mod comments;
pub(in crate::workspace_room) mod desk;
mod lists;
mod mail;
mod plans;
mod schedule;
mod summaries;
mod tickets;
mod users;
