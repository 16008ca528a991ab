//! Webhooks' requests: the same id for the same event, by the schedule, to nobody who is switched
//! off; what waits will be tried again.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{Ask, Request, World, short};
use actors::kernel::{Outcome, PostFate, PostJob, Posted};
use rusqlite::{Connection, OptionalExtension};
use schema::{Envelope, Millis};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const OFF: &str = "19 a webhook that is switched off is told nothing";
const SCHEDULE: &str = "19 a webhook is tried again by its schedule";
const TIME: &str = "19 a request is of the time at which it leaves";
const ID: &str = "19 a request's id names its event";
const OWED: &str = "19 what a webhook waits for comes";

const MINUTE_MS: Millis = 60_000;
const HOUR_MS: Millis = 60 * MINUTE_MS;
/// How long a request may be under way.
const UNDER_WAY_MS: Millis = MINUTE_MS;
/// The waits before the second and later tries.
const WAITS_MS: [Millis; 9] = [
    5_000,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];

/// The requests that told one webhook of one event, as they left.
#[derive(Debug, Default)]
pub struct Wire {
    /// When each left.
    asked: Vec<Millis>,
    /// How many of them, since it was sent or replayed, were known to have failed before the next.
    failed: usize,
    /// Whether somebody has asked for one more since the last.
    replayed: bool,
}

/// What a webhook and a delivery have in their rows.
struct Known {
    active: bool,
    attempts: usize,
    due: Option<Millis>,
    tries: Vec<Value>,
    state: String,
}

impl Wire {
    /// Another request leaves; `noted` are the times of those whose outcome is known.
    fn leave(&mut self, now: Millis, attempts: usize, noted: &[Millis]) -> Result<(), String> {
        let replayed = std::mem::take(&mut self.replayed) && attempts == 0;
        if replayed {
            self.failed = 0;
        } else if let Some(last) = self.asked.last() {
            let known = noted.contains(last);
            self.failed += usize::from(known);
            let wait = if known { WAITS_MS.get(self.failed - 1) } else { Some(&UNDER_WAY_MS) };
            let wait = wait.ok_or_else(|| format!("it failed {} times", self.failed))?;
            if now < last + wait {
                let why = if known { "it failed" } else { "nobody knows of it" };
                return Err(format!("at {now}, {wait} ms were to pass after {last}: {why}"));
            }
        }
        if attempts != self.failed {
            return Err(format!("{} tries failed, {attempts} are counted", self.failed));
        }
        self.asked.push(now);
        Ok(())
    }
}

impl World {
    /// A request leaves: its row, as it was just committed, says why.
    pub(in crate::sim) fn check_post(&mut self, from: &Name, job: &PostJob) {
        if let Err((what, why)) = self.post_is_right(from, job) {
            self.violate(what, format!("{} posts {}: {why}", short(from), job.id));
        }
    }

    fn post_is_right(&mut self, from: &Name, job: &PostJob) -> Result<(), (&'static str, String)> {
        let now = job.asked_at;
        if !(self.clock.wall()..=self.clock.latest()).contains(&now) {
            return Err((TIME, format!("it says that it leaves at {now}")));
        }
        let body: Value = serde_json::from_slice(&job.body).unwrap_or_default();
        let number = body["number"].as_i64().unwrap_or_default();
        if !job.id.ends_with(&format!("_{number}")) {
            return Err((ID, format!("it is event {number}")));
        }
        let Some(object) = self.objects.get(from) else { return Ok(()) };
        let known = known(object.storage.connection(), &job.id).map_err(|why| (SCHEDULE, why))?;
        let Some(known) = known.filter(|known| known.active) else {
            return Err((OFF, "there is none that is switched on".into()));
        };
        if known.due != Some(now + UNDER_WAY_MS) || known.state != "waiting" {
            return Err((SCHEDULE, format!("it is {} and due at {:?}", known.state, known.due)));
        }
        let wire = self.checks.webhooks.wires.entry(job.id.clone()).or_default();
        wire.leave(now, known.attempts, &times(&known.tries)).map_err(|why| (SCHEDULE, why))
    }

    /// Something is asked of a room: perhaps that an event is sent once more.
    pub(in crate::sim) fn check_replay(&mut self, request: &Request) {
        let Ask::Call(bytes) = &request.ask else { return };
        let Ok(envelope) = Envelope::decode(bytes) else { return };
        let command: Value = serde_json::from_slice(&envelope.command).unwrap_or_default();
        let replay = &command["replayDelivery"];
        let (Some(id), Some(number)) = (replay["webhookId"].as_str(), replay["number"].as_i64())
        else {
            return;
        };
        let id = format!("evt_{}_{number}", id.replace('-', ""));
        self.checks.webhooks.wires.entry(id).or_default().replayed = true;
    }

    /// Answers of receivers were noted: one that is gone is left alone from now on.
    pub(in crate::sim) fn check_answers(&mut self, from: &Name, outcome: &Outcome) {
        let Outcome::Posted(posted) = outcome else { return };
        let Some(object) = self.objects.get(from) else { return };
        let goes_on = |one: &&Posted| {
            let gone = matches!(one.fate, PostFate::Answered { status: 410, .. });
            let known = known(object.storage.connection(), &one.id).ok().flatten();
            gone && known
                .is_some_and(|known| known.active && times(&known.tries).contains(&one.asked_at))
        };
        if let Some(one) = posted.iter().find(goes_on) {
            let why = format!("{} was gone to {}, and goes on", short(from), one.id);
            self.violate(OFF, why);
        }
    }

    /// In the end: what the rows say of each webhook.
    pub(super) fn check_owed(&mut self, room: &Name) {
        let late = self.clock.wall() - HOUR_MS;
        let Some(object) = self.objects.get(room) else { return };
        let connection = object.storage.connection();
        let events = self.checks.logs.get(room).map(|log| log.events.as_slice());
        let found = [
            (TIME, told(connection, &self.checks.webhooks.wires)),
            (OWED, owed(connection, late)),
            (OFF, gone(connection, events.unwrap_or_default())),
        ];
        if let Some((what, why)) = found.into_iter().find_map(|(what, it)| Some((what, it.err()?)))
        {
            self.violate(what, format!("{}: {why}", short(room)));
        }
    }
}

fn known(connection: &Connection, id: &str) -> Result<Option<Known>, String> {
    let Some((webhook, number)) = id.strip_prefix("evt_").and_then(|id| id.split_once('_')) else {
        return Err(format!("{id} names nothing"));
    };
    let sql = "select w.active, d.attempts, d.due, d.tries, d.state from webhooks w
        join webhook_deliveries d on d.webhook = w.number and d.seq = cast(?2 as integer)
        where replace(w.id, '-', '') = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let (attempts, tries): (i64, String) = (row.get(1)?, row.get(3)?);
        Ok(Known {
            active: row.get(0)?,
            attempts: usize::try_from(attempts).unwrap_or(usize::MAX),
            due: row.get(2)?,
            tries: serde_json::from_str(&tries).unwrap_or_default(),
            state: row.get(4)?,
        })
    };
    connection.query_row(sql, (webhook, number), read).optional().map_err(text)
}

fn times(tries: &[Value]) -> Vec<Millis> {
    tries.iter().filter_map(|one| one["at"].as_i64()).collect()
}

/// The tries that a delivery tells of are requests that left, each once, in their order.
fn told(connection: &Connection, wires: &BTreeMap<String, Wire>) -> Result<(), String> {
    let sql = "select replace(w.id, '-', ''), d.seq, d.tries from webhook_deliveries d
        join webhooks w on w.number = d.webhook";
    let mut deliveries = connection.prepare(sql).map_err(text)?;
    let mut rows = deliveries.query([]).map_err(text)?;
    while let Some(row) = rows.next().map_err(text)? {
        let (webhook, seq): (String, i64) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
        let tries: String = row.get(2).map_err(text)?;
        let tries: Vec<Value> = serde_json::from_str(&tries).unwrap_or_default();
        let id = format!("evt_{webhook}_{seq}");
        let mut left = wires.get(&id).map(|wire| wire.asked.as_slice()).unwrap_or_default().iter();
        for at in times(&tries) {
            if !left.any(|asked| *asked == at) {
                return Err(format!("{id} tells of a try at {at}, in {tries:?}"));
            }
        }
    }
    Ok(())
}

/// What waits is due, and not long ago; each webhook knows how much that is.
fn owed(connection: &Connection, late: Millis) -> Result<(), String> {
    for (sql, what) in [
        (
            "select count(*) from webhook_deliveries where state = 'waiting'
             and (due is null or due < ?1)",
            "deliveries wait for nothing",
        ),
        (
            "select count(*) from webhooks w where ?1 > 0 and w.waiting <> (select count(*)
             from webhook_deliveries d where d.webhook = w.number and d.state = 'waiting')",
            "webhooks do not know how much waits",
        ),
        (
            "select count(*) from webhooks w join webhook_deliveries d on d.webhook = w.number
             where ?1 > 0 and w.active = 0 and d.state = 'waiting'",
            "deliveries wait for a webhook that is switched off",
        ),
        (
            "select count(*) from webhook_deliveries where ?1 > 0
             and webhook not in (select number from webhooks)",
            "deliveries of a webhook that is gone are left",
        ),
    ] {
        let count: i64 = connection.query_row(sql, [late], |row| row.get(0)).map_err(text)?;
        if count != 0 {
            return Err(format!("{count} {what}"));
        }
    }
    Ok(())
}

/// A receiver that is gone is left alone from that answer on.
fn gone(connection: &Connection, events: &[String]) -> Result<(), String> {
    let disabled: BTreeSet<(String, Millis)> = events
        .iter()
        .filter(|json| json.contains("\"type\":\"webhook.disabled\""))
        .filter_map(|json| serde_json::from_str::<Value>(json).ok())
        .filter_map(|event| {
            let id = event["data"]["webhook"]["id"].as_str()?.to_owned();
            Some((id, event["at"].as_i64()?))
        })
        .collect();
    let sql = "select w.id, d.seq, d.tries from webhooks w
        join webhook_deliveries d on d.webhook = w.number where instr(d.tries, '410') > 0";
    let mut deliveries = connection.prepare(sql).map_err(text)?;
    let mut rows = deliveries.query([]).map_err(text)?;
    while let Some(row) = rows.next().map_err(text)? {
        let (id, seq): (String, i64) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
        let tries: String = row.get(2).map_err(text)?;
        let tries: Vec<Value> = serde_json::from_str(&tries).unwrap_or_default();
        for at in tries.iter().filter(|one| one["status"] == 410) {
            let at = at["at"].as_i64().unwrap_or_default();
            if !disabled.iter().any(|(known, since)| *known == id && *since >= at) {
                return Err(format!("{id} was gone at {at}, to event {seq}, and went on"));
            }
        }
    }
    Ok(())
}
