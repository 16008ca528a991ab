//! The commands of the desk, one a file.

pub mod cancel_scheduled_comment;
pub mod change_scheduled_comment;
pub mod change_ticket;
pub mod change_user;
pub mod create_ticket;
pub mod create_user;
pub mod get_comment;
pub mod get_ticket;
pub mod get_user;
pub mod list_activities;
pub mod list_comments;
pub mod list_scheduled_comments;
pub mod list_tickets;
pub mod list_unparseable_mails;
pub mod list_users;
pub mod mark_read;
pub mod post_comment;
pub mod receive_mail;
pub mod reopen_ticket;
pub mod report_unparseable;
pub mod schedule_comment;
pub mod snapshot;
