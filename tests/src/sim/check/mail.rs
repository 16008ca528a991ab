//! Invariants 3 and 4 at the mail servers: one acceptance per mail, none without a slot of its day.

use super::log::{text, tokens};
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use actors::kernel::{Entry, MailJob, MailOutcome, Outcome};
use rusqlite::OptionalExtension;
use schema::inbox::CAMPAIGN_KEY;
use serde_json::Value;
use std::collections::BTreeMap;

const ONCE: &str = "3 a mail leaves once";

/// Nobody but the team reads a note.
const PUBLIC: &str = "3 only what the team says in public leaves";

/// The outbox kinds of what rooms have mailed: notifications, and comments, which each leave once
/// as well.
const NOTIFIES: [&str; 2] = ["notifications.mail", "replies.mail"];

/// What is known of mails beside the mail servers.
#[derive(Debug, Default)]
pub struct Mails {
    /// The mail that an entry of a round is.
    under_way: BTreeMap<(u64, usize), String>,
    /// The mail that a text of the plan became.
    sends: BTreeMap<String, String>,
    /// The notification that an inbox was asked to send, by the inbox and the key.
    asked: BTreeMap<(Name, String), Notification>,
    /// The mail that a notification became.
    notified: BTreeMap<Notification, String>,
    /// What came of mails, where storage took no note of it: their objects keep it in memory.
    kept: Vec<Kept>,
}

/// What came of a mail, and which life of its object knows of it.
#[derive(Debug)]
struct Kept {
    from: Name,
    life: u32,
    entry: Entry,
    send: String,
    outcome: Outcome,
}

/// The room that tells, and the notification.
type Notification = (Name, String);

impl World {
    /// A mail is handed over.
    pub(in crate::sim) fn check_mail(&mut self, from: &Name, at: (u64, usize), job: &MailJob) {
        self.checks.mails.under_way.insert(at, job.send_id.clone());
        self.mark("mail handed over");
        // The transport itself needs the sealed password; the message must not have it.
        self.check_secrets(from, "mail", &job.content);
        let content = String::from_utf8_lossy(&job.content);
        let key = match self.key_of_mail(from, &job.send_id) {
            Ok(key) => key,
            Err(why) => return self.violate(ONCE, format!("{}: {why}", short(from))),
        };
        self.check_says(from, &key, job);
        let is_step = key.starts_with(CAMPAIGN_KEY);
        // The notification that it is, where it is one.
        let notification = self.checks.mails.asked.get(&(from.clone(), key)).cloned();
        // Notifications may tell of one thing several times, and have their template's texts.
        let tokens = if notification.is_none() { tokens(&content) } else { Vec::new() };
        if let Some(notification) = notification {
            self.mark("notification handed over");
            self.check_comment(&notification);
            self.check_notified(notification, &job.send_id);
        }
        for token in tokens {
            self.check_once(token, job, is_step);
        }
        if self.weeks.is_some() {
            return;
        }
        self.check_outreach(job);
        let warm = |inbox: &crate::sim::plan::Inbox| {
            inbox.warmup && from.1.ends_with(&inbox.id.to_string())
        };
        // Put off by its server for some, it has left on the day of its slot.
        let has_left = self.post.get(&job.send_id).accepted > 0;
        if !has_left && self.plan.tenants.iter().any(|tenant| tenant.inboxes.iter().any(warm)) {
            self.check_day(from, &job.send_id);
        }
    }

    /// What the plan wrote leaves as one mail; but each try of a campaign's step is a mail of its
    /// own, and says the same as one that certainly did not leave.
    fn check_once(&mut self, token: String, job: &MailJob, is_step: bool) {
        let sends = &mut self.checks.mails.sends;
        let known = sends.entry(token.clone()).or_insert_with(|| job.send_id.clone()).clone();
        if known == job.send_id {
            return;
        }
        let before = self.post.get(&known);
        if is_step && before.accepted == 0 && !before.open {
            sends.insert(token, job.send_id.clone());
            return;
        }
        let text = format!("{token} leaves as {known} and as {}", job.send_id);
        self.violate(ONCE, text);
    }

    /// Whether an entry is a mail whose outcome is awaited still: of two copies that drain at once,
    /// one may have found out first that nobody knows of it.
    pub(in crate::sim) fn is_open(&self, from: &Name, at: (u64, usize), entry: &Entry) -> bool {
        self.checks.mails.under_way.contains_key(&at) && self.is_leased(from, entry) == Ok(true)
    }

    /// An entry was settled, if it was `open`: a mail that was certainly not taken may be handed
    /// over again.
    pub(in crate::sim) fn check_settled(
        &mut self,
        from: &Name,
        at: (u64, usize),
        entry: &Entry,
        outcome: &Outcome,
        open: bool,
    ) {
        if let (true, Outcome::Done(reply)) = (NOTIFIES.contains(&&*entry.kind), outcome) {
            self.check_told(from, &entry.key, reply);
        }
        self.note_made(from, entry, outcome);
        let Some(send) = self.checks.mails.under_way.remove(&at) else { return };
        match self.is_leased(from, entry) {
            Ok(false) => {
                if open {
                    self.outside_settled(from, &send, outcome);
                }
                self.close_mail(&send, outcome);
            }
            Ok(true) => {
                let (from, life) = (from.clone(), self.object(from).life);
                let (entry, outcome) = (entry.clone(), outcome.clone());
                self.checks.mails.kept.push(Kept { from, life, entry, send, outcome });
            }
            Err(error) => self.violate(ONCE, format!("{}: {error}", short(from))),
        }
    }

    /// Note was taken of what came of a mail: whom it was certainly not taken for, it may be handed
    /// over for again. Whom it was taken for, it stays taken for.
    fn close_mail(&mut self, send: &str, outcome: &Outcome) {
        let definite = matches!(
            outcome,
            Outcome::Mail(
                MailOutcome::Accepted { .. }
                    | MailOutcome::Busy { .. }
                    | MailOutcome::NotSent { .. }
                    | MailOutcome::Unmade { .. }
                    | MailOutcome::Refused { .. }
            )
        );
        if definite {
            self.post.close(send);
        }
    }

    /// An object has begun what was ready, and so taken note of what it had kept in memory; what a
    /// `life` before this one kept, nobody knows any more.
    pub(in crate::sim) fn check_kept(&mut self, from: &Name, life: u32) {
        let is_its = |kept: &mut Kept| kept.from == *from;
        let kept: Vec<_> = self.checks.mails.kept.extract_if(.., is_its).collect();
        for kept in kept.into_iter().filter(|kept| kept.life == life) {
            match self.is_leased(from, &kept.entry) {
                Ok(true) => self.checks.mails.kept.push(kept),
                Ok(false) => match self.is_doubted(from, &kept.send) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.mark("kept outcome noted");
                        self.outside_settled(from, &kept.send, &kept.outcome);
                        self.close_mail(&kept.send, &kept.outcome);
                    }
                    Err(error) => self.violate(ONCE, format!("{}: {error}", short(from))),
                },
                Err(error) => self.violate(ONCE, format!("{}: {error}", short(from))),
            }
        }
    }

    /// An object is called for an entry of another's outbox: perhaps an inbox, to mail what a room
    /// tells somebody.
    pub(in crate::sim) fn check_call(&mut self, at: (u64, usize), to: &Name, command: &[u8]) {
        self.note_outreach(at, to, command);
        let Some(round) = self.rounds.get(&at.0) else { return };
        let entry = round.entries.get(at.1).map(|(entry, _)| entry);
        let Some(entry) = entry.filter(|entry| NOTIFIES.contains(&&*entry.kind)) else { return };
        let notification = (round.name.clone(), entry.key.clone());
        let command: Value = serde_json::from_slice(command).unwrap_or_default();
        let Some(key) = command["send"]["key"].as_str() else {
            return self.violate(ONCE, format!("{notification:?} is mailed as {command}"));
        };
        let key = (to.clone(), key.to_owned());
        let known = self.checks.mails.asked.entry(key).or_insert_with(|| notification.clone());
        if *known != notification {
            let text = format!("{known:?} and {notification:?} are mailed under one key");
            self.violate(ONCE, text);
        }
    }

    /// A comment is mailed: one of the team's, for all to read, that was not imported.
    fn check_comment(&mut self, (room, comment): &Notification) {
        let Some(object) = self.objects.get(room) else { return };
        let sql = "select visibility = 'public' and author_kind <> 'user' and source <> 'mail'
            and seq > 0 from comments where id = ?";
        let connection = object.storage.connection();
        let found = connection.prepare_cached(sql).map_err(text).and_then(|mut row| {
            row.query_row([comment], |row| row.get(0)).optional().map_err(text)
        });
        match found {
            Ok(None) => {}
            Ok(Some(true)) => self.mark("comment mailed"),
            Ok(Some(false)) => self.violate(PUBLIC, format!("{comment} of {} leaves", short(room))),
            Err(error) => self.violate(PUBLIC, format!("{}: {error}", short(room))),
        }
    }

    /// The key that an inbox has a mail under.
    fn key_of_mail(&self, inbox: &Name, send: &str) -> Result<String, String> {
        let object = self.objects.get(inbox).ok_or("no such inbox")?;
        let sql = "select key from ledger where id = ?";
        let mut key = object.storage.connection().prepare_cached(sql).map_err(text)?;
        key.query_row([send], |row| row.get(0)).map_err(text)
    }

    /// Whether its inbox says of a mail that nobody knows what came of it.
    fn is_doubted(&self, inbox: &Name, send: &str) -> Result<bool, String> {
        let object = self.objects.get(inbox).ok_or("no such inbox")?;
        let sql = "select state = 'unknown' from ledger where id = ?";
        let mut row = object.storage.connection().prepare_cached(sql).map_err(text)?;
        let doubted = row.query_row([send], |row| row.get(0)).optional().map_err(text)?;
        Ok(doubted.unwrap_or_default())
    }

    /// An inbox has taken the mail of a notification, unless nobody is to be told any more: then
    /// none was asked.
    fn check_told(&mut self, from: &Name, notification: &str, reply: &[u8]) {
        if reply.is_empty() {
            return;
        }
        let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
        let Some(send) = reply["id"].as_str() else {
            let text = format!("{} tells {notification} as {reply}", short(from));
            return self.violate(ONCE, text);
        };
        self.mark("notification mailed");
        self.check_notified((from.clone(), notification.to_owned()), send);
    }

    /// A notification is a mail: the same one, however often its inbox is asked, whether or not
    /// the answer came back.
    fn check_notified(&mut self, notification: Notification, send: &str) {
        let text = format!("{} tells {}", short(&notification.0), notification.1);
        let known = self.checks.mails.notified.entry(notification);
        let known = known.or_insert_with(|| send.to_owned());
        if known != send {
            let text = format!("{text} as {known} and as {send}");
            self.violate(ONCE, text);
        }
    }

    /// Whether the note of the outcome failed: then the attempt is as open as before.
    pub(super) fn is_leased(&self, from: &Name, entry: &Entry) -> Result<bool, String> {
        let Some(object) = self.objects.get(from) else { return Ok(false) };
        let sql = "select count(*) from outbox where kind = ? and key = ? and state = 'leased'";
        let mut row = object.storage.connection().prepare_cached(sql).map_err(text)?;
        let count: i64 =
            row.query_row([&entry.kind, &entry.key], |row| row.get(0)).map_err(text)?;
        Ok(count > 0)
    }
}
