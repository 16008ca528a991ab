//! Counting the log.
//!
//! Each event that shows a ticket is compared with what the log said of it before: what became
//! different is counted. Events are of any type; those of other parts of the room that show a
//! ticket are counted without further ado.

use super::store;
use crate::kernel::Ctx;
use crate::kernel::store::events;
use crate::warmup_counter::zone::Zone;
use crate::workspace_room::store::activities;
use litemap::LiteMap;
use schema::codec::read_json;
use schema::event::By;
use schema::ids::{AgentId, CategoryId, TeamId, TicketId};
use schema::room::report::{Counted, CountedTicket};
use schema::room::ticket::{Source, Status};
use schema::{Millis, Reject};
use std::ops::AddAssign;

/// How many events of a ticket are read at once to find what was said of it before.
const BACK: i64 = 25;
/// How often. A ticket's first event shows all of it, so the search ends there at the latest.
const BACK_TIMES: usize = 400;

/// Which row something is counted in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The local day.
    pub day: i64,
    /// An agent's id; empty for nobody. The others likewise.
    pub agent: String,
    /// A team's.
    pub team: String,
    /// A category's.
    pub category: String,
    /// How the ticket came in.
    pub source: &'static str,
}

/// What a row counts: numbers of tickets, and sums of milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Created.
    pub created: i64,
    /// Replied to for the first time.
    pub first_replies: i64,
    /// From creation to that, in all.
    pub first_reply_ms: i64,
    /// Solved or closed.
    pub solved: i64,
    /// From creation to that, in all.
    pub resolution_ms: i64,
    /// Opened again.
    pub reopened: i64,
    /// More that are not done.
    pub backlog: i64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, more: Self) {
        self.created += more.created;
        self.first_replies += more.first_replies;
        self.first_reply_ms += more.first_reply_ms;
        self.solved += more.solved;
        self.resolution_ms += more.resolution_ms;
        self.reopened += more.reopened;
        self.backlog += more.backlog;
    }
}

/// What the log says of a ticket at some point.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    status: Status,
    merged: bool,
    deleted: bool,
    replied: bool,
    created_at: Millis,
    agent: Option<AgentId>,
    team: Option<TeamId>,
    category: Option<CategoryId>,
    source: Source,
}

impl State {
    const fn is_done(&self) -> bool {
        self.deleted || matches!(self.status, Status::Solved | Status::Closed)
    }

    /// Whether it is deleted or merged into another: it comes back as it was, which is no work done
    /// on it.
    const fn is_away(&self) -> bool {
        self.deleted || self.merged
    }

    /// What an event that shows the whole ticket says of it.
    fn whole(ticket: &CountedTicket) -> Option<Self> {
        Some(Self {
            status: ticket.status,
            merged: ticket.merged_into_id.is_some(),
            deleted: ticket.deleted_at.is_some(),
            replied: ticket.first_reply_at.is_some(),
            created_at: ticket.created_at?,
            agent: ticket.assignee_id,
            team: ticket.team_id,
            category: ticket.category_id,
            source: ticket.source?,
        })
    }

    /// What it says where it may show a part only.
    fn next(before: Option<&Self>, ticket: &CountedTicket) -> Option<Self> {
        let part = |before: &Self| Self {
            status: ticket.status,
            replied: before.replied || ticket.first_reply_at.is_some(),
            ..before.clone()
        };
        Self::whole(ticket).or_else(|| before.map(part))
    }

    fn key(&self, day: i64, agent: Option<AgentId>) -> Key {
        Key {
            day,
            agent: agent.map(|id| id.to_string()).unwrap_or_default(),
            team: self.team.map(|id| id.to_string()).unwrap_or_default(),
            category: self.category.map(|id| id.to_string()).unwrap_or_default(),
            source: self.source.as_str(),
        }
    }
}

/// Counts what is new in the log, at most `most` events. Tells whether more is left.
///
/// # Errors
/// A storage fault.
pub fn catch_up(ctx: &Ctx<'_>, most: i64) -> Result<bool, Reject> {
    let Some(state) = store::state(ctx.sql)? else { return Ok(false) };
    let mut from = state.seq;
    if state.time_zone != state.wanted {
        store::forget(ctx.sql)?;
        from = 0;
    }
    let zone = Zone::named(&state.wanted)?;
    let events = events::after(ctx.sql, from, most)?;
    let (known, rows) = (LiteMap::new(), LiteMap::new());
    let mut count = Count { ctx, zone, today: (0, 0, 0), known, rows };
    for (seq, json) in &events {
        let event: Counted = read_json(json.as_bytes())
            .map_err(|error| Reject::internal(format!("event {seq}: {}", error.message)))?;
        count.event(*seq, &event)?;
    }
    for (key, sums) in count.rows.iter().filter(|(_, sums)| **sums != Sums::default()) {
        store::add(ctx.sql, key, sums)?;
    }
    let upto = events.last().map_or(from, |(seq, _)| *seq);
    if upto != state.seq || state.time_zone != state.wanted {
        store::set_state(ctx.sql, upto, &state.wanted)?;
    }
    Ok(events.len() as i64 == most)
}

struct Count<'a, 'b> {
    ctx: &'a Ctx<'b>,
    zone: Zone,
    /// The day of the event before: when it begins, when it ends, which it is. Asking the zone
    /// costs more than all the rest.
    today: (Millis, Millis, i64),
    /// Tickets that were met already.
    known: LiteMap<TicketId, State>,
    rows: LiteMap<Key, Sums>,
}

impl Count<'_, '_> {
    fn event(&mut self, seq: i64, event: &Counted) -> Result<(), Reject> {
        let Some(ticket) = &event.data.ticket else { return Ok(()) };
        let comment = event.kind == "comment.created";
        if comment && ticket.first_reply_at != Some(event.at) {
            // It changes nothing that is counted.
            return Ok(());
        }
        let before = match self.known.get(&ticket.id) {
            Some(state) => Some(state.clone()),
            None => before(self.ctx, ticket.id, seq)?,
        };
        let Some(after) = State::next(before.as_ref(), ticket) else { return Ok(()) };
        let day = self.day_at(event.at)?;
        let took = (event.at - after.created_at).max(0);
        let by = match event.by {
            By::Agent { id } => Some(id),
            _ => None,
        };

        if event.kind == "ticket.created" {
            self.add(after.key(day, after.agent), Sums { created: 1, ..Sums::default() });
        }
        let replied = before.as_ref().is_some_and(|before| before.replied);
        if comment && after.replied && !replied {
            let reply = Sums { first_replies: 1, first_reply_ms: took, ..Sums::default() };
            self.add(after.key(day, by), reply);
        }
        let was_done = before.as_ref().is_some_and(State::is_done);
        if after.is_done() && !was_done && !after.is_away() {
            let solved = Sums { solved: 1, resolution_ms: took, ..Sums::default() };
            self.add(after.key(day, after.agent.or(by)), solved);
        }
        let was_away = before.as_ref().is_some_and(State::is_away);
        if was_done && !was_away && !after.is_done() {
            self.add(after.key(day, after.agent), Sums { reopened: 1, ..Sums::default() });
        }
        if let Some(before) = before.filter(|before| !before.is_done()) {
            self.add(before.key(day, before.agent), Sums { backlog: -1, ..Sums::default() });
        }
        if !after.is_done() {
            self.add(after.key(day, after.agent), Sums { backlog: 1, ..Sums::default() });
        }
        self.known.insert(ticket.id, after);
        Ok(())
    }

    fn day_at(&mut self, at: Millis) -> Result<i64, Reject> {
        let (begin, end, day) = self.today;
        if begin <= at && at < end {
            return Ok(day);
        }
        let day = self.zone.day_at(at);
        self.today = (self.zone.begin_of(day)?, self.zone.begin_of(day + 1)?, day);
        Ok(day)
    }

    fn add(&mut self, key: Key, sums: Sums) {
        *self.rows.entry(key).or_default() += sums;
    }
}

/// What the log said of a ticket before an event; none where this is the first.
fn before(ctx: &Ctx<'_>, id: TicketId, seq: i64) -> Result<Option<State>, Reject> {
    let mut place = seq;
    // The newest says where it stands; the newest that shows all of it, the rest.
    let mut newest: Option<CountedTicket> = None;
    for _ in 0..BACK_TIMES {
        let found = activities::of_ticket(ctx.sql, id, place, BACK)?;
        for (seq, json) in &found {
            place = *seq;
            let event: Counted = read_json(json.as_bytes())
                .map_err(|error| Reject::internal(format!("event {seq}: {}", error.message)))?;
            let Some(ticket) = event.data.ticket.filter(|ticket| ticket.id == id) else { continue };
            let whole = State::whole(&ticket);
            let newest = newest.get_or_insert(ticket);
            if let Some(whole) = whole {
                return Ok(State::next(Some(&whole), newest));
            }
        }
        if found.len() as i64 != BACK {
            break;
        }
    }
    Ok(None)
}
