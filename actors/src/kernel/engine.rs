//! How a command and an alarm run: one step, one transaction.
//!
//! A step loads the head row, clamps the clock, runs a body with a [`Ctx`], and, where anything was
//! written, arms the alarm and saves what of the head the log does not tell, all inside one
//! transaction. What the step has to tell (answers, events, frames) is handed out only after that.
//! The same engine runs in a Durable Object and natively.

use super::actor::Actor;
use super::alarm::{RETRY_MS, arm, backoff};
use super::allowance::Allowance;
use super::context::{Ctx, Entropy, Reply, Told, Watched};
use super::drain::{Kept, take_up};
use super::migrate::migrate;
use super::presence::Presence;
use super::sql::Home;
use super::store::head::{self, Head};
use super::store::{idempotency, migrations, timers};
pub use super::sweep::KEY_KEPT_MS;
use super::trail::Trail;
use super::turn::Turn;
use super::{sight, sweep};
use schema::codec::read_json;
use schema::ids::WorkspaceId;
use schema::{Answer, Code, Envelope, Millis, Permission, Principal, Reject};
use sha2::{Digest, Sha256};
use std::marker::PhantomData;

/// How many commands an object takes in one turn; whoever comes beyond that is refused at once. At
/// some tenths of a millisecond each, nobody waits for others much longer than that adds up to.
pub const COMMANDS_PER_TURN_MAX: usize = 500;
/// How many timers one alarm runs; the rest follow in the next, at once.
pub const TIMERS_PER_ALARM: usize = 200;

pub(super) const RETRY_MS_MAX: Millis = 60 * 60 * 1000;

/// The parts of a step that come from outside the object.
pub struct World<'a> {
    /// The wall clock.
    pub now: Millis,
    /// Random bits.
    pub entropy: &'a mut dyn Entropy,
}

/// Runs an actor's core over its storage. What it holds in memory is only a cache.
pub struct Engine<A> {
    clock: Millis,
    /// The head as it was committed last; none where it is not known, and read.
    head: Option<Head>,
    /// Whether it is known that stored answers will be forgotten in time.
    sweeps: bool,
    /// The actor's bits, as they were committed last.
    marks: i64,
    /// How far D1 has followed the log.
    pub(super) trail: Trail,
    /// What came of entries that leave only once, and storage did not take note of.
    pub(super) kept: Vec<Kept>,
    /// Whether the object has tables: it gets them with the first thing that it keeps.
    founded: bool,
    /// Where the next step's caller is.
    address: String,
    /// Who is connected.
    pub presence: Presence,
    /// How fast agents may ask; none where nobody counts.
    pub allowance: Option<Allowance>,
    /// How many commands a turn takes; none where nobody counts.
    pub per_turn: Option<usize>,
    actor: PhantomData<A>,
}

impl<A: Actor> Engine<A> {
    /// Wakes an object: migrates its tables, takes up what a predecessor had begun, and arms its
    /// alarm again, whatever became of it. One that has kept nothing yet stays as it is, so that
    /// naming objects makes none.
    ///
    /// # Errors
    /// `internal` where the tables cannot be brought up to date.
    pub fn wake(home: &dyn Home) -> Result<Self, Reject> {
        let (mut clock, mut marks, mut founded, mut trail) = (0, 0, false, Trail::default());
        home.transaction(&mut |sql| {
            founded = migrations::exist(sql)?;
            if !founded {
                return Ok(());
            }
            migrate(sql, A::MIGRATIONS)?;
            if let Some(mut head) = head::load(sql)? {
                (clock, marks) = (head.clock, head.marks);
                take_up::<A>(sql, clock)?;
                trail = Trail::wake::<A>(sql, head.summarised)?;
                let guard = trail.owes().then(|| head.alarm.unwrap_or(clock));
                if let Some(due) = head::due(sql)?.into_iter().chain(guard).min() {
                    sql.set_alarm(due)?;
                    if head.alarm != Some(due) {
                        head.alarm = Some(due);
                        head::save(sql, &head)?;
                    }
                }
            }
            Ok(())
        })?;
        let (address, presence) = (String::new(), Presence::default());
        Ok(Self {
            clock,
            head: None,
            sweeps: false,
            founded,
            address,
            presence,
            marks,
            trail,
            kept: Vec::new(),
            allowance: None,
            per_turn: None,
            actor: PhantomData,
        })
    }

    /// Whether the object has tables; one without has nothing to do.
    pub(super) const fn is_founded(&self) -> bool {
        self.founded
    }

    /// Answers one envelope, in a transaction of its own.
    pub fn call(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        bytes: &[u8],
        turn: &mut Turn,
    ) -> Answer {
        let answer =
            Envelope::decode(bytes).and_then(|envelope| self.ask(home, world, &envelope, turn));
        answer.unwrap_or_else(Answer::Rejected)
    }

    /// Whether the caller is told what an envelope costs. The room tells its own callers where the
    /// workspace asks for it, and whoever else is asked for the same request then follows.
    #[must_use]
    pub const fn prices(&self, envelope: &Envelope) -> bool {
        match A::PRICE_MARK {
            Some(bit) => self.marks >> bit & 1 == 1 && envelope.principal.is_known(),
            None => envelope.price,
        }
    }

    /// Answers an envelope that has no way to go, in a transaction of its own: the object itself
    /// makes it of what comes over a socket.
    ///
    /// # Errors
    /// The refusal; `unavailable` before anything was looked at, where the turn is full.
    pub(super) fn ask(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        envelope: &Envelope,
        turn: &mut Turn,
    ) -> Result<Answer, Reject> {
        if self.per_turn.is_some_and(|most| most <= turn.taken) {
            return Err(Reject::overloaded());
        }
        if let Some(allowance) = &mut self.allowance {
            allowance.take(&envelope.principal, world.now.max(self.clock))?;
        }
        turn.taken += 1;
        self.address = envelope.address.clone().unwrap_or_default();
        let whose = Some((&*envelope.instance, &envelope.principal));
        let (answer, told) =
            self.step(home, world, whose, &mut |ctx| Self::answer(ctx, envelope))?;
        turn.tell(told);
        Ok(answer)
    }

    fn answer(ctx: &mut Ctx<'_>, envelope: &Envelope) -> Result<Answer, Reject> {
        let Some(key) = &envelope.key else {
            let json = Self::handle(ctx, envelope)?.0;
            return Ok(Answer::Done { json, replayed: false });
        };
        if key.is_empty() || key.len() > 255 {
            return Err(Reject::field("Idempotency-Key", "must have 1 to 255 characters"));
        }
        let hash = hex(&Sha256::digest(&envelope.command));
        let (scope, visitor) = (envelope.principal.key_scope(), envelope.principal.is_visitor());
        let key = if visitor {
            // Visitors are not told apart: what one sends is no other use of another's key.
            format!("{scope}:{hash}:{key}")
        } else {
            format!("{scope}:{key}")
        };
        if let Some((known, json)) = idempotency::find(ctx.sql, &key, ctx.now - KEY_KEPT_MS)? {
            if known == hash {
                if envelope.principal.agent().is_some() {
                    // An answer is not repeated to somebody who may no longer read it.
                    A::authorise(ctx, Permission::Read)?;
                }
                if json.is_empty() {
                    let why = "this was done; its answer held what has been erased since";
                    return Err(Reject::new(Code::Gone, why));
                }
                return Ok(Answer::Done { json, replayed: true });
            }
            return Err(Reject::new(Code::KeyReused, "this key was used with another request"));
        }
        let json = Self::handle(ctx, envelope)?.0;
        if !ctx.wrote.get() && (visitor || idempotency::only_reads(&envelope.command)) {
            // Reads would fill the storage. A command that found nothing to do is another thing:
            // asked again later it might find something.
            return Ok(Answer::Done { json, replayed: false });
        }
        idempotency::put(ctx.sql, &key, &hash, &json, ctx.now)?;
        sweep::expect(ctx)?;
        Ok(Answer::Done { json, replayed: false })
    }

    fn handle(ctx: &mut Ctx<'_>, envelope: &Envelope) -> Result<Reply, Reject> {
        let unreadable = |reject: Reject| {
            Reject::new(Code::BadRequest, format!("unknown command: {}", reject.message))
        };
        if envelope.kernel {
            let command = read_json(&envelope.command).map_err(unreadable)?;
            return Self::handle_kernel(ctx, &command);
        }
        let command = read_json(&envelope.command).map_err(unreadable)?;
        A::handle(ctx, command)
    }

    /// Runs the timers that are due and arms the alarm again. It never fails: what went wrong is
    /// tried again later.
    pub fn alarm(&mut self, home: &dyn Home, world: &mut World<'_>, turn: &mut Turn) {
        if !self.is_founded() {
            // An alarm that was on its way when everything was forgotten.
            return;
        }
        let mut set_for = None;
        self.trail.retry(world.now.max(self.clock));
        for _ in 0..TIMERS_PER_ALARM {
            let ran = self.step(home, world, None, &mut |ctx| {
                set_for = set_for.or(Some(ctx.alarm.unwrap_or_default()));
                Self::run_timer(ctx)
            });
            match ran {
                Ok((true, told)) if told.forgets => match self.forget(home) {
                    Ok(()) => return,
                    Err(reject) => self.postpone_timer(home, world, &reject),
                },
                Ok((true, told)) => turn.tell(told),
                Ok((false, _)) => break,
                Err(reject) => self.postpone_timer(home, world, &reject),
            }
        }
        let armed = self.step(home, world, None, &mut |ctx| {
            ctx.rearm = true;
            ctx.fired = Some(set_for.or(ctx.alarm).unwrap_or_default());
            Ok(())
        });
        if let Err(reject) = armed {
            super::log(&format!("alarm not armed again: {}", reject.message));
            // Storage failed just now. An alarm costs nothing but this one call; without it the
            // object would sleep on what is due.
            let soon = world.now.max(self.clock) + RETRY_MS;
            turn.unarmed = home.transaction(&mut |sql| Ok(sql.set_alarm(soon)?)).is_err();
        }
        turn.drain = true;
    }

    /// Puts off the timer that is first in line: it brought the instance down.
    pub fn skip_timer(&mut self, home: &dyn Home, world: &mut World<'_>) {
        self.postpone_timer(home, world, &Reject::internal("the last run ended in a trap"));
    }

    fn run_timer(ctx: &mut Ctx<'_>) -> Result<bool, Reject> {
        let Some(timer) = timers::next(ctx.sql, ctx.now)? else { return Ok(false) };
        timers::cancel(ctx.sql, &timer.kind, &timer.key)?;
        ctx.in_timer = true;
        if timer.kind == sweep::SWEEP {
            ctx.sweeps = false;
            sweep::sweep(ctx, &timer)?;
        } else {
            A::timer(ctx, &timer)?;
        }
        Ok(true)
    }

    /// Forgets everything. The timer that asked for it stands until then: where this fails, it
    /// comes again. A call that follows, even in this turn, makes the tables anew.
    fn forget(&mut self, home: &dyn Home) -> Result<(), Reject> {
        if !self.presence.is_empty() {
            return Err(Reject::internal("somebody is connected"));
        }
        home.forget()?;
        (self.founded, self.head, self.sweeps) = (false, None, false);
        Ok(())
    }

    fn postpone_timer(&mut self, home: &dyn Home, world: &mut World<'_>, why: &Reject) {
        let _ = self.step(home, world, None, &mut |ctx| {
            if let Some(timer) = timers::next(ctx.sql, ctx.now)? {
                let wait = backoff(ctx, timer.attempts, RETRY_MS_MAX);
                ctx.rearm = true;
                timers::postpone(ctx.sql, &timer, ctx.now + wait)?;
            }
            Ok(())
        });
        super::log(&format!("timer failed, postponed: {}", why.message));
    }

    /// One transaction. Without an envelope the object acts by itself; an object that was never
    /// called has nothing to do then, and the step is refused.
    pub(super) fn step<T>(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        envelope: Option<(&str, &Principal)>,
        body: &mut dyn FnMut(&mut Ctx<'_>) -> Result<T, Reject>,
    ) -> Result<(T, Told), Reject> {
        let mut result = None;
        let (founded, mut kept, mut marked) = (self.founded, true, self.marks);
        let (mut after, mut sweeps) = (None, self.sweeps);
        let address = std::mem::take(&mut self.address);
        let done = home.transaction(&mut |sql| {
            if !founded {
                migrate(sql, A::MIGRATIONS)?;
            }
            let watched = Watched::new(sql);
            let loaded = head::recall(sql, self.head.as_ref())?;
            after.clone_from(&loaded);
            let before = loaded.as_ref().map(|head| (head.alarm, head.marks));
            let (mut head, principal) = open(loaded, envelope)?;
            let now = world.now.max(head.clock).max(self.clock);
            let principal = A::identify(&watched, principal, now)?;
            let mut ctx = Ctx {
                now,
                instance: &head.instance,
                principal: &principal,
                address: &address,
                sql: &watched,
                wrote: &watched.wrote,
                entropy: world.entropy,
                seq: head.seq,
                told: Told::default(),
                reviewed: 0,
                marks: head.marks,
                rearm: false,
                alarm: head.alarm,
                fired: None,
                in_timer: false,
                logged: false,
                notes: false,
                sweeps,
            };
            let value = body(&mut ctx)?;
            if !ctx.told.events.is_empty() {
                A::appended(&mut ctx)?;
            }
            self.look(&mut ctx)?;
            let (seq, rearm, fired, told) = (ctx.seq, ctx.rearm, ctx.fired, ctx.told);
            let (marks, logged, notes) = (ctx.marks, ctx.logged, ctx.notes);
            sweeps = ctx.sweeps;
            if watched.wrote() || rearm || notes {
                head.seq = seq;
                head.marks = marks;
                head.clock = now;
                // What a step has yet to commit is not known to it.
                head.summarised = head.summarised.max(self.trail.known());
                if rearm {
                    let armed = head.alarm.filter(|_| fired.is_none());
                    let guard = self.guard(sql, (armed, now), logged)?;
                    arm::<A>(sql, &mut head, (now, fired), guard)?;
                }
                // Number and time are in the log already, or no row is of this time.
                let told_elsewhere = !told.events.is_empty() || !watched.added();
                if notes || !told_elsewhere || before != Some((head.alarm, marks)) {
                    head::save(sql, &head)?;
                }
                marked = marks;
                after = Some(head);
            } else if !founded {
                kept = false;
            }
            // What is to be forgotten as a whole stays as it was until that is done.
            kept &= !told.forgets;
            self.clock = now;
            result = Some((value, told));
            if kept { Ok(()) } else { Err(Reject::internal("there is nothing to keep")) }
        });
        if kept {
            // Where it is not known what of this stands, the head is read again.
            self.head = None;
            done?;
            (self.founded, self.head, self.sweeps) = (true, after, sweeps);
            self.marks = marked;
        }
        let result = result.ok_or_else(|| Reject::internal("the transaction did not run"));
        result.map(|(value, mut told)| {
            for (agent, role) in std::mem::take(&mut told.regraded) {
                told.reseated.extend(self.presence.regrade(agent, role));
            }
            (value, told)
        })
    }

    /// Finds out who sees which of a step's events.
    fn look(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Reject> {
        let told = &ctx.told;
        if cfg!(debug_assertions) {
            for event in &told.events {
                let kind = sight::Heading::of(event.get())?.kind;
                assert!(A::audience(&kind).is_some(), "who may see {kind}? schema/src/audience.rs");
            }
        }
        let first = ctx.seq - told.events.len() as i64 + 1;
        if self.presence.is_empty() {
            ctx.told.first = first;
            return Ok(());
        }
        for (agent, role) in &told.regraded {
            self.presence.expect(*agent, *role);
        }
        let sights = sight::judge::<A>(ctx, self.presence.lenses(), &told.events)?;
        (ctx.told.first, ctx.told.sights) = (first, sights);
        Ok(())
    }
}

/// The head to work with, and who asks; a caller of another tenant finds nothing here.
fn open(
    head: Option<Head>,
    envelope: Option<(&str, &Principal)>,
) -> Result<(Head, Principal), Reject> {
    let missing = || Reject::not_found("resource");
    match (head, envelope) {
        (Some(head), None) => {
            let principal = Principal::system(workspace_of(&head.instance).ok_or_else(missing)?);
            Ok((head, principal))
        }
        (None, None) => Err(missing()),
        (head, Some((instance, principal))) => {
            let own = workspace_of(instance) == Some(principal.workspace);
            let named = head.as_ref().is_none_or(|head| head.instance == instance);
            if !own || !named {
                return Err(missing());
            }
            let fresh = || Head { instance: instance.to_owned(), ..Head::default() };
            Ok((head.unwrap_or_else(fresh), principal.clone()))
        }
    }
}

/// The workspace that an instance belongs to: its name, or the part before the first slash.
fn workspace_of(instance: &str) -> Option<WorkspaceId> {
    instance.split('/').next()?.parse().ok()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|&byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(u32::from(half), 16)).collect()
}
