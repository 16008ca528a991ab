//! Invariants 3 and 4 at the mail servers: one acceptance per mail, none without a slot of its day.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use actors::kernel::{Entry, MailJob, MailOutcome, Outcome};
use serde_json::Value;
use std::collections::BTreeMap;

/// The outbox kind of notifications that go out by mail.
const NOTIFIES: &str = "notifications.mail";

/// What is known of mails beside the mail servers.
#[derive(Debug, Default)]
pub struct Mails {
    /// The mail that an entry of a round is.
    under_way: BTreeMap<(u64, usize), String>,
    /// The mail that a text of the plan became.
    sends: BTreeMap<String, String>,
    /// The mail that a notification became.
    notified: BTreeMap<(Name, String), String>,
}

impl World {
    /// A mail is handed over.
    pub(in crate::sim) fn check_mail(&mut self, from: &Name, at: (u64, usize), job: &MailJob) {
        self.checks.mails.under_way.insert(at, job.send_id.clone());
        self.mark("mail handed over");
        // The transport itself needs the sealed password; the message must not have it.
        self.check_secrets(from, "mail", &job.content);
        let content = String::from_utf8_lossy(&job.content);
        // Notifications may tell of one thing several times, and have their template's texts.
        let notifies = content.contains("\r\nAuto-Submitted: auto-generated\r\n");
        for token in super::log::tokens(&content).into_iter().filter(|_| !notifies) {
            let sends = &mut self.checks.mails.sends;
            let known = sends.entry(token.clone()).or_insert_with(|| job.send_id.clone()).clone();
            if known != job.send_id {
                let text = format!("{token} leaves as {known} and as {}", job.send_id);
                self.violate("3 a mail leaves once", text);
            }
        }
        self.check_outreach(job);
        let warm = |inbox: &crate::sim::plan::Inbox| {
            inbox.warmup && from.1.ends_with(&inbox.id.to_string())
        };
        if self.plan.tenants.iter().any(|tenant| tenant.inboxes.iter().any(warm)) {
            self.check_day(from, &job.send_id);
        }
    }

    /// An entry was settled: a mail that was certainly not taken may be handed over again.
    pub(in crate::sim) fn check_settled(
        &mut self,
        from: &Name,
        at: (u64, usize),
        entry: &Entry,
        outcome: &Outcome,
    ) {
        if let (NOTIFIES, Outcome::Done(reply)) = (entry.kind.as_str(), outcome) {
            self.check_notified(from, &entry.key, reply);
        }
        let Some(send) = self.checks.mails.under_way.remove(&at) else { return };
        let definite = matches!(
            outcome,
            Outcome::Mail(MailOutcome::NotSent { .. } | MailOutcome::Refused { .. })
        );
        match self.is_leased(from, entry) {
            Ok(false) if definite => self.post.close(&send),
            Ok(_) => {}
            Err(error) => self.violate("3 a mail leaves once", format!("{}: {error}", short(from))),
        }
    }

    /// An inbox has taken the mail of a notification: the same one, however often it is asked.
    fn check_notified(&mut self, from: &Name, notification: &str, reply: &[u8]) {
        let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
        let Some(send) = reply["id"].as_str().map(str::to_owned) else {
            let text = format!("{} tells {notification} as {reply}", short(from));
            return self.violate("3 a mail leaves once", text);
        };
        let key = (from.clone(), notification.to_owned());
        let known = self.checks.mails.notified.entry(key).or_insert_with(|| send.clone()).clone();
        self.mark("notification mailed");
        if known != send {
            let text = format!("{} tells {notification} as {known} and as {send}", short(from));
            self.violate("3 a mail leaves once", text);
        }
    }

    /// Whether the note of the outcome failed: then the attempt is as open as before.
    fn is_leased(&self, from: &Name, entry: &Entry) -> Result<bool, String> {
        let Some(object) = self.objects.get(from) else { return Ok(false) };
        let sql = "select count(*) from outbox where kind = ? and key = ? and state = 'leased'";
        let mut row = object.native.connection().prepare_cached(sql).map_err(text)?;
        let count: i64 =
            row.query_row([&entry.kind, &entry.key], |row| row.get(0)).map_err(text)?;
        Ok(count > 0)
    }
}
