//! Answers that models read: whom a model says to opt out has been told so.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use schema::codec::read_json;
use schema::prospect::{ProspectCommand, Reason};
use schema::{ActorKind, Envelope};
use std::collections::BTreeSet;

const TOLD: &str = "5 who opts out, as a model reads it, is told";

/// The prospects that were told that they opt out.
#[derive(Debug, Default)]
pub struct Readings(BTreeSet<Name>);

/// Of whom a model says so.
const ROWS: &str = "select one.prospect_id from outreach_answers answer
    cross join enrolments one on one.number = answer.enrolment
    where answer.kind = 'optOut' and answer.by_ai = 1";

impl World {
    /// A prospect answers, whatever: one that is elsewhere or nowhere was told as well.
    pub(super) fn note_opt_out(&mut self, from: &Name, envelope: &Envelope) {
        if from.0 == ActorKind::ProspectDedup
            && let Ok(ProspectCommand::Suppress(suppress)) = read_json(&envelope.command)
            && suppress.reason == Reason::OptOut
        {
            self.checks.readings.0.insert(from.clone());
        }
    }

    /// In the end, all of them were told.
    pub(super) fn check_readings(&mut self) {
        if self.weeks.is_some() {
            return;
        }
        let rooms = self.objects.keys().filter(|name| name.0 == ActorKind::WorkspaceRoom);
        for room in rooms.cloned().collect::<Vec<_>>() {
            match self.opted_out(&room) {
                Ok(people) => people.iter().for_each(|person| self.check_suppressed(&room, person)),
                // Nobody got to register it.
                Err(why) if why.contains("no such table") => {}
                Err(why) => self.violate(TOLD, format!("{}: {why}", short(&room))),
            }
        }
    }

    fn opted_out(&self, room: &Name) -> Result<Vec<String>, String> {
        let connection = self.objects[room].storage.connection();
        let mut rows = connection.prepare_cached(ROWS).map_err(text)?;
        let people = rows.query_map([], |row| row.get::<_, String>(0)).map_err(text)?;
        people.collect::<Result<_, _>>().map_err(text)
    }

    fn check_suppressed(&mut self, room: &Name, person: &str) {
        self.mark("model says that somebody opts out");
        let name = (ActorKind::ProspectDedup, format!("{}/{person}", room.1));
        if !self.checks.readings.0.contains(&name) {
            self.violate(TOLD, format!("{} was not", short(&name)));
        }
    }
}
