//! The checks: what must hold after every turn, with every answer, and in the end.
//!
//! They share no code with the actors. They know what was committed (read from the tables behind
//! the actors' back), what was answered, what frames and mails left, and what was asked for.

mod alerts;
mod answers;
mod calendar;
mod converge;
mod deliveries;
mod erasures;
mod limits;
mod log;
mod macros;
mod mail;
mod mailboxes;
mod people;
mod promises;
mod prospects;
mod readings;
mod reports;
mod rules;
mod secrets;
mod sight;
mod texts;
mod tickets;
mod unchanged;
mod webhooks;

pub use calendar::local_day;
pub use log::Log;
pub use unchanged::Before;

use super::object::Name;
use std::collections::{BTreeMap, BTreeSet};

/// What has been seen.
#[derive(Debug, Default)]
pub struct Checks {
    /// The event log of each room, as it was committed.
    pub logs: BTreeMap<Name, Log>,
    /// Rooms in which somebody is erased: what their log says of that person is blanked.
    erasing: BTreeSet<Name>,
    /// When D1 was last emptied, to be written again.
    rebuilt_at: schema::Millis,
    alerts: alerts::Alerts,
    answers: answers::Answers,
    slots: limits::Slots,
    cells: limits::Cells,
    mails: mail::Mails,
    reports: reports::Reports,
    prospects: prospects::Prospects,
    readings: readings::Readings,
    texts: texts::Texts,
    unchanged: unchanged::Unchanged,
    webhooks: webhooks::Webhooks,
}

impl Checks {
    /// From now on a room's log may be blanked where it tells of a person.
    pub fn erases(&mut self, room: &Name) {
        self.erasing.insert(room.clone());
    }
}
