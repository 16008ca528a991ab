//! Rules neither loop nor lose a step, whatever crashes.
//!
//! All of it is counted from the log and the tables behind the actor's back.

use super::log::text;
use super::promises;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::Connection;
use schema::Millis;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const BOUNDED: &str = "18 rules come to an end";
const ONCE: &str = "18 a rule acts once on each occasion";
const STEPS: &str = "18 each step of a workflow is done once";
const CLOCKS: &str = "18 a promise's clock is looked at in time";

const HOUR_MS: Millis = 3_600_000;
const FIRED_PER_HOUR_MAX: usize = 20;

impl World {
    /// What rules, workflows and clocks left behind.
    pub fn check_rules(&mut self) {
        let names: Vec<Name> = self.plan.tenants.iter().map(|own| own.room.clone()).collect();
        for name in names {
            let Some(log) = self.checks.logs.get(&name) else { continue };
            let events: Vec<Value> =
                log.events.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
            let late = self.clock.wall() - HOUR_MS;
            let Some(object) = self.objects.get(&name) else { continue };
            let connection = object.storage.connection();
            let found = [
                (BOUNDED, bounded(&events)),
                (ONCE, once(&events)),
                (STEPS, steps(connection, &events, late)),
                (CLOCKS, clocks(connection, late)),
                (promises::LOGGED, promises::logged(connection, &events)),
                (promises::SILENCE, promises::silences(connection, late)),
            ];
            let wrong = found.into_iter().find_map(|(what, found)| Some((what, found.err()?)));
            if let Some((what, why)) = wrong {
                return self.violate(what, format!("{}: {why}", short(&name)));
            }
            let fired = events.iter().filter(|event| event["type"] == "automation.fired").count();
            let ended = events.iter().filter(|event| event["type"] == "workflow.ended").count();
            if fired > 0 {
                *self.marks.entry("a rule fired").or_default() += 1;
            }
            if ended > 0 {
                *self.marks.entry("a workflow ended").or_default() += 1;
            }
        }
    }
}

fn of<'e>(events: &'e [Value], kind: &'static str) -> impl Iterator<Item = &'e Value> {
    events.iter().filter(move |event| event["type"] == kind)
}

/// Rules act on a ticket twenty times an hour at most.
fn bounded(events: &[Value]) -> Result<(), String> {
    let mut times: BTreeMap<&str, Vec<Millis>> = BTreeMap::new();
    for event in of(events, "automation.fired") {
        let ticket = event["ticketId"].as_str().unwrap_or_default();
        times.entry(ticket).or_default().push(event["at"].as_i64().unwrap_or_default());
    }
    for (ticket, times) in times {
        let close = times
            .windows(FIRED_PER_HOUR_MAX + 1)
            .find(|window| window[FIRED_PER_HOUR_MAX] - window[0] < HOUR_MS);
        if let Some(window) = close {
            return Err(format!("{} times within an hour on {ticket}", window.len()));
        }
    }
    Ok(())
}

/// A rule without conditions has acted on each ticket that was opened while it was there, once.
fn once(events: &[Value]) -> Result<(), String> {
    let mut acting: BTreeSet<String> = BTreeSet::new();
    let mut owed: BTreeSet<(String, String)> = BTreeSet::new();
    let id = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for event in events {
        let rule = &event["data"]["automation"];
        match event["type"].as_str().unwrap_or_default() {
            "automation.created" | "automation.changed" => {
                let always = rule["trigger"]["on"] == "ticketCreated" && rule["enabled"] == true;
                acting.remove(&id(&rule["id"]));
                if always {
                    acting.insert(id(&rule["id"]));
                }
            }
            "automation.deleted" => {
                acting.remove(&id(&rule["id"]));
            }
            "ticket.created" => {
                let ticket = id(&event["ticketId"]);
                owed.extend(acting.iter().map(|rule| (rule.clone(), ticket.clone())));
            }
            "automation.fired" if event["data"]["on"] == "ticketCreated" => {
                let rule = id(&event["data"]["result"]["automationId"]);
                let ticket = id(&event["ticketId"]);
                if !owed.remove(&(rule.clone(), ticket.clone())) {
                    return Err(format!("{rule} acted on {ticket}, and was not to, or had"));
                }
            }
            _ => {}
        }
    }
    match owed.first() {
        Some((rule, ticket)) => Err(format!("{rule} never acted on {ticket}")),
        None => Ok(()),
    }
}

/// Each run's steps are in order, each once; what they wrote is there, once; none is stuck.
fn steps(connection: &Connection, events: &[Value], late: Millis) -> Result<(), String> {
    let id = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut written: BTreeMap<String, usize> = BTreeMap::new();
    for event in of(events, "comment.created") {
        *written.entry(id(&event["data"]["comment"]["id"])).or_default() += 1;
    }
    let started: BTreeSet<_> =
        of(events, "workflow.started").map(|event| id(&event["data"]["run"]["id"])).collect();
    let ended: Vec<_> =
        of(events, "workflow.ended").map(|event| id(&event["data"]["run"]["id"])).collect();
    let distinct: BTreeSet<_> = ended.iter().collect();
    if distinct.len() != ended.len() {
        return Err("a run ended twice".into());
    }
    let mut going = 0;
    let mut referred = BTreeSet::new();
    let Ok(mut rows) = connection.prepare("select run from workflow_runs") else { return Ok(()) };
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).map_err(text)?;
    for row in rows {
        let run: Value = serde_json::from_str(&row.map_err(text)?).map_err(|e| e.to_string())?;
        let name = id(&run["id"]);
        if !started.contains(&name) {
            return Err(format!("{name} was never started"));
        }
        let running = run["state"] == "running";
        going += i64::from(running);
        if running == ended.contains(&name) {
            return Err(format!("{name} is {} and has {} end", run["state"], ended.len()));
        }
        if running && run["resumesAt"].as_i64().is_none_or(|at| at < late) {
            return Err(format!("{name} was to go on at {}", run["resumesAt"]));
        }
        let results = run["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        if run["step"] != results.len() {
            return Err(format!("{name} did {} steps and tells of {}", run["step"], results.len()));
        }
        for (step, result) in results.iter().enumerate() {
            if result["step"] != step {
                return Err(format!("{name}: {} where {step} was to follow", result["step"]));
            }
            let detail = result["detail"].as_str().unwrap_or_default();
            let Some(comment) = detail.strip_prefix("note: comment ") else { continue };
            if written.get(comment) != Some(&1) || !referred.insert(comment.to_owned()) {
                return Err(format!("{name}: comment {comment} is not there once"));
            }
        }
        if run["state"] == "done" && run["why"].is_null() && run["step"] != run["steps"] {
            return Err(format!("{name} is done after {} of {}", run["step"], run["steps"]));
        }
    }
    let counted = "select runs from rules_active";
    let counted: i64 = connection.query_row(counted, [], |row| row.get(0)).map_err(text)?;
    if counted != going {
        return Err(format!("{going} runs go on, {counted} are counted"));
    }
    Ok(())
}

/// No clock that runs is past its time without having said so.
fn clocks(connection: &Connection, late: Millis) -> Result<(), String> {
    let overdue = "select count(*) from ticket_slas where running_since is not null and
        (first_due < ? and first_met_at is null and first_breached_at is null
         or resolution_due < ? and resolution_met_at is null and resolution_breached_at is null)";
    let Ok(mut overdue) = connection.prepare(overdue) else { return Ok(()) };
    match overdue.query_row([late, late], |row| row.get::<_, i64>(0)).map_err(text)? {
        0 => Ok(()),
        count => Err(format!("{count} promises were broken and nobody was told")),
    }
}
