//! Tests of the desk through the whole room: a command as it is on the wire, its reply, the events.

mod attention;
mod bulk;
mod comments;
pub(in crate::workspace_room) mod desk;
mod drafts;
mod fields;
mod lists;
mod mail;
mod moves;
mod notes;
mod plans;
mod removal;
mod replies;
mod schedule;
mod sent_mail;
mod summaries;
mod threads;
mod tickets;
mod users;
