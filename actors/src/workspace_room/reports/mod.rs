//! Reports: figures by local day, counted from the event log.
//!
//! [`count`] goes through the log and adds what it finds to rows of one day, agent, team, category
//! and source each; [`get_report`] adds those rows up. Rules: [`schema::room::report`].
//!
//! **A command writes nothing here.** The log is counted when a report is asked for, and by a
//! timer every [`super::derived::EVERY`] events, so that the rows of a batch are written once, not
//! once an event: 0.1 to 0.3 rows an event, where rows kept in each command would be one for each
//! opening, first reply and step of a ticket, and an index for each of those times would be three a
//! ticket, with reports that read every ticket of their range.
//!
//! Because what is counted of the log never changes, not even by an erasure, counting it again
//! gives the same: that is what happens when the workspace takes another time zone, and to rooms
//! that were there before reports were.

pub mod count;
pub mod get_report;
pub mod store;
#[cfg(test)]
mod tests;

use crate::kernel::{Migration, migration};

/// The rows and the workspace's zone.
pub const MIGRATION: Migration = migration!("workspace_room/0006_reports");
