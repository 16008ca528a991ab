//! Alerts: what begins is told, what ends is told, and in the end operators know what stands.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::OptionalExtension;
use schema::alert::{Alert, AlertState};
use schema::dead_letter::NAME;
use schema::{ActorKind, Millis};
use std::collections::{BTreeMap, BTreeSet};

const TOLD: &str = "operators know what stands";

/// What inboxes told: by inbox and kind, whether it stood, by time.
#[derive(Debug, Default)]
pub struct Alerts(BTreeMap<(String, &'static str), BTreeMap<Millis, BTreeSet<bool>>>);

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
        let times = self.checks.alerts.0.entry(key).or_default();
        times.entry(alert.at).or_default().insert(alert.state == AlertState::Raised);
    }

    /// In the end: what stands at an inbox is what the object that rings knows, and nothing but a
    /// pause was told twice in a row.
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
        if told.values().any(|states| states.len() > 1) {
            // Within one millisecond both: which was last, nobody can tell.
            return Ok(());
        }
        let states: Vec<bool> = told.values().flatten().copied().collect();
        let twice =
            states.windows(2).any(|pair| pair[0] == pair[1] && (kind != "inboxPaused" || !pair[0]));
        if states.last().copied().unwrap_or_default() != stands || twice {
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
