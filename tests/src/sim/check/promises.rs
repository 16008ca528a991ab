//! What rules owe beside their acts: one warning of a promise, one entry in the run log for each
//! act, and an end to silence.

use super::log::text;
use rusqlite::Connection;
use schema::Millis;
use serde_json::Value;
use std::collections::BTreeMap;

/// A warning is not said twice.
pub const WARNED: &str = "18 of each promise it is warned once";
/// The run log is whole.
pub const LOGGED: &str = "18 each act of a rule is in its log, once";
/// A timer that was set for silence goes off.
pub const SILENCE: &str = "18 silence is noticed in time";

const MINUTE_MS: Millis = 60_000;

/// What was said of promises. Of each it is warned once, and that it is broken is said once, as
/// long as nothing moves its end: neither a policy, nor the hours, nor the ticket's priority or
/// status.
#[derive(Debug, Default)]
pub struct Said(BTreeMap<(String, String, String), i64>);

impl Said {
    /// Notes an event.
    ///
    /// # Errors
    /// Where it says once more what was said.
    pub fn note(&mut self, kind: &str, json: &str) -> Result<(), String> {
        let ends = ["slaPolicy.", "businessHours."].iter().any(|start| kind.starts_with(start));
        if ends {
            self.0.clear();
        }
        let concerns = ["sla.warning", "sla.breached", "ticket.changed", "ticket.reopened"];
        if kind != "workspace.imported" && !concerns.contains(&kind) {
            return Ok(());
        }
        let event: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let ticket = event["ticketId"].as_str().unwrap_or_default();
        if kind.starts_with("sla.") {
            let promise = event["data"]["promise"].to_string();
            let key = (ticket.to_owned(), promise, kind.to_owned());
            let seq = event["seq"].as_i64().unwrap_or_default();
            return match self.0.insert(key, seq) {
                Some(before) => {
                    Err(format!("{kind} of {ticket} is event {before} and event {seq}"))
                }
                None => Ok(()),
            };
        }
        let moved = event["data"]["before"].as_object();
        let moves = |field: &&str| moved.is_some_and(|it| it.contains_key(*field));
        if kind != "ticket.changed" || ["priority", "status"].iter().any(moves) {
            self.0.retain(|(known, ..), _| known != ticket && !ticket.is_empty());
        }
        Ok(())
    }
}

/// Each act of a rule is one event and one entry of the run log, of the same time.
pub fn logged(connection: &Connection, events: &[Value]) -> Result<(), String> {
    let mut acts: BTreeMap<(String, String, i64), i64> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "automation.fired") {
        let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rule = part(&event["data"]["result"]["automationId"]);
        let at = event["at"].as_i64().unwrap_or_default();
        *acts.entry((rule, part(&event["ticketId"]), at)).or_default() += 1;
    }
    let sql = "select t.id, p.at, p.fired, p.results from automation_passes p
        join tickets t on t.number = p.ticket";
    let mut passes = connection.prepare(sql).map_err(text)?;
    let mut rows = passes.query([]).map_err(text)?;
    while let Some(row) = rows.next().map_err(text)? {
        let (ticket, at): (String, i64) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
        let (count, results): (usize, String) =
            (row.get(2).map_err(text)?, row.get(3).map_err(text)?);
        let results: Vec<Value> = serde_json::from_str(&results).unwrap_or_default();
        let fired: Vec<_> = results.iter().filter(|it| it["outcome"] == "fired").collect();
        if fired.len() != count {
            return Err(format!("{count} acts are counted on {ticket}, {} told", fired.len()));
        }
        for result in fired {
            let rule = result["automationId"].as_str().unwrap_or_default().to_owned();
            *acts.entry((rule, ticket.clone(), at)).or_default() -= 1;
        }
    }
    match acts.into_iter().find(|(_, left)| *left != 0) {
        Some(((rule, ticket, at), left)) => {
            let which = if left > 0 { "in the events only" } else { "in the run log only" };
            Err(format!("{rule} acted on {ticket} at {at}, {which}"))
        }
        None => Ok(()),
    }
}

/// A rule that acts on silence by the clock has acted on each that is long enough.
pub fn silences(connection: &Connection, late: Millis) -> Result<(), String> {
    let rules = "select id, occasion, json from rules
        where kind = 'automation' and enabled = 1 and occasion is not null";
    let mut rules = connection.prepare(rules).map_err(text)?;
    let mut rules = rules.query([]).map_err(text)?;
    while let Some(rule) = rules.next().map_err(text)? {
        let (id, occasion): (String, String) =
            (rule.get(0).map_err(text)?, rule.get(1).map_err(text)?);
        let json: String = rule.get(2).map_err(text)?;
        let rule: Value = serde_json::from_str(&json).unwrap_or_default();
        let since = match occasion.as_str() {
            "noAgentReply" => "agent_since",
            "noUserReply" => "user_since",
            "unassigned" => "unassigned_since",
            _ => continue,
        };
        let minutes = rule["trigger"]["minutes"].as_i64().unwrap_or_default();
        if rule["trigger"]["businessHours"] == true {
            continue;
        }
        let sql = format!(
            "select ticket, {since} from ticket_waits where {since} < ?1
             and instr(done, ?2 || '/' || {since}) = 0"
        );
        let mut late_ones = connection.prepare(&sql).map_err(text)?;
        let bound = late - minutes * MINUTE_MS;
        let mut rows = late_ones.query((bound, &id)).map_err(text)?;
        if let Some(row) = rows.next().map_err(text)? {
            let (ticket, at): (i64, i64) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
            return Err(format!("{id} never acted on ticket {ticket}, silent since {at}"));
        }
    }
    Ok(())
}
