//! The tables of outreach: every statement, and the typed function that uses it.

pub mod answers;
pub mod by_hand;
pub mod campaigns;
pub mod days;
pub mod decisions;
pub mod enrolments;
pub mod inboxes;
pub mod mails;
pub mod texts;
