//! One person's right to know and to be forgotten.
//!
//! | stage of an erasure | what goes |
//! | --- | --- |
//! | at once | name, handles, attributes, company, merges of the user and of those merged into them |
//! | at once | reports on mail to them that still wait for an inbox |
//! | tickets | the subjects of their tickets |
//! | comments | body, mail headers and files of their comments; their addresses in others' |
//! | events | the same in the log: the events stay, with their numbers |
//! | check | nothing: comments and events are looked at again, and what is found is counted |
//!
//! Each stage goes on by a timer, some rows at a time. Events and comments that came after the
//! request are left alone: who writes from the same address again is a new user.
//!
//! What an inbox has sent is the inbox's: whom a mail went to and what it was about stays in its
//! ledger, what it said for thirty days.
//!
//! What outreach knows of an address is not the room's: a prospect is erased by itself, and has the
//! room forget what campaigns know of it ([`crate::workspace_room::outreach::handle::forget`]). A
//! suppression stays, because it is what keeps the person from being written to again.

pub mod blank;
pub mod erase_user;
pub mod export_user;
pub mod store;
pub mod walk;

#[cfg(test)]
mod tests;

use crate::kernel::{Migration, migration};

/// The table of erasures.
pub const MIGRATION: Migration = migration!("workspace_room/0009_privacy");
