//! Tickets and what is said on them: no comment is lost or doubled however they are merged and
//! split, files are of one comment, drafts are nobody else's.

use super::log::{text, tokens};
use crate::sim::clients::State;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const KEPT: &str = "22 each comment is on one ticket, which counts it";
const LISTED: &str = "22 what happened to a ticket is found with it";
const FILES: &str = "22 a file is of one comment";
const OWN: &str = "22 what is an agent's own is in no event";

/// What must not be, and in which words.
const NEVER: [(&str, &str, &str); 10] = [
    (
        KEPT,
        "select t.id from tickets t where t.comments <>
         (select count(*) from comments c where c.ticket = t.number) limit 1",
        "counts other comments than it has",
    ),
    (
        KEPT,
        "select t.id from tickets t join comments c on c.ticket = t.number
         where t.merged_into is not null limit 1",
        "is merged into another and has comments",
    ),
    (
        KEPT,
        "select t.id from tickets t where t.snoozed_at is not null
         and t.status in ('solved', 'closed') limit 1",
        "is put off and done with",
    ),
    (
        KEPT,
        "select t.id from tickets t where t.deleted_at is not null and t.claimed_by is not null
         limit 1",
        "is deleted and claimed",
    ),
    (
        KEPT,
        "select c.kind || ' ' || c.name from catalogue c where c.archived = 0
         and c.kind <> 'signature'
         group by c.kind, c.name_key, ifnull(c.team_id, ''), ifnull(c.agent_id, '')
         having count(*) > 1 limit 1",
        "is there twice",
    ),
    (
        KEPT,
        "select c.id from catalogue c where c.archived = 0 and c.kind = 'signature'
         group by ifnull(c.team_id, ''), ifnull(c.agent_id, '') having count(*) > 1 limit 1",
        "is the second signature of its team or agent",
    ),
    (
        LISTED,
        "select 'event ' || e.seq from events e left join comments c on c.seq = e.seq
         left join tickets t on t.number = c.ticket
         where coalesce(e.ticket_id, t.id) is not json_extract(e.json, '$.ticketId') limit 1",
        "is not listed with its ticket",
    ),
    (
        FILES,
        "select f.sha256 from files f where f.holders <>
         (select count(*) from uploads u where u.key = f.key and u.sha256 = f.sha256) +
         (select count(*) from attachments a where a.key = f.key) limit 1",
        "has other holders than it counts",
    ),
    (
        FILES,
        "select u.id from uploads u join attachments a on a.id = u.id limit 1",
        "is of a comment, and waits for one",
    ),
    (
        OWN,
        "select n.id from notifications n where n.agent_id not in (select id from agents) limit 1",
        "tells nobody",
    ),
];

impl World {
    /// In the end: the rooms' tables.
    pub(super) fn check_desks(&mut self) {
        let rooms: Vec<Name> = self.plan.tenants.iter().map(|own| own.room.clone()).collect();
        for room in rooms {
            let (Some(object), Some(log)) = (self.objects.get(&room), self.checks.logs.get(&room))
            else {
                continue;
            };
            let connection = object.storage.connection();
            let found = [
                never(connection),
                said(connection, &log.events).map_err(|why| (KEPT, why)),
                self.attached(&room, connection).map_err(|why| (FILES, why)),
            ];
            if let Some((what, why)) = found.into_iter().find_map(Result::err) {
                return self.violate(what, format!("{}: {why}", short(&room)));
            }
        }
    }

    /// In the end: a draft, and what somebody prepared for themselves, was told to nobody.
    pub(super) fn check_own(&mut self, id: usize) {
        let op = &self.clients.ops[id];
        let own = op.json.starts_with("{\"saveDraft\"") || op.json.contains("\"personal\":true");
        let Some(log) = self.checks.logs.get(&op.to).filter(|_| own) else { return };
        if let Some(token) = tokens(&op.json).into_iter().find(|it| log.tokens.contains_key(it)) {
            let text = format!("op {id} {}: {token} is in {:?}", op.json, log.tokens[&token]);
            self.violate(OWN, text);
        }
    }

    /// What was acknowledged as a comment with files has them, and nobody else has.
    fn attached(&self, room: &Name, connection: &Connection) -> Result<(), String> {
        let sql = "select c.id from attachments a join comments c on c.seq = a.comment
            where a.id = ?";
        let mut found = connection.prepare(sql).map_err(text)?;
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for (number, op) in self.clients.ops.iter().enumerate().filter(|(_, op)| op.to == *room) {
            let State::Done(reply) = &op.state else { continue };
            let asked: Value = serde_json::from_str(&op.json).unwrap_or_default();
            let Some(files) = asked["postComment"]["attachmentIds"].as_array() else { continue };
            let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
            for file in files.iter().filter_map(Value::as_str) {
                let comment: String = found
                    .query_row([file], |row| row.get(0))
                    .map_err(|error| format!("op {number}: {file} is with no comment: {error}"))?;
                if reply["id"] != comment.as_str() {
                    return Err(format!("op {number}: {file} is with {comment}"));
                }
                if let Some(other) = taken.insert(file.to_owned(), number) {
                    return Err(format!("{file} is with op {other} and op {number}"));
                }
            }
        }
        Ok(())
    }
}

fn never(connection: &Connection) -> Result<(), (&'static str, String)> {
    for (name, sql, what) in NEVER {
        let fault = |error| (name, text(error));
        let mut found = connection.prepare_cached(sql).map_err(fault)?;
        let mut rows = found.query([]).map_err(fault)?;
        if let Some(row) = rows.next().map_err(fault)? {
            let id: String = row.get(0).map_err(fault)?;
            return Err((name, format!("{id} {what}")));
        }
    }
    Ok(())
}

/// Each comment that was written is there, under the number of its event.
fn said(connection: &Connection, events: &[String]) -> Result<(), String> {
    let mut written = BTreeSet::new();
    for json in events.iter().filter(|json| json.contains("\"type\":\"comment.created\"")) {
        let event: Value = serde_json::from_str(json).unwrap_or_default();
        let id = event["data"]["comment"]["id"].as_str().unwrap_or_default().to_owned();
        written.insert((event["seq"].as_i64().unwrap_or_default(), id));
    }
    let mut comments =
        connection.prepare("select seq, id from comments where seq > 0").map_err(text)?;
    let rows = comments.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(text)?;
    let kept: Result<BTreeSet<(i64, String)>, _> = rows.collect();
    let kept = kept.map_err(text)?;
    match written.symmetric_difference(&kept).next() {
        Some((seq, id)) => Err(format!("comment {id} of event {seq} is in one of log and tables")),
        None => Ok(()),
    }
}
