//! Alerts: what begins is told, what ends is told, and in the end operators know what stands.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::OptionalExtension;
use schema::alert::{Alert, AlertState};
use schema::dead_letter::NAME;
use schema::{ActorKind, Millis};
use serde_json::Value;
use std::collections::BTreeMap;

const TOLD: &str = "operators know what stands";

/// What inboxes told, and what operators took.
#[derive(Debug, Default)]
pub struct Alerts {
    /// By inbox and kind, whether it stood, by time.
    told: BTreeMap<(String, &'static str), BTreeMap<Millis, bool>>,
    /// By the object that rang, kind and source: the last number, and whether it stood.
    heard: BTreeMap<(Name, String, String), (i64, bool)>,
}

/// What changes to and fro at one time is told as one: within so long it may look as if told twice.
const AT_ONCE_MS: Millis = 100;

/// What the tables of an inbox say: the kind, and whether it stands.
const TRUTH: [(&str, &str); 4] = [
    ("inboxPaused", "select paused_at is not null from inbox"),
    ("inboxWarned", "select warned_at is not null from inbox"),
    ("reviewNeeded", "select count(*) > 0 from ledger where state = 'unknown'"),
    ("syncStalled", "select count(*) > 0 from mailbox where told_since is not null"),
];

/// What operators are told: the kind, the source, whether it stands, and whether that waits.
const NOTICES: &str = "select type, source, stands, number > heard and exists (select 1 from timers
        where kind = 'ring' and key = type || '/' || workspace_id || '/' || source)
    from notices where type <> 'digest'";

const KNOWN: &str = "select stands from alarms where type = ? and source = ?";

impl World {
    /// A message tells of something that begins or ends.
    pub(in crate::sim) fn note_alert(&mut self, alert: &Alert) {
        self.mark("alert told");
        let Some(inbox) = alert.inbox_id else { return };
        let key = (format!("{}/{inbox}", alert.workspace_id), alert.kind.as_str());
        let stands = alert.state == AlertState::Raised;
        let before = self.checks.alerts.told.entry(key).or_default().insert(alert.at, stands);
        if before.is_some_and(|before| before != stands) {
            let text = format!("{} of {inbox} begins and ends at one time", alert.kind.as_str());
            self.violate(TOLD, text);
        }
    }

    /// Operators take a request: of one thing, what is newer comes after what is older.
    pub(super) fn note_heard(&mut self, from: &Name, body: &[u8]) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(number) = body["number"].as_i64() else { return };
        let kind = body["type"].as_str().unwrap_or_default().to_owned();
        let is_shared = kind == "reviewNeeded";
        let source = body["inboxId"].as_str().filter(|_| !is_shared).unwrap_or_default();
        let key = (from.clone(), kind, source.to_owned());
        let now = (number, body["state"] == "raised");
        let before = self.checks.alerts.heard.insert(key, now);
        if before.is_some_and(|before| before.0 > number || (before.0 == number && before != now)) {
            self.violate(TOLD, format!("{} rings {body} after {before:?}", short(from)));
        }
    }

    /// In the end: what operators heard last is how it stands, unless it has to be quiet yet.
    fn check_heard(&mut self) {
        let rings = self.objects.keys().filter(|name| name.0 == ActorKind::RateLimiter);
        for name in rings.cloned().collect::<Vec<_>>() {
            match self.is_heard(&name) {
                Ok(wrong) if wrong.is_empty() => {}
                Ok(wrong) => self.violate(TOLD, format!("{} {wrong:?}", short(&name))),
                Err(why) => self.violate(TOLD, format!("{}: {why}", short(&name))),
            }
        }
    }

    /// The kinds, sources and states of what operators heard otherwise.
    fn is_heard(&self, name: &Name) -> Result<Vec<(String, String, bool)>, String> {
        let Some(object) = self.objects.get(name) else { return Ok(Vec::new()) };
        let sql = object.storage.connection();
        let tables = "select count(*) > 0 from sqlite_schema where name = 'notices'";
        let is_there: bool = sql.query_row(tables, [], |row| row.get(0)).map_err(text)?;
        let mut wrong = Vec::new();
        if !is_there {
            return Ok(wrong);
        }
        let mut notices = sql.prepare(NOTICES).map_err(text)?;
        let mut rows = notices.query([]).map_err(text)?;
        while let Some(row) = rows.next().map_err(text)? {
            let kind: String = row.get(0).map_err(text)?;
            let source: String = row.get(1).map_err(text)?;
            let stands: bool = row.get(2).map_err(text)?;
            let waits: bool = row.get(3).map_err(text)?;
            let key = (name.clone(), kind, source);
            let last = self.checks.alerts.heard.get(&key);
            if !waits && last.is_some_and(|last| last.1) != stands {
                wrong.push((key.1, key.2, stands));
            }
        }
        Ok(wrong)
    }

    /// In the end: what stands at an inbox is what the object that rings knows, and nothing was
    /// told twice in a row but a pause and that a person is needed.
    pub(super) fn check_alerts(&mut self) {
        self.check_heard();
        let inboxes = self.objects.keys().filter(|name| name.0 == ActorKind::InboxState);
        for name in inboxes.cloned().collect::<Vec<_>>() {
            for (kind, truth) in TRUTH {
                if let Err(why) = self.is_known(&name, kind, truth) {
                    self.violate(TOLD, format!("{} {kind}: {why}", short(&name)));
                }
            }
        }
    }

    fn is_known(&self, name: &Name, kind: &'static str, truth: &str) -> Result<(), String> {
        let Some(object) = self.objects.get(name) else { return Ok(()) };
        // Of one that never came to anything no table is there.
        let tables = "select count(*) > 0 from sqlite_schema where name = 'inbox'";
        let sql = object.storage.connection();
        let is_there: bool = sql.query_row(tables, [], |row| row.get(0)).map_err(text)?;
        let stands = if is_there {
            let stands = sql.query_row(truth, [], |row| row.get::<_, bool>(0));
            stands.optional().map_err(text)?.unwrap_or_default()
        } else {
            false
        };
        let none = BTreeMap::new();
        let told = self.checks.alerts.told.get(&(name.1.clone(), kind)).unwrap_or(&none);
        let states: Vec<(Millis, bool)> = told.iter().map(|(at, stands)| (*at, *stands)).collect();
        let may_repeat = ["inboxPaused", "reviewNeeded"].contains(&kind);
        let twice = states.windows(2).any(|pair| {
            let [(before, was), (at, is)] = [pair[0], pair[1]];
            was == is && at - before > AT_ONCE_MS && !(may_repeat && is)
        });
        if states.last().is_some_and(|last| last.1) != stands || twice {
            return Err(format!("it is {stands}, and told were {states:?}"));
        }
        let (workspace, inbox) = name.1.split_once('/').unwrap_or_default();
        let rings = (ActorKind::RateLimiter, format!("{workspace}/{NAME}"));
        let Some(rings) = self.objects.get(&rings) else {
            return if states.is_empty() { Ok(()) } else { Err("nobody was told".to_owned()) };
        };
        let known = rings.storage.connection().query_row(KNOWN, [kind, inbox], |row| row.get(0));
        let known: Option<bool> = known.optional().map_err(text)?;
        if known.unwrap_or_default() == stands {
            return Ok(());
        }
        Err(format!("it is {stands}, and {known:?} is known"))
    }
}
