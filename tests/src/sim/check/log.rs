//! Invariants 1 and 2: the log has no gap and never changes; a socket sees each event once, in
//! order; work exists ⇒ the alarm is armed.

use super::promises::{self, Said};
use super::sight::{self, Roles};
use crate::sim::object::Name;
use crate::sim::plan::About;
use crate::sim::sockets::SocketId;
use crate::sim::world::{World, short};
use actors::kernel::context::FIRST_RETRY_MS;
use rusqlite::Connection;
use schema::frame::Codec;
use schema::{Millis, codec};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

const GAPLESS: &str = "1 events are numbered without a gap";
const ONCE: &str = "2 a socket sees each event once, in order";
const ARMED: &str = "work exists, so the alarm is armed";
const EFFECT: &str = "1 an acknowledged write is in the log, once";

/// The log of a room, as it was committed.
#[derive(Debug, Default)]
pub struct Log {
    /// The events' JSON texts; the first has number 1.
    pub events: Vec<String>,
    /// What was left of events that told of a person who was erased, by number: each text since.
    pub blanked: BTreeMap<i64, Vec<String>>,
    /// The events that a token of the plan appears in: kind and time.
    pub tokens: BTreeMap<String, Vec<(String, Millis)>>,
    /// Who had which role when.
    pub roles: Roles,
    said: Said,
    at: Millis,
}

#[derive(Deserialize)]
struct Event<'a> {
    seq: i64,
    at: Millis,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    events: Vec<&'a RawValue>,
    head: Option<i64>,
    id: Option<String>,
}

impl World {
    /// After every turn: the log goes on where it ended, and the alarm is armed for what is due.
    pub(in crate::sim) fn check_turn(&mut self, name: &Name) {
        let Some(object) = self.objects.get_mut(name) else { return };
        if !object.has_changed() {
            return;
        }
        if let Err(error) = self.check_alarm(name) {
            self.violate(ARMED, error);
        }
        if let Err(error) = self.check_log(name) {
            self.violate(GAPLESS, error);
        }
        self.check_blanked(name);
    }

    fn check_alarm(&self, name: &Name) -> Result<(), String> {
        let Some(object) = self.objects.get(name) else { return Ok(()) };
        if object.alarm_lost || object.in_alarm {
            return Ok(());
        }
        let Ok(mut due) = object.storage.connection().prepare_cached(
            "select min(due) from (select min(due) as due from timers union all
             select min(due) as due from outbox where state <> 'dead')",
        ) else {
            // It was never migrated.
            return Ok(());
        };
        let due: Option<Millis> = due.query_row([], |row| row.get(0)).map_err(text)?;
        let alarm = object.storage.alarm();
        let soon = self.clock.latest() + 10_000;
        // D1 follows the log: where it may not know of a comment, the alarm finds out.
        let guard = self.clock.latest() + FIRST_RETRY_MS + 10_000;
        if unsummarised(object.storage.connection()) && alarm.is_none_or(|at| at > guard) {
            return Err(format!(
                "{}: D1 may not know of a comment, the alarm is at {alarm:?}",
                short(name)
            ));
        }
        match due {
            // After a failure the alarm is armed for a few seconds later, and where it has gone off
            // early for a millisecond later: at the same time it would never go off again.
            Some(due) if alarm.is_none_or(|at| at > (due + 1).max(soon)) => Err(format!(
                "{}: something is due at {due}, the alarm is at {alarm:?}",
                short(name)
            )),
            _ => Ok(()),
        }
    }

    fn check_log(&mut self, name: &Name) -> Result<(), String> {
        let Some(object) = self.objects.get(name) else { return Ok(()) };
        let known = self.checks.logs.get(name).map_or(0, |log| log.events.len() as i64);
        let connection = object.storage.connection();
        let Some(rows) = news(connection, known)? else {
            // A room that nobody has registered keeps nothing, and has no log.
            return if known == 0 { Ok(()) } else { Err(format!("{known} events are gone")) };
        };
        let log = self.checks.logs.entry(name.clone()).or_default();
        let mut said = Ok(());
        let is_news = !rows.is_empty();
        for (seq, at, json) in rows {
            let next = log.events.len() as i64 + 1;
            if seq != next {
                return Err(format!("event {seq} where {next} was to follow"));
            }
            if at < log.at {
                return Err(format!("event {seq} is of {at}, the one before of {}", log.at));
            }
            let event: Event<'_> = serde_json::from_str(&json).map_err(|e| e.to_string())?;
            if (event.seq, event.at) != (seq, at) {
                return Err(format!("event {seq} says that it is {}", event.seq));
            }
            for token in tokens(&own_words(&event.kind, event.data.get())) {
                log.tokens.entry(token).or_default().push((event.kind.clone(), at));
            }
            sight::note_role(&mut log.roles, seq, &event.kind, event.data);
            self.trace.mix(json.as_bytes());
            said = said.and(log.said.note(&event.kind, &json));
            *self.told.entry(event.kind).or_default() += 1;
            log.at = at;
            log.events.push(json);
        }
        let now = log.events.len() as i64;
        let is_sampled = is_news && now % 1024 == 0 || self.faults.are_over();
        if self.weeks.is_some() && !is_sampled {
            // To count many events after each turn would take most of the time; at the end it may.
            return Ok(());
        }
        let heads = heads(connection)?;
        if heads != (now, now, now) {
            return Err(format!("{now} events were committed; last, count and head are {heads:?}"));
        }
        if let Err(twice) = said {
            self.violate(promises::WARNED, format!("{}: {twice}", short(name)));
        }
        Ok(())
    }

    /// A client was told that its write is done: the log has its effect, exactly once.
    pub(in crate::sim) fn check_effect(&mut self, id: usize) {
        let op = &self.clients.ops[id];
        let kind = match &op.about {
            About::Comment(_) => "comment.created",
            About::Ticket(_) => "ticket.created",
            About::Schedule(..) => "scheduledComment.created",
            About::Applied(_) => return self.check_applied(id),
            _ => return,
        };
        let Some(token) = tokens(&op.json).into_iter().next() else { return };
        let Some(log) = self.checks.logs.get(&op.to) else { return };
        let count = log.count(&token, kind);
        if count != 1 {
            let text = format!("op {id} was acknowledged; {token} is in {count} {kind} events");
            self.violate(EFFECT, text);
        }
    }

    /// A frame arrives at a client.
    pub(in crate::sim) fn receive(&mut self, id: SocketId, frame: &[u8]) {
        let client = &self.sockets.clients[id];
        let decoded = match client.codec {
            Codec::Json => Ok(frame.to_vec()),
            Codec::Msgpack => codec::json_to_msgpack(frame)
                .and_then(|bytes| codec::msgpack_to_json(&bytes))
                .map_err(|reject| reject.message),
        };
        let result = decoded.and_then(|bytes| self.read_frame(id, &bytes));
        if let Err(error) = result {
            self.violate(ONCE, format!("client {id}: {error}"));
        }
    }

    fn read_frame(&mut self, id: SocketId, bytes: &[u8]) -> Result<(), String> {
        let frame: Frame<'_> = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let client = &mut self.sockets.clients[id];
        let head = frame.head.unwrap_or_default();
        match frame.kind.as_str() {
            "hello" => {
                client.head = head;
                client.last = client.last.or(Some(head));
            }
            "events" => {
                let log = self.checks.logs.get(&client.room).ok_or("events of no log")?;
                for item in frame.events {
                    let last = client.last.unwrap_or_default();
                    let (next, advance) = sight::take(log, client, last, item)?;
                    if !advance {
                        same_event(log, next, item, client.codec)?;
                    }
                    client.last = Some(next);
                }
                let seen = client.last.unwrap_or_default();
                if self.random.chance(100) {
                    self.utter(id, format!(r#"{{"type":"seen","seq":{seen}}}"#));
                }
            }
            "replay_done" if client.last != Some(head) => {
                return Err(format!("replay done at {head}, with {:?} seen", client.last));
            }
            "reset" => return Err(format!("reset at {head}, with {:?} seen", client.last)),
            "ack" => self.acknowledged(id, &frame.id.unwrap_or_default(), bytes)?,
            _ => {}
        }
        Ok(())
    }

    fn acknowledged(&mut self, id: SocketId, name: &str, bytes: &[u8]) -> Result<(), String> {
        if let Some(number) = name.strip_prefix('v') {
            return self.subscribed(id, number, bytes);
        }
        let op = name.strip_prefix('c').and_then(|number| number.parse().ok());
        let op: usize = op.ok_or("an answer to a command that nobody gave")?;
        let frame: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let answer = if frame["success"] == true {
            let json = serde_json::to_vec(&frame["data"]).unwrap_or_default();
            schema::Answer::Done { json, replayed: false }
        } else {
            let reject = serde_json::from_value(frame["error"].clone());
            schema::Answer::Rejected(reject.map_err(|e| e.to_string())?)
        };
        self.answered(op, answer);
        if self.clients.ops[op].state != crate::sim::clients::State::Waiting {
            self.sockets.clients[id].unanswered.remove(&op);
        }
        Ok(())
    }
}

impl World {
    /// A client is told from which event on it sees what it asked for.
    fn subscribed(&mut self, id: SocketId, number: &str, bytes: &[u8]) -> Result<(), String> {
        let frame: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let client = &mut self.sockets.clients[id];
        let asked = number.parse().ok().and_then(|number| client.asked.remove(&number));
        let (Some(views), true) = (asked, frame["success"] == true) else { return Ok(()) };
        let head = frame["data"]["head"].as_i64().ok_or("an acknowledgement without a head")?;
        client.views.push((head, views));
        self.mark("a client saw something else from then on");
        Ok(())
    }
}

impl Log {
    /// What the log says now in an event.
    #[must_use]
    pub fn now(&self, number: usize) -> Option<&String> {
        let blanked = self.blanked.get(&(number as i64)).and_then(|texts| texts.last());
        blanked.or_else(|| self.events.get(number.checked_sub(1)?))
    }

    /// In how many events of a kind a token appears.
    #[must_use]
    pub fn count(&self, token: &str, kind: &str) -> usize {
        self.tokens
            .get(token)
            .map_or(0, |all| all.iter().filter(|(found, _)| found == kind).count())
    }
}

/// An event's number, time and text.
type Row = (i64, Millis, String);

/// The events after a number; none where there is no log.
fn news(connection: &Connection, known: i64) -> Result<Option<Vec<Row>>, String> {
    let sql = "select seq, at, json from events where seq > ? order by seq";
    let Ok(mut after) = connection.prepare_cached(sql) else { return Ok(None) };
    let rows = after.query_map([known], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let rows: Result<Vec<_>, _> = rows.map_err(text)?.collect();
    rows.map(Some).map_err(text)
}

/// The last event, how many there are, and what the room takes for the last.
fn heads(connection: &Connection) -> Result<(i64, i64, i64), String> {
    let sql = "select ifnull(max(seq), 0), count(*),
        max(ifnull((select seq from head), 0), ifnull(max(seq), 0)) from events";
    let mut heads = connection.prepare_cached(sql).map_err(text)?;
    heads.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(text)
}

fn same_event(log: &Log, next: i64, event: &RawValue, codec: Codec) -> Result<(), String> {
    let index = usize::try_from(next - 1).unwrap_or(usize::MAX);
    let Some(known) = log.events.get(index) else {
        return Err(format!("event {next} was seen before it was committed: {event}"));
    };
    let same = |known: &String| match codec {
        Codec::Json => known == event.get(),
        Codec::Msgpack => {
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            parse(known) == parse(event.get())
        }
    };
    if same(known) || log.blanked.get(&next).is_some_and(|texts| texts.iter().any(same)) {
        Ok(())
    } else {
        Err(format!("event {next} was to follow, not {event}"))
    }
}

/// What an event says that is its own: the subject of a comment that leaves as mail is the one that
/// the customer gave.
fn own_words<'a>(kind: &str, data: &'a str) -> Cow<'a, str> {
    if kind != "comment.created" || !data.contains("\"delivery\":") {
        return data.into();
    }
    let mut data: Value = serde_json::from_str(data).unwrap_or_default();
    data["comment"]["mail"].take();
    data.to_string().into()
}

/// The tokens of the plan that appear in a text, each once.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(" tk") {
        let digits: String = text[at + 3..].chars().take_while(char::is_ascii_digit).collect();
        let token = format!("tk{digits}x");
        if text[at + 1..].starts_with(&token) && !found.contains(&token) {
            found.push(token);
        }
    }
    found
}

pub(super) fn text(error: rusqlite::Error) -> String {
    error.to_string()
}

/// Whether an object is a room with comments of which D1 may not know yet.
pub(super) fn unsummarised(connection: &Connection) -> bool {
    let sql = "select 1 from comments where seq > (select summarised from head) limit 1";
    let found = connection.prepare_cached(sql).and_then(|mut found| found.exists([]));
    found.unwrap_or(false)
}
