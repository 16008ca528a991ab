//! People who are erased: their log changes in no other way, and in the end nothing is left.

use super::log::text;
use crate::sim::clients::State;
use crate::sim::object::Name;
use crate::sim::plan::About;
use crate::sim::world::{World, short};
use schema::Millis;
use serde_json::Value;
use std::collections::BTreeMap;

const BLANK: &str = "21 an erasure blanks, and changes nothing else";
const GONE: &str = "21 an erased person is nowhere";

impl World {
    /// After a turn of a room in which somebody is erased: what was committed before stands, except
    /// for what was blanked of it.
    pub(super) fn check_blanked(&mut self, name: &Name) {
        if !self.checks.erasing.contains(name) {
            return;
        }
        match self.blanked(name) {
            Ok(changed) => {
                let Some(log) = self.checks.logs.get_mut(name) else { return };
                for (seq, json) in changed {
                    log.blanked.entry(seq).or_default().push(json);
                }
            }
            Err(why) => self.violate(BLANK, format!("{}: {why}", short(name))),
        }
    }

    fn blanked(&self, name: &Name) -> Result<BTreeMap<i64, String>, String> {
        let (Some(object), Some(log)) = (self.objects.get(name), self.checks.logs.get(name)) else {
            return Ok(BTreeMap::new());
        };
        let connection = object.storage.connection();
        let upto = "select ifnull(max(upto), 0) from erasures";
        let Ok(mut upto) = connection.prepare_cached(upto) else { return Ok(BTreeMap::new()) };
        let upto: i64 = upto.query_row([], |row| row.get(0)).map_err(text)?;
        let sql = "select seq, json from events order by seq";
        let mut events = connection.prepare_cached(sql).map_err(text)?;
        let mut rows = events.query([]).map_err(text)?;
        let mut changed = BTreeMap::new();
        while let Some(row) = rows.next().map_err(text)? {
            let (seq, json): (i64, String) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
            let known = usize::try_from(seq).ok().and_then(|seq| log.now(seq));
            let Some(known) = known.filter(|known| **known != json) else { continue };
            if seq > upto || frame(known) != frame(&json) {
                return Err(format!("{known} has become {json}"));
            }
            changed.insert(seq, json);
        }
        Ok(changed)
    }

    /// In the end: erasures are over, nothing of the person was found again, and the name that the
    /// plan gave them is in no event.
    pub(super) fn check_erased(&mut self) {
        let rooms: Vec<Name> = self.checks.erasing.iter().cloned().collect();
        for room in rooms {
            if let Err(why) = self.nobody_left(&room) {
                return self.violate(GONE, format!("{}: {why}", short(&room)));
            }
        }
    }

    fn nobody_left(&mut self, room: &Name) -> Result<(), String> {
        let Some(object) = self.objects.get(room) else { return Ok(()) };
        let connection = object.storage.connection();
        let sql = "select user_id, found, finished_at from erasures";
        let mut erasures = connection.prepare(sql).map_err(text)?;
        let rows = erasures.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let rows: Result<Vec<(String, i64, Option<Millis>)>, _> = rows.map_err(text)?.collect();
        drop(erasures);
        let erased = rows.map_err(text)?;
        for (user, found, finished) in &erased {
            if *found != 0 || finished.is_none() {
                return Err(format!("{user}: {found} found again, finished at {finished:?}"));
            }
            self.no_name_left(room, user)?;
        }
        if !erased.is_empty() {
            self.mark("a person was erased");
        }
        Ok(())
    }

    fn no_name_left(&self, room: &Name, user: &str) -> Result<(), String> {
        let Some(log) = self.checks.logs.get(room) else { return Ok(()) };
        for op in &self.clients.ops {
            let made = op.to == *room && matches!(op.about, About::Made(_, "user"));
            let State::Done(reply) = &op.state else { continue };
            let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
            if !made || reply["id"] != user {
                continue;
            }
            for token in super::log::tokens(&op.json) {
                let name = |seq: &usize| {
                    log.now(*seq).is_some_and(|json| super::log::tokens(json).contains(&token))
                };
                if let Some(seq) = (1..=log.events.len()).find(name) {
                    return Err(format!("{token}, the name of {user}, is in event {seq}"));
                }
            }
        }
        Ok(())
    }
}

/// What of an event stays whoever is erased.
fn frame(json: &str) -> [Value; 4] {
    let event: Value = serde_json::from_str(json).unwrap_or_default();
    ["seq", "at", "type", "ticketId"].map(|field| event[field].clone())
}
