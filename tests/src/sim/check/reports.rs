//! Invariant 10: a forged report changes nothing, and a true one reaches whom it concerns.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use schema::codec::read_json;
use schema::ids::SendId;
use schema::inbox::InboxCommand;
use schema::prospect::ProspectCommand;
use schema::report::{ReportNoted, SendReport};
use schema::{ActorKind, Answer, Envelope};
use std::collections::BTreeSet;

const FORGED: &str = "10 a forged report changes nothing";
const TOLD: &str = "10 who bounced or complained is suppressed";

/// What was reported, and what came of it.
#[derive(Debug, Default)]
pub struct Reports {
    /// What the plan truly reports: the mail, and the class.
    made: BTreeSet<(String, String)>,
    /// What prospects were told: the mail, and its fate.
    told: BTreeSet<(String, String)>,
}

/// A mail of the ledger that something was reported of.
type Row = (String, i64, bool, Option<String>, Option<String>, String, String);

const ROWS: &str = "select id, bounced, complained, report, prospect_id, recipients, copies
    from ledger where report is not null or bounced > 0 or complained = 1";

/// Complaints that count against the inbox and should not.
const COUNTED: &str = "select count(*) from complaints
    left join ledger on ledger.id = complaints.send_id
    where ledger.complained is not 1 or ledger.prospect_id is null or ledger.left_at is null";

impl World {
    /// The plan reports the truth about a mail.
    pub(in crate::sim) fn expect_report(&mut self, send: SendId, class: &str) {
        self.checks.reports.made.insert((send.to_string(), class.to_owned()));
    }

    /// An answer of an inbox or a prospect.
    pub(super) fn check_reported(&mut self, from: &Name, envelope: &Envelope, answer: &Answer) {
        let Answer::Done { json, .. } = answer else { return };
        if from.0 == ActorKind::InboxState {
            let Ok(InboxCommand::RecordReport(_)) = read_json(&envelope.command) else { return };
            let Ok(noted) = serde_json::from_slice::<ReportNoted>(json) else { return };
            let Some(report) = noted.report else { return };
            self.mark("report noted");
            self.check_report(from, &noted.send_id.to_string(), &report);
        } else if from.0 == ActorKind::ProspectDedup {
            let told = match read_json(&envelope.command) {
                Ok(ProspectCommand::Record(record)) => {
                    let fate = serde_json::to_value(record.fate).unwrap_or_default();
                    (record.send_id, fate.as_str().unwrap_or_default().to_owned())
                }
                Ok(ProspectCommand::Suppress(suppress)) => {
                    let id = suppress.id.unwrap_or_default();
                    let Some((send, fate)) = id.split_once('/') else { return };
                    (send.to_owned(), fate.to_owned())
                }
                _ => return,
            };
            self.checks.reports.told.insert(told);
        }
    }

    /// A report that counted was made, or was the server's own word when the mail was handed over.
    fn check_report(&mut self, inbox: &Name, send: &str, report: &SendReport) {
        let class = report.class.as_str().to_owned();
        let is_made = self.checks.reports.made.contains(&(send.to_owned(), class));
        if !is_made && self.post.has(send, &report.address) {
            self.violate(FORGED, format!("{} has {report:?} of {send}", short(inbox)));
        }
    }

    /// In the end, ledgers hold what was truly reported, and the people know.
    pub(super) fn check_reports(&mut self) {
        let inboxes: Vec<Name> =
            self.objects.keys().filter(|name| name.0 == ActorKind::InboxState).cloned().collect();
        for inbox in inboxes {
            match self.reported(&inbox) {
                Ok((rows, wrong)) => {
                    if wrong > 0 {
                        let said = format!("{} counts {wrong} wrongly", short(&inbox));
                        self.violate(FORGED, said);
                    }
                    rows.into_iter().for_each(|row| self.check_row(&inbox, row));
                }
                // Nobody got to register it.
                Err(why) if why.contains("no such table") => {}
                Err(why) => self.violate(FORGED, format!("{}: {why}", short(&inbox))),
            }
        }
    }

    /// The mails that something was reported of, and how many complaints count wrongly.
    fn reported(&self, inbox: &Name) -> Result<(Vec<Row>, i64), String> {
        let connection = self.objects[inbox].storage.connection();
        let wrong = connection.query_row(COUNTED, [], |row| row.get(0)).map_err(text)?;
        let mut rows = connection.prepare_cached(ROWS).map_err(text)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        };
        let rows = rows.query_map([], read).map_err(text)?;
        Ok((rows.collect::<Result<_, _>>().map_err(text)?, wrong))
    }

    fn check_row(&mut self, inbox: &Name, row: Row) {
        let (send, bounced, complained, report, prospect, to, cc) = row;
        let report = report.and_then(|json| serde_json::from_str::<SendReport>(&json).ok());
        match report {
            Some(report) => self.check_report(inbox, &send, &report),
            None => self.violate(FORGED, format!("{send} came back, and nobody says why")),
        }
        let count = |list: &str| serde_json::from_str::<Vec<String>>(list).map_or(0, |it| it.len());
        if prospect.is_none() && count(&to) + count(&cc) != 1 {
            return;
        }
        for (fate, is_due) in [("hardBounced", bounced == 2), ("complained", complained)] {
            let told = (send.clone(), fate.to_owned());
            if is_due && !self.checks.reports.told.contains(&told) {
                self.violate(TOLD, format!("nobody was told that {send} has {fate}"));
            }
        }
    }
}
