//! Silence: who has waited for whom, and which rules act when it gets too long.
//!
//! A ticket has one row and one timer however many rules there are. A wait begins with the first
//! thing that is not answered and ends with the answer; a rule acts once on each wait. What a rule
//! says to the customer is no answer.

use super::facts::Happening;
use super::hours;
use super::react;
use super::store::waits::{self as store, Waits};
use super::store::{active, definitions};
use crate::kernel::{Ctx, Timer};
use crate::workspace_room::store::tickets as tickets_store;
use crate::workspace_room::tickets;
use schema::ids::TicketId;
use schema::room::automation::{Automation, Occasion};
use schema::room::ticket::{Status, Ticket};
use schema::sort::SortSmall;
use schema::{Millis, Reject};

/// The timer of a ticket's silence; its key is the ticket.
pub const TIMER: &str = "rules.wait";
/// The timer that looks at the tickets that are there already; its body is the last number.
pub const BACKFILL: &str = "rules.backfill";

const BATCH: i64 = 100;
/// How far back a conversation is read for who waits.
const SAID_MAX: i64 = 100;

/// Notes what a happening means for who waits.
///
/// # Errors
/// A storage fault.
pub fn heed(ctx: &mut Ctx<'_>, happening: &Happening) -> Result<(), Reject> {
    let found = tickets_store::find(ctx.sql, happening.ticket)?;
    let Some(ticket) = found else { return Ok(()) };
    let before = store::find(ctx.sql, ticket.number)?;
    if happening.quiet {
        let waits = recall(ctx, &ticket, before.as_ref())?;
        return put(ctx, &ticket, before, waits);
    }
    let mut waits = before.clone().unwrap_or_default();
    match happening.on {
        Occasion::CommentByUser => {
            if happening.said.as_ref().is_none_or(|said| !said.automatic) {
                waits.agent_since = waits.agent_since.or(Some(ctx.now));
                waits.user_since = None;
            }
        }
        Occasion::CommentByAgent => {
            waits.agent_since = None;
            waits.user_since = Some(ctx.now);
        }
        Occasion::TicketCreated
        | Occasion::TicketChanged
        | Occasion::TicketReopened
        | Occasion::TicketWoken => {}
        _ => return Ok(()),
    }
    put(ctx, &ticket, before, waits)
}

/// Whether nobody waits on a ticket, whatever was said.
const fn is_done(ticket: &Ticket) -> bool {
    matches!(ticket.status, Status::Solved | Status::Closed) || !ticket.is_in_work()
}

/// Writes who waits, and sets the timer.
fn put(
    ctx: &mut Ctx<'_>,
    ticket: &Ticket,
    before: Option<Waits>,
    mut waits: Waits,
) -> Result<(), Reject> {
    waits.unassigned_since = match ticket.assignee_id {
        None => waits.unassigned_since.or(Some(ctx.now)),
        Some(_) => None,
    };
    if is_done(ticket) {
        waits = Waits::default();
    }
    if waits.is_none() {
        if before.is_some() {
            store::remove(ctx.sql, ticket.number)?;
            ctx.cancel_timer(TIMER, &ticket.id.to_string())?;
        }
        return Ok(());
    }
    if before.as_ref() != Some(&waits) {
        let rules = rules(ctx)?;
        forget_done(&mut waits);
        store::set(ctx.sql, ticket.number, &waits)?;
        arm(ctx, ticket.id, &waits, &rules)?;
    }
    Ok(())
}

/// The rules that act on silence, in their order of position within each occasion.
fn rules(ctx: &Ctx<'_>) -> Result<Vec<Automation>, Reject> {
    let mut rules = Vec::new();
    for occasion in [Occasion::NoAgentReply, Occasion::NoUserReply, Occasion::Unassigned] {
        rules.extend(definitions::of_occasion(ctx.sql, occasion)?);
    }
    rules.sort_small_by_key(|rule| rule.position);
    Ok(rules)
}

const fn since(waits: &Waits, on: Occasion) -> Option<Millis> {
    match on {
        Occasion::NoAgentReply => waits.agent_since,
        Occasion::NoUserReply => waits.user_since,
        Occasion::Unassigned => waits.unassigned_since,
        _ => None,
    }
}

/// How it is noted that a rule acted on a wait.
fn mark(rule: &Automation, since: Millis) -> String {
    format!("{}/{since}", rule.id)
}

/// Drops the marks of waits that are over. Those of a rule that is switched off stay, or it would
/// act again on the same wait once it is switched on.
fn forget_done(waits: &mut Waits) {
    let open = [waits.agent_since, waits.user_since, waits.unassigned_since];
    let is_open = |mark: &str| {
        let since = mark.rsplit_once('/').and_then(|(_, since)| since.parse().ok());
        since.is_some() && open.contains(&since)
    };
    waits.done.retain(|mark| is_open(mark));
}

/// When a rule will act, unless it has, or nobody waits.
fn due(ctx: &Ctx<'_>, waits: &Waits, rule: &Automation) -> Result<Option<Millis>, Reject> {
    let (Some(since), Some(minutes)) = (since(waits, rule.trigger.on), rule.trigger.minutes) else {
        return Ok(None);
    };
    if waits.done.contains(&mark(rule, since)) {
        return Ok(None);
    }
    let calendar = hours::calendar(ctx, rule.trigger.business_hours.into())?;
    calendar.add(since, hours::millis(minutes))
}

fn arm(
    ctx: &mut Ctx<'_>,
    ticket: TicketId,
    waits: &Waits,
    rules: &[Automation],
) -> Result<(), Reject> {
    let mut next: Option<Millis> = None;
    for rule in rules {
        let due = due(ctx, waits, rule)?;
        next = next.into_iter().chain(due).min();
    }
    match next {
        Some(due) => ctx.set_timer(TIMER, &ticket.to_string(), due, &[])?,
        None => ctx.cancel_timer(TIMER, &ticket.to_string())?,
    }
    Ok(())
}

/// Lets the rules act for which a ticket has been silent long enough.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(id) = timer.key.parse::<TicketId>() else { return Ok(()) };
    let Some(ticket) = tickets::in_work(ctx, id)? else { return Ok(()) };
    let Some(mut waits) = store::find(ctx.sql, ticket.number)? else { return Ok(()) };
    let rules = rules(ctx)?;
    let mut ready = Vec::new();
    for rule in &rules {
        if due(ctx, &waits, rule)?.is_some_and(|due| due <= ctx.now)
            && let Some(since) = since(&waits, rule.trigger.on)
        {
            waits.done.push(mark(rule, since));
            ready.push(rule.clone());
        }
    }
    if !ready.is_empty() {
        store::set(ctx.sql, ticket.number, &waits)?;
    }
    arm(ctx, id, &waits, &rules)?;
    react::silence(ctx, ticket, &ready)
}

/// Has a look at every ticket, after the rules that act on silence changed.
///
/// # Errors
/// A storage fault.
pub fn look_again(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    Ok(ctx.set_timer(BACKFILL, "", ctx.now, b"0")?)
}

/// Looks at the next tickets, and goes on after them.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn backfill(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let after = std::str::from_utf8(&timer.body).ok().and_then(|text| text.parse().ok());
    if active::find(ctx.sql)?.silences == 0 {
        return Ok(());
    }
    let rules = rules(ctx)?;
    let batch = tickets_store::ids_after(ctx.sql, after.unwrap_or(0), BATCH)?;
    for (_, id) in &batch {
        let Ok(id) = id.parse::<TicketId>() else { continue };
        let Some(ticket) = tickets_store::find(ctx.sql, id)? else { continue };
        let before = store::find(ctx.sql, ticket.number)?;
        let mut waits = recall(ctx, &ticket, before.as_ref())?;
        if waits.is_none() {
            if before.is_some() {
                store::remove(ctx.sql, ticket.number)?;
            }
            ctx.cancel_timer(TIMER, &ticket.id.to_string())?;
            continue;
        }
        forget_done(&mut waits);
        if before.as_ref() != Some(&waits) {
            store::set(ctx.sql, ticket.number, &waits)?;
        }
        arm(ctx, ticket.id, &waits, &rules)?;
    }
    if let Some((number, _)) = batch.last().filter(|_| batch.len() as i64 == BATCH) {
        ctx.set_timer(BACKFILL, &timer.key, ctx.now, number.to_string().as_bytes())?;
    }
    Ok(())
}

/// Who waits, by what was said: for tickets that nobody has kept an eye on, or not all the time.
fn recall(ctx: &Ctx<'_>, ticket: &Ticket, before: Option<&Waits>) -> Result<Waits, Reject> {
    let mut waits = Waits::default();
    if is_done(ticket) {
        return Ok(waits);
    }
    for (by_user, by_agent, at) in store::said(ctx.sql, ticket.number, SAID_MAX)? {
        if by_agent {
            if waits.agent_since.is_none() {
                waits.user_since = Some(at);
            }
            break;
        }
        if by_user {
            waits.agent_since = Some(at);
        }
    }
    if ticket.assignee_id.is_none() {
        let known = before.and_then(|before| before.unassigned_since);
        waits.unassigned_since = Some(known.unwrap_or(ticket.created_at));
    }
    waits.done = before.map(|before| before.done.clone()).unwrap_or_default();
    Ok(waits)
}
