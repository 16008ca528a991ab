//! Moving in and out: rows that come from another helpdesk or another workspace, and all rows of
//! this one.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`import`] | takes rows: what a call has in common |
//! | [`people`], [`items`], [`settings`], [`rules`] | what a row becomes about who and what there is |
//! | [`tickets`], [`comments`] | what a row becomes about what was said |
//! | [`export`] | gives all rows, page by page |
//! | [`store`] | the statements that only these need |
//!
//! What is imported is history. It sends no mail, runs no rule, notifies nobody and is nobody's
//! unread: a call leaves one `workspace.imported` in the log, however many rows it changed, and
//! none where it changed none. So a comment that is imported has no event, and its `seq` is a
//! number below zero: imported comments stand in the order in which they came, before all that
//! were written here.
//!
//! A row has its id for life. Sent again it is compared with what is here: the same is `unchanged`,
//! a later `updatedAt` is an `updated`, anything else is a `conflict` in which what is here stays.
//! A ticket keeps the number that it brings where no other has it, and numbering goes on after the
//! highest: gaps that the source had stay, and no new ones come.

pub mod comments;
pub mod export;
pub mod import;
pub mod items;
pub mod people;
pub mod rules;
pub mod settings;
pub mod store;
pub mod tickets;

use crate::kernel::{Migration, migration};

/// What imported rows are to the search index.
pub const MIGRATION: Migration = migration!("workspace_room/0008_import");

#[cfg(test)]
mod tests;
