//! Webhooks' requests: the same id for the same event, by the schedule, to nobody who is switched
//! off; what waits will be tried again.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use actors::kernel::PostJob;
use rusqlite::{Connection, OptionalExtension};
use schema::Millis;
use serde_json::Value;
use std::collections::BTreeSet;

const OFF: &str = "19 a webhook that is switched off is told nothing";
const SCHEDULE: &str = "19 a webhook is tried again by its schedule";
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

impl World {
    /// A request leaves: its row, as it was just committed, says why.
    pub(in crate::sim) fn check_post(&mut self, from: &Name, job: &PostJob) {
        if let Err((what, why)) = self.post_is_right(from, job) {
            self.violate(what, format!("{} posts {}: {why}", short(from), job.id));
        }
    }

    fn post_is_right(&self, from: &Name, job: &PostJob) -> Result<(), (&'static str, String)> {
        let Some(object) = self.objects.get(from) else { return Ok(()) };
        let connection = object.native.connection();
        let body: Value = serde_json::from_slice(&job.body).unwrap_or_default();
        let number = body["number"].as_i64().unwrap_or_default();
        let id = job.id.strip_prefix("evt_").and_then(|id| id.split_once('_'));
        let Some((webhook, _)) = id.filter(|(_, seq)| *seq == number.to_string()) else {
            return Err((ID, format!("it is event {number}")));
        };
        let sql = "select w.active, d.attempts, d.due, d.tries, d.state from webhooks w
            left join webhook_deliveries d on d.webhook = w.number and d.seq = ?2
            where replace(w.id, '-', '') = ?1";
        type Row = (i64, Option<i64>, Option<i64>, Option<String>, Option<String>);
        let found: Option<Row> = connection
            .query_row(sql, (webhook, number), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })
            .optional()
            .map_err(|error| (SCHEDULE, text(error)))?;
        let Some((1, Some(attempts), due, Some(tries), Some(state))) = found else {
            return Err((OFF, format!("{found:?}")));
        };
        let Some(due) = due.filter(|_| state == "waiting") else {
            return Err((SCHEDULE, format!("it is {state} and due at {due:?}")));
        };
        let last = times(&tries).last().copied();
        let wait = usize::try_from(attempts - 1).ok().and_then(|index| WAITS_MS.get(index));
        if let (Some(last), Some(wait)) = (last, wait)
            && due - UNDER_WAY_MS < last + wait
        {
            let now = due - UNDER_WAY_MS;
            return Err((SCHEDULE, format!("at {now}, {attempts} tries failed, one at {last}")));
        }
        Ok(())
    }

    /// In the end: what the rows say of each webhook.
    pub(super) fn check_owed(&mut self, room: &Name) {
        let late = self.clock.wall() - HOUR_MS;
        let Some(object) = self.objects.get(room) else { return };
        let connection = object.native.connection();
        let events = self.checks.logs.get(room).map(|log| log.events.as_slice());
        let found = [
            (SCHEDULE, spaced(connection)),
            (OWED, owed(connection, late)),
            (OFF, gone(connection, events.unwrap_or_default())),
        ];
        if let Some((what, why)) = found.into_iter().find_map(|(what, it)| Some((what, it.err()?)))
        {
            self.violate(what, format!("{}: {why}", short(room)));
        }
    }
}

fn times(tries: &str) -> Vec<Millis> {
    let tries: Vec<Value> = serde_json::from_str(tries).unwrap_or_default();
    tries.iter().filter_map(|one| one["at"].as_i64()).collect()
}

/// The tries since a delivery was sent or replayed are apart as the schedule says.
fn spaced(connection: &Connection) -> Result<(), String> {
    let sql = "select seq, attempts, tries, state, due from webhook_deliveries";
    let mut deliveries = connection.prepare(sql).map_err(text)?;
    let mut rows = deliveries.query([]).map_err(text)?;
    while let Some(row) = rows.next().map_err(text)? {
        let (seq, attempts): (i64, i64) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
        let tries: String = row.get(2).map_err(text)?;
        let all = times(&tries);
        let attempts = usize::try_from(attempts).unwrap_or_default();
        if attempts > WAITS_MS.len() + 1 {
            return Err(format!("event {seq} was tried {attempts} times"));
        }
        let since = &all[all.len().saturating_sub(attempts)..];
        for (pair, wait) in since.windows(2).zip(WAITS_MS) {
            if pair[1] - pair[0] < wait {
                return Err(format!("event {seq} was tried at {pair:?}, {wait} ms were to pass"));
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
            if !disabled.contains(&(id.clone(), at)) {
                return Err(format!("{id} was gone at {at}, to event {seq}, and went on"));
            }
        }
    }
    Ok(())
}
