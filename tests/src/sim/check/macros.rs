//! A macro does all of it, once: its comment is one event, and what it changes of its ticket is
//! told as well, unless the ticket was that way before.
//!
//! What the macro was to do is read from the log, not from the answer: the workspace's rules go on
//! from there, so that the ticket in the answer may be another again.

use crate::sim::clients::State;
use crate::sim::world::World;
use serde_json::Value;

const APPLIED: &str = "22 a macro does all of it, once";

/// What a ticket is compared by.
const FIELDS: [&str; 5] = ["priority", "tags", "status", "comments", "assigneeId"];

/// An answer to `applyMacro`, and the log that it is held against.
struct Applied<'a> {
    macro_id: &'a Value,
    /// Who applied it.
    agent: Value,
    ticket: &'a Value,
    comment: &'a Value,
    events: &'a [Value],
}

impl World {
    /// A macro was applied, as its caller was told.
    pub(super) fn check_applied(&mut self, id: usize) {
        let op = &self.clients.ops[id];
        let State::Done(reply) = &op.state else { return };
        let Some(log) = self.checks.logs.get(&op.to) else { return };
        let events: Vec<Value> =
            log.events.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
        let asked: Value = serde_json::from_str(&op.json).unwrap_or_default();
        let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
        let applied = Applied {
            macro_id: &asked["applyMacro"]["id"],
            agent: op.principal.agent().map(|agent| agent.to_string()).into(),
            ticket: &reply["ticket"],
            comment: &reply["comment"],
            events: &events,
        };
        match applied.check() {
            Ok(()) => self.mark("a macro was applied"),
            Err(why) => self.violate(APPLIED, format!("op {id}: {why}")),
        }
    }
}

impl Applied<'_> {
    fn check(&self) -> Result<(), String> {
        let told = self.told();
        self.check_comment(&told)?;
        for field in FIELDS {
            let known = last(&told, field);
            if known.is_some_and(|known| *known != self.ticket[field]) {
                return Err(format!("its {field} was told as {known:?}: {}", self.ticket));
            }
        }
        let since = told.last().and_then(|event| event["seq"].as_i64()).unwrap_or_default();
        let actions = self.actions(since);
        if actions.is_empty() {
            return Err(format!("no event tells what {} does", self.macro_id));
        }
        if !actions.iter().any(|actions| self.is_done(actions, &told)) {
            return Err(format!("none of {actions:?} was done: {}", self.ticket));
        }
        Ok(())
    }

    /// What was told of the ticket up to the version that was answered; of each version what told
    /// of it first: a rule's webhook names the ticket as well, even much later.
    fn told(&self) -> Vec<&Value> {
        let answered = self.ticket["version"].as_i64();
        let mut latest = None;
        let told = |event: &&Value| {
            let after = &event["data"]["ticket"];
            let version = after["version"].as_i64();
            let news = after["id"] == self.ticket["id"] && version <= answered && version > latest;
            if news {
                latest = version;
            }
            news
        };
        self.events.iter().filter(told).collect()
    }

    /// The comment is one event, which left the ticket at this version or is followed by others
    /// that did.
    fn check_comment(&self, told: &[&Value]) -> Result<(), String> {
        if !self.comment.is_object() {
            return Ok(());
        }
        let written = |event: &&Value| {
            event["type"] == "comment.created"
                && event["data"]["comment"]["id"] == self.comment["id"]
        };
        let count = self.events.iter().filter(written).count();
        if count != 1 {
            return Err(format!("its comment is in {count} events"));
        }
        let left = told.last().map(|event| &event["data"]["ticket"]["version"]);
        if left != Some(&self.ticket["version"]) {
            return Err(format!("no event left {}", self.ticket));
        }
        Ok(())
    }

    /// What the macro was to do when it was applied: its actions at that event, and, where it may
    /// have had nothing to change, those that it was given since.
    fn actions(&self, since: i64) -> Vec<&Value> {
        let mut known = Vec::new();
        for event in self.events {
            let item = &event["data"]["macro"];
            if item["id"] == *self.macro_id {
                if event["seq"].as_i64() <= Some(since) {
                    known.clear();
                }
                known.push(&item["actions"]);
            }
        }
        known
    }

    /// Whether the ticket was at some time told to be as these actions make it: in the end, or
    /// before rules went on from there.
    fn is_done(&self, actions: &Value, told: &[&Value]) -> bool {
        if actions["reply"].is_string() != self.comment.is_object() {
            return false;
        }
        let end = told.last().map(|event| &event["at"]);
        for count in (0..=told.len()).rev() {
            if self.is_changed(actions, &told[..count]) {
                return true;
            }
            let ruled = count > 0 && {
                let event = told[count - 1];
                event["by"]["kind"] == "system" && Some(&event["at"]) == end
            };
            if !ruled {
                return false;
            }
        }
        false
    }

    fn is_changed(&self, actions: &Value, told: &[&Value]) -> bool {
        let now = |field: &str| last(told, field).unwrap_or(&self.ticket[field]);
        let change = &actions["change"];
        let tags = now("tags").as_array().map(Vec::as_slice).unwrap_or_default();
        let add = change["addTags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let priority = &change["priority"];
        (priority.is_null() || now("priority") == priority)
            && (actions["assignToMe"] != true || *now("assigneeId") == self.agent)
            && add.iter().all(|tag| tags.contains(tag))
    }
}

/// What was told last of a field; what a comment leaves alone is not told with it.
fn last<'a>(told: &[&'a Value], field: &str) -> Option<&'a Value> {
    told.iter().rev().find_map(|event| event["data"]["ticket"].get(field))
}
