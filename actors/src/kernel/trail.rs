//! How D1 follows the log where the log alone says what has changed: the hot path writes no outbox
//! entry for its ticket's row.
//!
//! A drain begins with the events after the last that it has begun, and asks for the rows of their
//! tickets. A row that D1 has not taken becomes an outbox entry, and waits like any other. Up to
//! which event D1 knows is held in memory, and written whenever the head is: at the latest by the
//! alarm that each such event arms, and that finds nothing left to do. What a crash forgets of it
//! is asked for again, which changes nothing: rows have versions.

use super::actor::Actor;
use super::context::{Ctx, FIRST_RETRY_MS, SUMMARY};
use super::drain::settle_one;
use super::effect::Outcome;
use super::engine::{Engine, World};
use super::sql::{Fault, Home, Sql};
use super::store::outbox::{self, Entry, READY_MAX};
use super::turn::Turn;
use schema::Millis;
use schema::summary::{self, Table};

/// How many events [`Actor::logged`] gives at once.
pub const LOGGED_MAX: usize = 32;
/// How many times as many one drain looks at: where many say something about one ticket, its row is
/// one, and D1 must not fall behind.
const PAGES_MAX: usize = 64;

/// How far D1 has followed.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The last event that was begun.
    begun: i64,
    /// What is on its way to D1.
    under_way: Vec<UnderWay>,
    /// Whether the object woke with events that D1 may not know: that it does is noted then, or the
    /// next life would ask again.
    owes: bool,
}

#[derive(Debug)]
struct UnderWay {
    /// The first event that it is for.
    first: i64,
    /// Which entry: below zero, where no row has its version.
    version: i64,
    since: Millis,
}

/// What a drain found in the log.
pub(super) struct Found {
    /// The last event that was looked at.
    upto: i64,
    /// The first event of each row, and the row.
    rows: Vec<(i64, Entry)>,
    now: Millis,
}

impl Trail {
    /// Where a life begins.
    pub(super) fn wake<A: Actor>(sql: &dyn Sql, summarised: i64) -> Result<Self, Fault> {
        let owes = !A::logged(sql, summarised)?.is_empty();
        Ok(Self { begun: summarised, under_way: Vec::new(), owes })
    }

    pub(super) const fn owes(&self) -> bool {
        self.owes
    }

    /// Up to which event D1 knows what it must, or the outbox does.
    pub(super) fn known(&self) -> i64 {
        let first = self.under_way.iter().map(|it| it.first - 1).min();
        first.map_or(self.begun, |first| first.min(self.begun))
    }

    /// Begins anew after what D1 knows, where something has been under way for too long.
    pub(super) fn retry(&mut self, now: Millis) {
        if self.under_way.iter().any(|it| it.since + FIRST_RETRY_MS <= now) {
            self.begun = self.known();
            self.under_way.clear();
        }
    }

    fn done(&mut self, entry: &Entry) {
        self.under_way.retain(|it| it.version != entry.version);
    }
}

/// Whether an entry is of the log, and no row.
pub(super) const fn is_logged(entry: &Entry) -> bool {
    entry.version < 0
}

impl<A: Actor> Engine<A> {
    /// When the alarm must look after the log: it is asked for nothing that an alarm which is armed
    /// already will find.
    pub(super) fn guard(
        &self,
        sql: &dyn Sql,
        (armed, now): (Option<Millis>, Millis),
        logged: bool,
    ) -> Result<Option<Millis>, Fault> {
        let armed = armed.is_some_and(|at| at > now + 1);
        let waits = logged || (!armed && !A::logged(sql, self.trail.known())?.is_empty());
        Ok(waits.then_some(now + FIRST_RETRY_MS))
    }

    /// Takes over what a drain found.
    pub(super) fn follow(&mut self, found: Found) -> Vec<Entry> {
        let Found { upto, rows, now } = found;
        self.trail.begun = self.trail.begun.max(upto);
        let begun = rows.into_iter().map(|(first, entry)| {
            self.trail.under_way.push(UnderWay { first, version: entry.version, since: now });
            entry
        });
        begun.collect()
    }

    /// The last event that was begun.
    pub(super) const fn followed(&self) -> i64 {
        self.trail.begun
    }

    /// Notes, once all that a life began with is done, that D1 knows it.
    pub(super) fn note_trail(&mut self, home: &dyn Home, world: &mut World<'_>) {
        if !self.trail.owes || !self.trail.under_way.is_empty() {
            return;
        }
        let noted = self.step(home, world, None, &mut |ctx| {
            ctx.notes = true;
            Ok(())
        });
        self.trail.owes = noted.is_err();
    }

    /// Takes note of what came of a row that the log asked for: what D1 has not taken waits in the
    /// outbox from here on. Where that cannot be written it stays under way, until the alarm.
    pub(super) fn settle_logged(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        turn: &mut Turn,
        entry: &Entry,
        outcome: &Outcome,
    ) -> bool {
        if !matches!(outcome, Outcome::Done(_)) {
            let kept = self.step(home, world, None, &mut |ctx| {
                ctx.summarise_key(&entry.key)?;
                settle_one::<A>(ctx, entry, outcome)
            });
            match kept {
                Ok(((), told)) => turn.tell(told),
                Err(reject) => {
                    super::log(&format!("{} not settled: {}", entry.key, reject.message));
                    return false;
                }
            }
        }
        self.trail.done(entry);
        true
    }

    /// Forgets a row that the log asked for, and that nothing is to be said about.
    pub(super) fn drop_logged(&mut self, entry: &Entry) {
        self.trail.done(entry);
    }
}

/// The rows that events after a number ask for, beside entries that are about to be begun; those
/// that have an entry already wait for it.
///
/// # Errors
/// A storage fault.
pub(super) fn find<A: Actor>(
    ctx: &mut Ctx<'_>,
    after: i64,
    ready: &[Entry],
) -> Result<Found, Fault> {
    let most = READY_MAX.saturating_sub(ready.len());
    let mut found = Found { upto: after, rows: Vec::new(), now: ctx.now };
    for _ in 0..PAGES_MAX {
        let page = A::logged(ctx.sql, found.upto)?;
        let is_last = page.len() < LOGGED_MAX;
        for (seq, id) in page {
            let key = format!("{}/{id}", summary::table_name(Table::Tickets));
            let known = ready.iter().any(|it| it.kind == SUMMARY && it.key == key)
                || found.rows.iter().any(|(_, it)| it.key == key);
            if !known && outbox::find(ctx.sql, SUMMARY, &key)?.is_some() {
                ctx.summarise_key(&key)?;
            } else if !known {
                if found.rows.len() == most {
                    return Ok(found);
                }
                found.rows.push((seq, logged(ctx, key)));
            }
            found.upto = seq;
        }
        if is_last {
            break;
        }
    }
    Ok(found)
}

fn logged(ctx: &mut Ctx<'_>, key: String) -> Entry {
    let version = -1 - ctx.random_below(1 << 50);
    let (due, body) = (ctx.now, Vec::new());
    Entry { kind: SUMMARY.into(), key, version, attempts: 0, due, leased: false, body }
}
