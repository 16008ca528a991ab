//! Bytes as a plan of twenty commands to a room, against the reference model.

use super::super::rule;
use super::model::{Model, STRANGER, Step};
use super::room::Desk;
use schema::event::Event;
use schema::room::ticket::Status;
use schema::{Answer, Code};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const COMMANDS_MAX: usize = 20;
const MINUTE_MS: i64 = 60_000;
/// Who asks to see what there is in the end.
const AGENT: usize = 0;

/// A plan: each command is answered as the model says, what is refused changes nothing, the same
/// key gives the same answer, and in the end lists, counts and events say what the model says.
pub fn actor_commands() -> super::Check {
    let mut desk = Desk::open();
    Box::new(move |input| {
        desk.scene(|desk| {
            let mut plan = Plan { desk, model: Model::default(), asked: Vec::new() };
            for bytes in input.chunks_exact(4).take(COMMANDS_MAX) {
                plan.step([bytes[0], bytes[1], bytes[2], bytes[3]])?;
            }
            plan.end()
        })
    })
}

struct Plan<'x> {
    desk: &'x mut Desk,
    model: Model,
    /// What was done under a key: by whom, which, and the answer.
    asked: Vec<(usize, Value, Vec<u8>)>,
}

impl Plan<'_> {
    fn step(&mut self, [kind, who, which, what]: [u8; 4]) -> Result<(), String> {
        let (at, who) = (usize::from(which % 4), usize::from(who % 8).min(STRANGER));
        let text = format!("text {}", what % 8);
        let step = match kind % 12 {
            0 => Step::Create(text),
            1..=3 => Step::Move(at, Status::ALL[usize::from(what) % Status::ALL.len()]),
            4 => Step::Rename(at, text, i64::from(what / 64) % 2),
            5 | 6 => Step::Say(at, text),
            7 => Step::Reopen(at),
            8 => Step::Delete(at),
            9 => Step::Restore(at),
            10 => return self.again(which, what),
            _ if what < 128 => {
                // In all less than the day for which answers are kept under their keys.
                self.desk.bench.now += i64::from(what / 8) * MINUTE_MS;
                self.desk.bench.alarm();
                return Ok(());
            }
            _ => Step::Read(at),
        };
        let command = self.model.command(&step);
        let before = self.desk.state();
        let key = format!("k{}", self.asked.len());
        let answer = self.desk.ask(who, Some(key), &command);
        let reply = match &answer {
            Answer::Done { json, .. } => serde_json::from_slice(json).unwrap_or(Value::Null),
            Answer::Rejected(_) => Value::Null,
        };
        let due = self.model.take(who, &step, reply["id"].as_str().unwrap_or_default());
        match (&answer, due) {
            (Answer::Rejected(said), Err(due)) if said.code == due => {
                rule(self.desk.state() == before, "what is refused changes nothing")
            }
            (Answer::Done { json, replayed: false }, Ok(())) => {
                if !matches!(step, Step::Read(_)) {
                    self.asked.push((who, command, json.clone()));
                }
                Ok(())
            }
            (answer, due) => Err(format!("{command} by {who}: {answer:?}, but due is {due:?}")),
        }
    }

    /// Something that was done is asked for once more, or another thing under its key.
    fn again(&mut self, which: u8, what: u8) -> Result<(), String> {
        let number = usize::from(which) % self.asked.len().max(1);
        let Some((who, command, json)) = self.asked.get(number).cloned() else { return Ok(()) };
        let before = self.desk.state();
        let other = json!({ "createTicket": { "subject": "another" } });
        let command = if what < 64 { &other } else { &command };
        let answer = self.desk.ask(who, Some(format!("k{number}")), command);
        let is_right = match answer {
            Answer::Done { json: again, replayed } => what >= 64 && replayed && again == json,
            Answer::Rejected(reject) => what < 64 && reject.code == Code::KeyReused,
        };
        rule(is_right && self.desk.state() == before, "the same key is the same command, once")
    }

    fn end(mut self) -> Result<&'static str, String> {
        let shown: Vec<_> = self.model.tickets.iter().filter(|it| !it.deleted).cloned().collect();
        let listed = self.walk("listTickets", &json!({ "sort": "createdAt" }))?;
        let mut found: Vec<_> = listed.iter().map(|it| it["id"].as_str().unwrap_or("")).collect();
        let mut due: Vec<_> = shown.iter().map(|it| &*it.id).collect();
        found.sort_unstable();
        due.sort_unstable();
        rule(found == due, "the pages of a list are the whole list, each ticket once")?;
        let mut counts = BTreeMap::new();
        for ticket in &shown {
            *counts.entry(ticket.status.as_str()).or_insert(0) += 1;
            let read = self.read(&json!({ "getTicket": { "ticketId": ticket.id } }))?;
            let said = self.walk("listComments", &json!({ "ticketId": ticket.id }))?;
            let said: Vec<_> = said.iter().map(|it| it["body"].as_str().unwrap_or("")).collect();
            let is_same = read["subject"] == ticket.subject
                && read["status"] == ticket.status.as_str()
                && read["version"] == ticket.version
                && read["comments"] == ticket.comments.len()
                && said == ticket.comments;
            rule(is_same, &format!("{ticket:?} is {read} with {said:?}"))?;
        }
        let snapshot = self.read(&json!({ "snapshot": {} }))?;
        for status in Status::ALL.map(Status::as_str) {
            let due = counts.get(status).copied().unwrap_or(0);
            rule(snapshot["counts"][status] == due, "the counts are those of the list")?;
        }
        self.events(&snapshot["head"])?;
        Ok(if shown.is_empty() { "nothing left" } else { "tickets" })
    }

    /// The events have no gap, and the last word on each ticket is how it stands.
    fn events(&self, head: &Value) -> Result<(), String> {
        let mut last = BTreeMap::new();
        let turn = &self.desk.bench.turn;
        for (seq, event) in (turn.first..).zip(&turn.events) {
            let event: Event =
                serde_json::from_str(event.get()).map_err(|why| format!("an event: {why}"))?;
            rule(event.seq == seq, "events have no gap")?;
            let data: Value = serde_json::from_str(event.data.get()).unwrap_or(Value::Null);
            if let Some(id) = event.ticket_id {
                last.insert(id.to_string(), data["ticket"].clone());
            }
        }
        let count = turn.events.len() as i64;
        rule(count == 0 || *head == turn.first + count - 1, "the head is the last event")?;
        rule(last.len() == self.model.tickets.len(), "each ticket is told of")?;
        for ticket in &self.model.tickets {
            let told = last.get(&ticket.id).unwrap_or(&Value::Null);
            let is_same = told["status"] == ticket.status.as_str()
                && told["comments"] == ticket.comments.len()
                && (told["deletedAt"].is_null() || ticket.deleted);
            rule(is_same, &format!("of {ticket:?} {told} is told"))?;
        }
        Ok(())
    }

    /// All items of a list, in pages of two.
    fn walk(&mut self, list: &str, input: &Value) -> Result<Vec<Value>, String> {
        let (mut input, mut all) = (input.clone(), Vec::new());
        input["limit"] = json!(2);
        for _ in 0..=COMMANDS_MAX {
            let page = self.read(&json!({ list: input }))?;
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page.get("nextCursor") else { return Ok(all) };
            input["cursor"] = next.clone();
        }
        Err(format!("{list} never ends"))
    }

    fn read(&mut self, command: &Value) -> Result<Value, String> {
        let reply = self.desk.ask(AGENT, None, command).reply();
        reply.map_err(|why| format!("{command}: {why:?}"))
    }
}
