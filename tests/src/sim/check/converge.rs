//! In the end: faults are over, everything is quiet, and everything agrees.

use super::log::{tokens, unsummarised};
use crate::sim::clients::State;
use crate::sim::d1::{COMMON, D1, Rows};
use crate::sim::object::Name;
use crate::sim::plan::About;
use crate::sim::world::{Ask, Origin, Request, World, short};
use schema::envelope::KernelCommand;
use schema::{ActorKind, Envelope, Millis, Principal};

const EQUAL: &str = "6 D1 equals the actors";

impl World {
    /// What still waits; none when all is quiet.
    #[must_use]
    pub fn unquiet(&self) -> Option<String> {
        if self.clients.waiting > 0 {
            let waits = |op: &&crate::sim::clients::Op| op.state == State::Waiting;
            let op = self.clients.ops.iter().find(waits).map(|op| (op.via, op.tries, &op.json));
            return Some(format!("{} clients wait: {op:?}", self.clients.waiting));
        }
        for object in self.objects.values() {
            if object.called || object.draining {
                return Some(format!("{} works", short(&object.name)));
            }
            let connection = object.storage.connection();
            let sql = "select kind || ' ' || key || ' ' || attempts || ' ' || ifnull(error, '')
                from outbox where state <> 'dead' limit 1";
            let Ok(mut waiting) = connection.prepare_cached(sql) else { continue };
            if let Ok(entry) = waiting.query_row([], |row| row.get::<_, String>(0)) {
                return Some(format!("{} has {entry}", short(&object.name)));
            }
            if unsummarised(connection) {
                return Some(format!("{} has comments for D1", short(&object.name)));
            }
        }
        for (id, client) in self.sockets.clients.iter().enumerate() {
            let head = self.checks.logs.get(&client.room).map_or(0, |log| log.events.len());
            let last = client.last.unwrap_or_default();
            if !client.banned && (client.conn.is_none() || last != head as i64) {
                return Some(format!("client {id} is at {last} of {head}"));
            }
        }
        None
    }

    /// What outreach holds that nobody works on: an inbox that is kept for a mail which is not
    /// under way, a place in a day that no mail has.
    pub fn check_outreach_places(&mut self) {
        const KEPT: &str = "select i.inbox_id from outreach_inboxes i
            left join enrolments e on e.number = i.enrolment
            where i.enrolment is not null and ifnull(e.assigned_at, 0) = 0";
        let rooms = self.objects.values().filter(|it| it.name.0 == ActorKind::WorkspaceRoom);
        let kept = rooms.filter_map(|room| {
            let connection = room.storage.connection();
            let mut kept = connection.prepare(KEPT).ok()?;
            let inbox = kept.query_row([], |row| row.get::<_, String>(0)).ok()?;
            Some(format!("{} keeps {inbox} for nobody", short(&room.name)))
        });
        if let Some(text) = kept.collect::<Vec<_>>().pop() {
            self.violate("E outreach goes on", text);
        }
    }

    /// Asks every object to write all its rows again, into an empty D1.
    pub fn rebuild(&mut self) -> Rows {
        let rows = self.d1.rows();
        self.d1 = D1::new();
        self.checks.rebuilt_at = self.clock.wall();
        let names: Vec<_> = self.objects.keys().cloned().collect();
        for name in names {
            let Some(workspace) = name.1.split('/').next().and_then(|id| id.parse().ok()) else {
                continue;
            };
            let system = Principal::system(workspace);
            let envelope = Envelope::kernel(name.1.as_str(), system, &KernelCommand::Summarise);
            let ask = Ask::Call(envelope.encode());
            self.send(Request { to: name, ask, origin: Origin::Nobody, until: Millis::MAX });
        }
        rows
    }

    /// D1 was, row by row, what the actors write when they write all they own.
    pub fn check_rebuilt(&mut self, before: &Rows) {
        let rebuilt = self.d1.rows();
        let gone = |row: &Vec<String>| row.len() == COMMON;
        for (key, row) in &rebuilt {
            // What never was is written as gone.
            if gone(row) && before.get(key).is_none_or(gone) {
                continue;
            }
            if before.get(key) != Some(row) && !self.is_newer(row) {
                let text = format!("{key:?} was {:?} and is {row:?}", before.get(key));
                return self.violate(EQUAL, text);
            }
        }
        // A row of something that is gone stays, so that an older write cannot bring it back.
        if let Some((key, row)) =
            before.iter().find(|(key, row)| !gone(row) && !rebuilt.contains_key(*key))
        {
            self.violate(EQUAL, format!("{key:?} {row:?} is nobody's"));
        }
    }

    /// Whether a row is of a change after everything was asked to be written again: a day began.
    fn is_newer(&self, row: &[String]) -> bool {
        let digits = row[COMMON - 1].chars().filter(char::is_ascii_digit).collect::<String>();
        digits.parse::<Millis>().is_ok_and(|at| at >= self.checks.rebuilt_at)
    }

    /// Everything that was promised was done, once.
    pub fn check_promises(&mut self) {
        for id in 0..self.clients.ops.len() {
            if matches!(self.clients.ops[id].state, State::Done(_)) {
                self.check_effect(id);
            }
            self.check_published(id);
            self.check_own(id);
            self.check_taken_in(id);
        }
        self.check_tickets();
        self.check_people();
        self.check_claims();
        self.check_reports();
        self.check_readings();
        self.check_mailboxes();
        self.check_alerts();
        self.check_directory();
        self.check_desks();
        self.check_erased();
        self.check_dead();
        self.check_forgotten();
        self.check_webhooks();
        self.check_rules();
    }

    /// A scheduled comment was published or cancelled, once, and not before its time.
    fn check_published(&mut self, id: usize) {
        let op = &self.clients.ops[id];
        let About::Schedule(_, at) = op.about else { return };
        let State::Done(reply) = &op.state else { return };
        let Some(log) = self.checks.logs.get(&op.to) else { return };
        let Some(token) = tokens(&op.json).into_iter().next() else { return };
        let reply: serde_json::Value = serde_json::from_slice(reply).unwrap_or_default();
        let comment = reply["id"].as_str().unwrap_or_default();
        let moved = |other: &&crate::sim::clients::Op| match &other.about {
            About::Reschedule(_, moved, _) => moved.to_string() == comment,
            _ => false,
        };
        let moves = self.clients.ops.iter().filter(moved);
        let times = moves.filter_map(|other| match other.about {
            About::Reschedule(_, _, at) => at,
            _ => None,
        });
        let (earliest, latest) =
            times.fold((at, at), |(low, high), time| (low.min(time), high.max(time)));
        let all = log.tokens.get(&token).map(Vec::as_slice).unwrap_or_default();
        let published: Vec<_> = all.iter().filter(|(kind, _)| kind == "comment.created").collect();
        let cancelled = all.iter().filter(|(kind, _)| kind.ends_with("cancelled")).count();
        let ended = published.len() + cancelled;
        let due = latest < self.clock.wall() - 3_600_000;
        let text = if published.iter().any(|(_, time)| *time < earliest) {
            format!("{token} was published before {earliest}: {published:?}")
        } else if ended > 1 {
            format!("{token} was published {} times, cancelled {cancelled}", published.len())
        } else if ended == 0 && due {
            format!("{token} was due at {latest} and was never published")
        } else {
            return;
        };
        self.violate("1 a scheduled comment is published once, in time", text);
    }

    /// A mail that came in is in the log once.
    fn check_taken_in(&mut self, id: usize) {
        let op = &self.clients.ops[id];
        if !matches!(op.about, About::MailIn(_)) || !matches!(op.state, State::Done(_)) {
            return;
        }
        let Some(token) = tokens(&op.json).into_iter().next() else { return };
        let Some(log) = self.checks.logs.get(&op.to) else { return };
        let count = log.count(&token, "comment.created");
        // With a person goes what is known of their mails: repeated later, one comes in again.
        if count != 1 && !(count > 1 && self.checks.erasing.contains(&op.to)) {
            let text = format!("mail {token} is in {count} comments");
            self.violate("1 a mail that came in is one comment", text);
        }
    }

    /// D1 lists as many tickets as the log has opened.
    fn check_tickets(&mut self) {
        let rows = self.d1.rows();
        for tenant in &self.plan.tenants {
            let name = &tenant.room;
            let Some(log) = self.checks.logs.get(name) else { continue };
            let opened =
                log.events.iter().filter(|json| json.contains("\"type\":\"ticket.created\""));
            let listed: Vec<_> =
                rows.keys().filter(|key| key.0 == "tickets" && key.1 == name.1).collect();
            // What comes from elsewhere brings its id, and has no event of its own.
            let imported = listed.iter().filter(|key| tenant.is_from_elsewhere(&key.2));
            let (opened, listed) = (opened.count() + imported.count(), listed.len());
            if opened != listed {
                let text = format!("{}: {opened} tickets, {listed} in D1", short(name));
                return self.violate(EQUAL, text);
            }
        }
    }

    /// Nothing was given up.
    fn check_dead(&mut self) {
        let names: Vec<Name> = self.objects.keys().cloned().collect();
        for name in names {
            let connection = self.objects[&name].storage.connection();
            let sql = "select kind || ' ' || key || ': ' || ifnull(error, '') from outbox
                where state = 'dead' limit 1";
            let Ok(mut dead) = connection.prepare_cached(sql) else { continue };
            if let Ok(entry) = dead.query_row([], |row| row.get::<_, String>(0)) {
                drop(dead);
                self.violate(EQUAL, format!("{} gave up {entry}", short(&name)));
            }
        }
    }
}
