//! How the outbox runs: begin (what does it want, as of now), perform (the shell), settle.
//!
//! Beginning and settling are transactions of their own. An entry that may leave only once, or that
//! takes long, is leased before the shell touches the world; found leased after its time, its
//! outcome is unknown. An object is single: when it wakes anew, what it finds leased belongs to a
//! predecessor that is dead. The outcome of what may leave only once is unknown then, at once; what
//! is only slow goes on.
//!
//! Where storage takes no note of what became of the former, memory keeps it for the next drain,
//! for as long as a lease lasts; until then nothing more begins that may leave only once.

use super::actor::{Actor, Settled};
use super::alarm::backoff;
use super::context::{Ctx, FIRST_RETRY_MS, SUMMARY};
use super::effect::{Delivery, Effect, Outcome};
use super::engine::{Engine, RETRY_MS_MAX, World};
use super::sql::{Fault, Home, Sql};
use super::store::outbox::{self, Entry};
use super::trail;
use super::turn::Turn;
use schema::summary::{self, Table};
use schema::{Code, Millis, Reject};
use std::borrow::Cow;

/// How long an entry that may leave only once is given; every transport gives up before.
pub const LEASE_MS: Millis = 10 * 60 * 1000;
/// How long a summary waits for its next try, at most: so soon after D1 is back, lists are true.
pub(super) const SUMMARY_RETRY_MS_MAX: Millis = 4 * 60 * 1000;
/// The same where D1 is there and refuses the row itself: so it will until the row is another, or
/// another build writes it, and each try wakes the object.
const REFUSED_RETRY_MS_MAX: Millis = 6 * 60 * 60 * 1000;

/// What came of an entry, and until when it is kept where storage takes no note of it.
#[derive(Debug)]
pub(super) struct Kept {
    entry: Entry,
    outcome: Outcome,
    until: Millis,
}

impl<A: Actor> Engine<A> {
    /// Takes up to [`outbox::READY_MAX`] entries that are ready, and says what each wants from the
    /// world; the platform allows six connections to the outside at once.
    pub fn begin(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        turn: &mut Turn,
    ) -> Vec<(Entry, Effect)> {
        if !self.is_founded() {
            return Vec::new();
        }
        self.settle_kept(home, world, turn);
        let after = self.followed();
        let found = self.step(home, world, None, &mut |ctx| {
            let ready = outbox::ready(ctx.sql, ctx.now, ctx.now + FIRST_RETRY_MS)?;
            let logged = trail::find::<A>(ctx, after, &ready)?;
            Ok((ready, logged))
        });
        let Ok(((mut entries, logged), _)) = found else {
            (turn.stuck, turn.drain) = (true, true);
            return Vec::new();
        };
        entries.extend(self.follow(logged));
        if entries.is_empty() {
            self.note_trail(home, world);
        }
        let comes_last = |entry: &Entry| A::THRIFTY && entry.kind == SUMMARY;
        turn.full = entries.len() >= outbox::READY_MAX;
        let (last, first): (Vec<_>, Vec<_>) = entries.into_iter().partition(comes_last);
        turn.full |= !last.is_empty() && !first.is_empty();
        let begun = self.begin_all(home, world, turn, first);
        if begun.is_empty() { self.begin_all(home, world, turn, last) } else { begun }
    }

    fn begin_all(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        turn: &mut Turn,
        entries: Vec<Entry>,
    ) -> Vec<(Entry, Effect)> {
        let (mut begun, mut removed) = (Vec::new(), false);
        for entry in entries {
            // Begun anew, it would be settled with what came of it before; and of others, too, it
            // would be memory alone that knows what came of them.
            if !self.kept.is_empty() && leaves_once::<A>(&entry) {
                continue;
            }
            if entry.leased {
                let why = "the object died while this was under way".to_owned();
                self.settle(home, world, turn, &entry, &Outcome::Unknown { why });
                continue;
            }
            match self.step(home, world, None, &mut |ctx| begin_one::<A>(ctx, &entry)) {
                Ok((Effect::Nothing, told)) => {
                    turn.tell(told);
                    removed |= self.remove(home, world, &entry);
                }
                Ok((effect, told)) => {
                    turn.tell(told);
                    begun.push((entry, effect));
                }
                Err(reject) => {
                    let why = reject.message;
                    self.settle(home, world, turn, &entry, &Outcome::Failed { why });
                }
            }
        }
        // Where all that stood in front wanted nothing, what is behind it has its turn.
        turn.drain |= turn.full && removed && begun.is_empty();
        begun
    }

    /// Takes note of what came of entries, as [`settle`](Self::settle) does of each.
    pub fn settle_all(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        turn: &mut Turn,
        entries: &[Entry],
        outcomes: &[Outcome],
    ) {
        for (entry, outcome) in entries.iter().zip(outcomes) {
            self.settle(home, world, turn, entry, outcome);
        }
    }

    /// Takes note of what came of an entry, or of when it is tried again; where storage takes
    /// neither for now, the turn is stuck.
    pub fn settle(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        turn: &mut Turn,
        entry: &Entry,
        outcome: &Outcome,
    ) {
        let until = world.now + LEASE_MS;
        self.settle_or_keep(home, world, turn, (entry, outcome), until);
    }

    fn settle_or_keep(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        turn: &mut Turn,
        (entry, outcome): (&Entry, &Outcome),
        until: Millis,
    ) {
        if trail::is_logged(entry) {
            turn.stuck |= !self.settle_logged(home, world, turn, entry, outcome);
            return;
        }
        let settled = self.step(home, world, None, &mut |ctx| settle_one::<A>(ctx, entry, outcome));
        match settled {
            Ok(((), told)) => turn.tell(told),
            Err(reject) => {
                super::log(&format!(
                    "{}/{} not settled: {}",
                    entry.kind, entry.key, reject.message
                ));
                let may_pass = matches!(reject.code, Code::Unavailable | Code::Internal);
                // What was found with its lease over is found so again.
                let keeps = may_pass && leaves_once::<A>(entry) && !entry.leased;
                if keeps && world.now < until {
                    self.kept.push(Kept { entry: entry.clone(), outcome: outcome.clone(), until });
                    (turn.stuck, turn.drain) = (true, true);
                } else {
                    turn.stuck |= !self.put_off(home, world, entry);
                }
            }
        }
    }

    /// Whether storage has yet to take note of what came of something.
    pub const fn keeps_outcomes(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Takes note of what storage did not take before.
    fn settle_kept(&mut self, home: &dyn Home, world: &mut World<'_>, turn: &mut Turn) {
        for Kept { entry, outcome, until } in std::mem::take(&mut self.kept) {
            self.settle_or_keep(home, world, turn, (&entry, &outcome), until);
        }
    }

    /// What came of an entry could not be taken note of: it is tried again, and not at once;
    /// `false` where storage does not take that either. What is leased stays under way until its
    /// lease is over, for it may have left; and so it does for a while where that is over.
    fn put_off(&mut self, home: &dyn Home, world: &mut World<'_>, entry: &Entry) -> bool {
        let leases = entry.kind != SUMMARY && lease_ms::<A>(&entry.kind).is_some();
        if leases && !entry.leased {
            return true;
        }
        let put = self.step(home, world, None, &mut |ctx| {
            let due = ctx.now + backoff(ctx, entry.attempts, RETRY_MS_MAX);
            ctx.rearm = true;
            if leases {
                return Ok(outbox::lease(ctx.sql, entry, due)?);
            }
            Ok(outbox::retry(ctx.sql, entry, due, "what came of it could not be noted")?)
        });
        put.is_ok()
    }

    /// Takes out an entry that wants nothing; `false` where storage does not take that for now.
    fn remove(&mut self, home: &dyn Home, world: &mut World<'_>, entry: &Entry) -> bool {
        if trail::is_logged(entry) {
            self.drop_logged(entry);
            return true;
        }
        self.step(home, world, None, &mut |ctx| finish::<A>(ctx, entry)).is_ok()
    }
}

fn begin_one<A: Actor>(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    if entry.kind == SUMMARY {
        let (table, id) = summary_key(&entry.key)?;
        return Ok(A::summary(ctx, table, id)?.map_or(Effect::Nothing, Effect::Summary));
    }
    let effect = A::begin(ctx, entry)?;
    if let Some(lease_ms) = lease_ms::<A>(&entry.kind).filter(|_| effect != Effect::Nothing) {
        ctx.rearm = true;
        outbox::lease(ctx.sql, entry, ctx.now + lease_ms)?;
    }
    Ok(effect)
}

/// Takes up what a predecessor left under way, as the object wakes: nobody will answer any more.
///
/// # Errors
/// A storage fault.
pub(super) fn take_up<A: Actor>(sql: &dyn Sql, now: Millis) -> Result<(), Fault> {
    for kind in outbox::leased(sql)? {
        match A::delivery(&kind) {
            Delivery::AtMostOnce => outbox::expire(sql, &kind, now)?,
            Delivery::Slow(_) => outbox::void(sql, &kind, now)?,
            Delivery::AtLeastOnce => {}
        }
    }
    Ok(())
}

/// Whether an entry may leave only once.
fn leaves_once<A: Actor>(entry: &Entry) -> bool {
    entry.kind != SUMMARY && A::delivery(&entry.kind) == Delivery::AtMostOnce
}

/// How long an entry is under way before its outcome counts as unknown; none where that does no
/// harm.
fn lease_ms<A: Actor>(kind: &str) -> Option<Millis> {
    match A::delivery(kind) {
        Delivery::AtLeastOnce => None,
        Delivery::AtMostOnce => Some(LEASE_MS),
        Delivery::Slow(lease_ms) => Some(lease_ms),
    }
}

/// Takes note, in its own step, of what came of an entry.
///
/// # Errors
/// What the actor makes of the outcome; a storage fault.
pub(super) fn settle_one<A: Actor>(
    ctx: &mut Ctx<'_>,
    entry: &Entry,
    outcome: &Outcome,
) -> Result<(), Reject> {
    // Settled twice (a late answer after the lease was found expired), the second changes nothing.
    let Some(current) = outbox::find(ctx.sql, &entry.kind, &entry.key)? else { return Ok(()) };
    let leases = entry.kind != SUMMARY && lease_ms::<A>(&entry.kind).is_some();
    if leases && !current.leased && !matches!(outcome, Outcome::Failed { .. }) {
        return Ok(());
    }
    let last = final_outcome::<A>(entry, outcome);
    let outcome = &*last;
    if let (SUMMARY, Outcome::Rejected(reject)) = (entry.kind.as_str(), outcome) {
        super::log(&format!("{} is refused by D1: {}", entry.key, reject.message));
        // Where it has changed since it was begun, what was refused is not what it is now.
        let same = current.version == entry.version;
        let most = if same { REFUSED_RETRY_MS_MAX } else { SUMMARY_RETRY_MS_MAX };
        let due = ctx.now + backoff(ctx, entry.attempts, most);
        ctx.rearm = true;
        return Ok(outbox::retry(ctx.sql, entry, due, &reject.message)?);
    }
    if let Outcome::Failed { why } = outcome {
        let most = if entry.kind == SUMMARY { SUMMARY_RETRY_MS_MAX } else { RETRY_MS_MAX };
        let due = ctx.now + backoff(ctx, entry.attempts, most);
        ctx.rearm = true;
        return Ok(outbox::retry(ctx.sql, entry, due, why)?);
    }
    let settled =
        if entry.kind == SUMMARY { Settled::Finished } else { A::settle(ctx, entry, outcome)? };
    match (settled, outcome) {
        (Settled::Again(at), Outcome::Posted(_) | Outcome::Mailbox(_)) => {
            ctx.rearm = true;
            outbox::again(ctx.sql, entry, at)?;
        }
        (Settled::Again(at), _) => {
            ctx.rearm = true;
            outbox::retry(ctx.sql, entry, at, "to be tried again")?;
        }
        (_, Outcome::GaveUp { why }) => outbox::give_up(ctx.sql, entry, why)?,
        (Settled::Finished, _) => finish::<A>(ctx, entry)?,
    }
    Ok(())
}

/// The entry is done with; asked for again while it was under way, it begins anew.
fn finish<A: Actor>(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<(), Reject> {
    let is_gone = outbox::remove(ctx.sql, entry)?
        || outbox::find(ctx.sql, &entry.kind, &entry.key)?.is_none();
    if is_gone {
        ctx.rearm |= A::THRIFTY;
        return Ok(());
    }
    ctx.rearm = true;
    ctx.told.outbox = true;
    Ok(outbox::renew(ctx.sql, entry, ctx.now + FIRST_RETRY_MS)?)
}

/// A refusal that will pass is a failure; a failure after the last allowed one is the end.
fn final_outcome<'o, A: Actor>(entry: &Entry, outcome: &'o Outcome) -> Cow<'o, Outcome> {
    let why = match outcome {
        Outcome::Failed { why } => why.clone(),
        Outcome::Rejected(reject)
            if matches!(reject.code, Code::Unavailable | Code::Internal | Code::RateLimited) =>
        {
            reject.message.clone()
        }
        other => return Cow::Borrowed(other),
    };
    if entry.kind != SUMMARY && entry.attempts + 1 >= A::attempts_max(&entry.kind) {
        return Cow::Owned(Outcome::GaveUp { why });
    }
    Cow::Owned(Outcome::Failed { why })
}

fn summary_key(key: &str) -> Result<(Table, &str), Reject> {
    let broken = || Reject::internal(format!("summary of what? {key}"));
    let (name, id) = key.split_once('/').ok_or_else(broken)?;
    let table = Table::ALL.into_iter().find(|table| summary::table_name(*table) == name);
    Ok((table.ok_or_else(broken)?, id))
}
