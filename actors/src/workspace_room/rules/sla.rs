//! SLA: the clocks of what was promised for a ticket.
//!
//! Both promises run on one clock: it runs while the ticket is open and stands still otherwise. A
//! row holds what had counted when the clock last started; every look at it brings it up to now, so
//! a change of status, priority, policy or hours is the same step as the timer's.

use super::calendar::Calendar;
use super::facts::{Facts, Happening};
use super::store::definitions;
use super::store::slas::{self as store, Clock, Clocks};
use super::{conditions, hours};
use crate::kernel::store::timers;
use crate::kernel::{Ctx, Timer};
use crate::workspace_room::store::tickets as tickets_store;
use schema::event::By;
use schema::ids::TicketId;
use schema::room::automation::Occasion;
use schema::room::sla::{POLICIES_MAX, Promise, SlaClock, SlaEvent, SlaPolicy, TicketSla};
use schema::room::ticket::{Status, Ticket};
use schema::{Millis, Reject};

/// The timer of a ticket's promises; its key is the ticket.
pub const TIMER: &str = "sla";
/// The timer that brings tickets up to date; its key is a policy, or nothing for all; its body is
/// the last number.
pub const AGAIN: &str = "sla.again";

const BATCH: i64 = 100;
const MINUTE_MS: Millis = 60_000;

/// Notes what a happening means for the promises.
///
/// # Errors
/// A storage fault.
pub fn heed(ctx: &mut Ctx<'_>, happening: &Happening) -> Result<(), Reject> {
    let moves = matches!(
        happening.on,
        Occasion::TicketCreated
            | Occasion::TicketChanged
            | Occasion::TicketReopened
            | Occasion::TicketWoken
            | Occasion::CommentByAgent
    );
    if !moves {
        return Ok(());
    }
    match tickets_store::find(ctx.sql, happening.ticket)? {
        Some(ticket) => refresh(ctx, &ticket),
        None => Ok(()),
    }
}

/// Looks at the promises of a ticket when something of them is due.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(id) = timer.key.parse::<TicketId>() else { return Ok(()) };
    match tickets_store::find(ctx.sql, id)? {
        Some(ticket) => refresh(ctx, &ticket),
        None => Ok(()),
    }
}

/// Brings the tickets of a policy (or all) up to date, after it or the hours changed.
///
/// # Errors
/// A storage fault.
pub fn again(ctx: &mut Ctx<'_>, policy: &str) -> Result<(), Reject> {
    Ok(ctx.set_timer(AGAIN, policy, ctx.now, b"0")?)
}

/// Brings the next tickets up to date, and goes on after them.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn again_timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let after = std::str::from_utf8(&timer.body).ok().and_then(|text| text.parse().ok());
    let after = after.unwrap_or(0);
    let batch = if timer.key.is_empty() {
        store::all(ctx.sql, after, BATCH)?
    } else {
        store::of_policy(ctx.sql, &timer.key, after, BATCH)?
    };
    for number in &batch {
        let standing = tickets_store::standing_of_number(ctx.sql, *number)?;
        let Some(standing) = standing else { continue };
        if let Some(ticket) = tickets_store::find(ctx.sql, standing.id)? {
            // What is armed was reckoned by what counted before.
            ctx.cancel_timer(TIMER, &ticket.id.to_string())?;
            refresh(ctx, &ticket)?;
        }
    }
    if let Some(number) = batch.last().filter(|_| batch.len() as i64 == BATCH) {
        ctx.set_timer(AGAIN, &timer.key, ctx.now, number.to_string().as_bytes())?;
    }
    Ok(())
}

/// The first policy in order that is enabled and whose conditions hold.
fn policy_of(ctx: &Ctx<'_>, ticket: &Ticket) -> Result<Option<SlaPolicy>, Reject> {
    let facts = Facts::of(ticket, ctx.now, None);
    for policy in definitions::list::<SlaPolicy>(ctx.sql, 0, POLICIES_MAX)? {
        if policy.enabled && conditions::unmet(ctx, &facts, &policy.conditions)?.is_none() {
            return Ok(Some(policy));
        }
    }
    Ok(None)
}

/// Brings a ticket's promises up to now: policy, targets, what is kept, broken and due.
fn refresh(ctx: &mut Ctx<'_>, ticket: &Ticket) -> Result<(), Reject> {
    let key = ticket.id.to_string();
    let before = store::find(ctx.sql, ticket.number)?;
    let policy = policy_of(ctx, ticket)?;
    let target = policy
        .as_ref()
        .and_then(|policy| policy.targets.iter().find(|target| target.priority == ticket.priority));
    let (Some(policy), Some(target)) = (&policy, target) else {
        if before.is_some() {
            store::remove(ctx.sql, ticket.number)?;
            ctx.cancel_timer(TIMER, &key)?;
        }
        return Ok(());
    };
    let calendar = hours::calendar(ctx, policy.business_hours.into())?;
    let mut now = before.unwrap_or(Clocks {
        policy: policy.id,
        running_since: None,
        spent: 0,
        first: Clock::default(),
        resolution: Clock::default(),
    });
    if let Some(since) = now.running_since {
        now.spent += calendar.between(since, ctx.now)?;
    }
    now.policy = policy.id;
    let runs = ticket.status == Status::Open && ticket.is_in_work();
    now.running_since = runs.then_some(ctx.now);
    now.first.target = target.first_reply_minutes.map(|minutes| minutes * MINUTE_MS);
    now.resolution.target = target.resolution_minutes.map(|minutes| minutes * MINUTE_MS);
    let mut told = Vec::new();
    let kept = [ticket.first_reply_at, ticket.solved_at];
    for (clock, (promise, kept)) in [&mut now.first, &mut now.resolution]
        .into_iter()
        .zip([Promise::FirstReply, Promise::Resolution].into_iter().zip(kept))
    {
        let reckoned = Reckoned { spent: now.spent, running: now.running_since.is_some(), kept };
        let warn = policy.warn_minutes.map(|minutes| minutes * MINUTE_MS);
        let news = reckon(ctx, &calendar, clock, &reckoned, warn)?;
        told.extend(news.map(|kind| (kind, promise)));
    }
    let same = before.is_some_and(|before| told.is_empty() && same_shape(&before, &now));
    if same && timers::due_of(ctx.sql, TIMER, &key)?.is_some() == has_due(&now) {
        return Ok(());
    }
    store::set(ctx.sql, ticket.number, &now)?;
    arm(ctx, &key, &calendar, &now, policy)?;
    let sla = view(ticket.id, &now, policy);
    for (kind, promise) in told {
        let data = SlaEvent { promise, sla: sla.clone() };
        ctx.event_by(&By::System, kind, Some(ticket.id), &data)?;
    }
    Ok(())
}

/// What a clock is reckoned by.
struct Reckoned {
    spent: Millis,
    running: bool,
    kept: Option<Millis>,
}

/// Brings one promise up to now; gives the event that follows.
fn reckon(
    ctx: &Ctx<'_>,
    calendar: &Calendar,
    clock: &mut Clock,
    reckoned: &Reckoned,
    warn: Option<Millis>,
) -> Result<Option<&'static str>, Reject> {
    let Reckoned { spent, running, kept } = *reckoned;
    let Some(target) = clock.target else {
        *clock = Clock::default();
        return Ok(None);
    };
    let was_met = clock.met_at.is_some();
    clock.met_at = kept;
    clock.due = None;
    if kept.is_some() && was_met {
        return Ok(None);
    }
    if spent < target {
        // A later target than before takes back what an earlier one broke.
        clock.breached_at = None;
    } else if clock.breached_at.is_none() && (spent > target || kept.is_none()) {
        clock.breached_at = Some(ctx.now);
        return Ok(Some("sla.breached"));
    }
    if kept.is_some() {
        return Ok(None);
    }
    if running {
        clock.due = calendar.add(ctx.now, (target - spent).max(0))?;
    }
    let early = warn.filter(|warn| *warn < target && spent < target);
    if let Some(warn) = early {
        if spent < target - warn {
            clock.warned_at = None;
        } else if clock.warned_at.is_none() && running {
            clock.warned_at = Some(ctx.now);
            return Ok(Some("sla.warning"));
        }
    }
    Ok(None)
}

/// Whether two looks at the same promises differ in nothing but how far the clock has run.
fn same_shape(before: &Clocks, now: &Clocks) -> bool {
    let shape = |clock: &Clock| (clock.target, clock.met_at, clock.warned_at, clock.breached_at);
    before.policy == now.policy
        && before.running_since.is_some() == now.running_since.is_some()
        && shape(&before.first) == shape(&now.first)
        && shape(&before.resolution) == shape(&now.resolution)
}

/// Whether anything is still to come while the clock runs.
const fn has_due(clocks: &Clocks) -> bool {
    let first = clocks.first.due.is_some() && clocks.first.breached_at.is_none();
    let resolution = clocks.resolution.due.is_some() && clocks.resolution.breached_at.is_none();
    first || resolution
}

/// Sets the timer for the next warning or breach.
fn arm(
    ctx: &mut Ctx<'_>,
    key: &str,
    calendar: &Calendar,
    clocks: &Clocks,
    policy: &SlaPolicy,
) -> Result<(), Reject> {
    let mut next: Option<Millis> = None;
    for clock in [&clocks.first, &clocks.resolution] {
        let (Some(due), Some(target), None) = (clock.due, clock.target, clock.breached_at) else {
            continue;
        };
        let mut at = due;
        let warn = policy.warn_minutes.map(|minutes| minutes * MINUTE_MS);
        if let Some(warn) = warn.filter(|warn| *warn < target && clock.warned_at.is_none()) {
            let left = (target - warn - clocks.spent).max(0);
            at = calendar.add(ctx.now, left)?.unwrap_or(due).min(due);
        }
        next = next.into_iter().chain([at]).min();
    }
    match next {
        Some(at) => Ok(ctx.set_timer(TIMER, key, at, &[])?),
        None => Ok(ctx.cancel_timer(TIMER, key)?),
    }
}

/// How a ticket stands with what was promised, as the API gives it.
#[must_use]
pub fn view(ticket_id: TicketId, clocks: &Clocks, policy: &SlaPolicy) -> TicketSla {
    let shown = |clock: &Clock| {
        clock.target.map(|target| SlaClock {
            minutes: target / MINUTE_MS,
            due_at: clock.due,
            met_at: clock.met_at,
            warned_at: clock.warned_at,
            breached_at: clock.breached_at,
        })
    };
    TicketSla {
        ticket_id,
        sla_policy_id: policy.id,
        name: policy.name.clone(),
        paused: clocks.running_since.is_none(),
        spent_ms: clocks.spent,
        first_reply: shown(&clocks.first),
        resolution: shown(&clocks.resolution),
    }
}

/// How a ticket stands with what was promised, as of now.
///
/// # Errors
/// `not_found` where nothing is promised.
pub fn of_ticket(ctx: &Ctx<'_>, ticket: &Ticket) -> Result<TicketSla, Reject> {
    let missing = || Reject::not_found("SLA of the ticket");
    let mut clocks = store::find(ctx.sql, ticket.number)?.ok_or_else(missing)?;
    let policy = definitions::find::<SlaPolicy>(ctx.sql, &clocks.policy.to_string())?;
    let policy = policy.ok_or_else(missing)?;
    if let Some(since) = clocks.running_since {
        let calendar = hours::calendar(ctx, policy.business_hours.into())?;
        clocks.spent += calendar.between(since, ctx.now)?;
    }
    Ok(view(ticket.id, &clocks, &policy))
}
