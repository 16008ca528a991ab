//! Webhooks: a receiver is told what the log says, of its own workspace, without a secret, and of
//! everything that it asked for.

use super::deliveries::Wire;
use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use actors::kernel::PostJob;
use schema::ActorKind;
use serde_json::Value;
use std::collections::BTreeMap;

const TOLD: &str = "webhooks are told what the log says, and all of it";

/// What receivers have got.
#[derive(Debug, Default)]
pub struct Webhooks {
    /// By id of the request: how often the receiver took it.
    taken: BTreeMap<String, u32>,
    /// By the same: when it left.
    pub(super) wires: BTreeMap<String, Wire>,
}

impl World {
    /// A request arrives, or is lost on its way.
    pub(in crate::sim) fn take_post(&mut self, from: &Name, job: &PostJob, status: Option<u16>) {
        if from.0 == ActorKind::RateLimiter {
            self.mark("alert rung");
            if status.is_some_and(|status| status < 300) {
                self.note_heard(from, &job.body);
            }
            return self.check_secrets(from, "alert", &job.body);
        }
        self.mark("webhook told");
        self.check_post(from, job);
        self.check_secrets(from, "webhook", &job.body);
        let body: Value = serde_json::from_slice(&job.body).unwrap_or_default();
        let index = body["number"].as_u64().map_or(0, |number| number as usize);
        let log = self.checks.logs.get(from);
        let event = log.and_then(|log| log.now(index));
        let event: Value =
            event.and_then(|event| serde_json::from_str(event).ok()).unwrap_or_default();
        let event = without_note(event);
        let same = ["type", "data", "by"].iter().all(|field| body[field] == event[field]);
        if !same || body["workspaceId"] != from.1.as_str() || body["data"].is_null() {
            let why = format!("{} posts {body}, its log has {event}", short(from));
            self.violate(TOLD, why);
        }
        if status.is_some_and(|status| status < 300) {
            *self.checks.webhooks.taken.entry(job.id.clone()).or_default() += 1;
        }
    }

    /// In the end: what counts as delivered was taken, and nothing was passed over.
    pub fn check_webhooks(&mut self) {
        let with_logs: Vec<Name> = self.checks.logs.keys().cloned().collect();
        for room in with_logs.into_iter().filter(|name| name.0 == ActorKind::WorkspaceRoom) {
            if let Err(why) = self.check_deliveries(&room) {
                self.violate(TOLD, format!("{}: {why}", short(&room)));
            }
            self.check_owed(&room);
        }
    }

    fn check_deliveries(&self, room: &Name) -> Result<(), String> {
        let Some(object) = self.objects.get(room) else { return Ok(()) };
        let connection = object.storage.connection();
        let sql = "select replace(w.id, '-', ''), d.seq from webhooks w, webhook_deliveries d
            where d.webhook = w.number and d.state = 'delivered'";
        let mut delivered = connection.prepare_cached(sql).map_err(text)?;
        let mut rows = delivered.query([]).map_err(text)?;
        while let Some(row) = rows.next().map_err(text)? {
            let (id, seq): (String, i64) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
            let id = format!("evt_{id}_{seq}");
            if !self.checks.webhooks.taken.contains_key(&id) {
                return Err(format!("{id} counts as delivered and was never taken"));
            }
        }
        // The plan's webhooks want everything from their making on, and are never switched off.
        let sql = "select e.seq from webhooks w, events e
            where instr(w.kinds, '*') = 3 and w.active = 1 and w.version = 1
            and e.seq <= w.cursor and e.at > w.created_at
            and not exists (select 1 from webhook_deliveries d
                where d.webhook = w.number and d.seq = e.seq)";
        let mut missing = connection.prepare_cached(sql).map_err(text)?;
        let mut rows = missing.query([]).map_err(text)?;
        match rows.next().map_err(text)? {
            Some(row) => {
                Err(format!("event {} was passed over", row.get::<_, i64>(0).map_err(text)?))
            }
            None => Ok(()),
        }
    }
}

/// An event as it may leave the workspace: what a private note says stays there.
fn without_note(mut event: Value) -> Value {
    let data = &mut event["data"];
    for name in ["comment", "scheduledComment"] {
        if data[name]["visibility"] != "private" {
            continue;
        }
        data[name]["body"] = "".into();
        if !data[name]["attachments"].is_null() {
            data[name]["attachments"] = Value::Array(Vec::new());
        }
        if let Some(data) = data.as_object_mut() {
            data.remove("before");
        }
    }
    event
}
