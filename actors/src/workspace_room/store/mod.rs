//! The tables of the desk: every statement, and the typed function that uses it.

pub mod activities;
pub mod attachments;
pub mod claims;
pub mod comments;
pub mod companies;
pub mod counts;
pub mod drafts;
pub mod followers;
pub mod listing;
pub mod mails;
pub mod moves;
pub mod reads;
pub mod replies;
pub mod scheduled;
pub mod tickets;
pub mod users;

use crate::kernel::sql::INTEGER_MAX;

/// A position after everything: where a list that goes downwards begins.
pub const TOP: i64 = INTEGER_MAX;
/// A position before everything, the imported comments too: where a list that goes upwards begins.
pub const BOTTOM: i64 = -INTEGER_MAX;
