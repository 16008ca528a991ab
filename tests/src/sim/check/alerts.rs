//! Alerts: what begins is told, what ends is told, and in the end operators know what stands.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::OptionalExtension;
use schema::alert::{Alert, AlertState};
use schema::dead_letter::NAME;
use schema::{ActorKind, Millis};
use std::collections::BTreeMap;

const TOLD: &str = "operators know what stands";

/// What inboxes told: by inbox and kind, whether it stood, by time.
#[derive(Debug, Default)]
pub struct Alerts(BTreeMap<(String, &'static str), BTreeMap<Millis, bool>>);

/// What changes to and fro at one time is told as one: within so long it may look as if told twice.
const AT_ONCE_MS: Millis = 100;

/// What the tables of an inbox say: the kind, and whether it stands.
const TRUTH: [(&str, &str); 4] = [
    ("inboxPaused", "select paused_at is not null from inbox"),
    ("inboxWarned", "select warned_at is not null from inbox"),
    ("reviewNeeded", "select count(*) > 0 from ledger where state = 'unknown'"),
    ("syncStalled", "select count(*) > 0 from mailbox where told_since is not null"),
];

const KNOWN: &str = "select stands from alarms where type = ? and source = ?";

impl World {
    /// A message tells of something that begins or ends.
    pub(in crate::sim) fn note_alert(&mut self, alert: &Alert) {
        self.mark("alert told");
        let Some(inbox) = alert.inbox_id else { return };
        let key = (format!("{}/{inbox}", alert.workspace_id), alert.kind.as_str());
        let stands = alert.state == AlertState::Raised;
        let before = self.checks.alerts.0.entry(key).or_default().insert(alert.at, stands);
        if before.is_some_and(|before| before != stands) {
            let text = format!("{} of {inbox} begins and ends at one time", alert.kind.as_str());
            self.violate(TOLD, text);
        }
    }

    /// In the end: what stands at an inbox is what the object that rings knows, and nothing was
    /// told twice in a row but a pause and that a person is needed.
    pub(super) fn check_alerts(&mut self) {
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
        let told = self.checks.alerts.0.get(&(name.1.clone(), kind)).unwrap_or(&none);
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
