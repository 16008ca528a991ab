//! Who looks after a ticket, and when: snoozing and claims, and the timers that end them.
//!
//! The ticket's row is the only truth: a timer that finds another time there, or none, has nothing
//! to do.

use super::store::claims;
use super::store::tickets::{self as store, Standing};
use super::{changes, status, tickets};
use crate::kernel::{Ctx, Timer};
use schema::Reject;
use schema::event::By;
use schema::frame::AtTicket;
use schema::ids::{AgentId, TicketId};
use schema::room::attention::{ClaimState, ReleaseReason, TicketWoken, WakeReason};
use schema::room::comment::Visibility;
use schema::room::ticket::{Status, Ticket};

/// The timer that wakes; its key is the ticket's id.
pub const WAKE: &str = "wake";
/// The timer that ends a claim; its key is the ticket's id.
pub const UNCLAIM: &str = "unclaim";

/// Sets the timer of a ticket whose snooze has changed.
///
/// # Errors
/// A storage fault.
pub fn rearm(ctx: &mut Ctx<'_>, before: &Ticket, after: &Ticket) -> Result<(), Reject> {
    let until = |ticket: &Ticket| ticket.snooze.and_then(|snooze| snooze.until);
    let (was, is) = (until(before), until(after));
    if was == is {
        return Ok(());
    }
    let key = after.id.to_string();
    match is {
        Some(at) => Ok(ctx.set_timer(WAKE, &key, at, &[])?),
        None => Ok(ctx.cancel_timer(WAKE, &key)?),
    }
}

/// Ends a ticket's being put off; unless an agent does it, a ticket that was pending or waiting is
/// open again. Event `ticket.woken`.
///
/// # Errors
/// A storage fault.
pub fn wake(
    ctx: &mut Ctx<'_>,
    by: &By,
    before: &Ticket,
    reason: WakeReason,
) -> Result<Ticket, Reject> {
    let mut ticket = before.clone();
    if reason != WakeReason::Agent && ticket.status != Status::Open {
        status::set(&mut ticket, Status::Open, ctx.now);
    }
    ticket.snooze = None;
    changes::write(ctx, before, &mut ticket)?;
    let data = TicketWoken { ticket, reason };
    ctx.event_by(by, "ticket.woken", Some(data.ticket.id), &data)?;
    Ok(data.ticket)
}

/// Wakes the ticket of a timer, unless it was put off anew or is not put off any more.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Some(ticket) = of_timer(ctx, timer)? else { return Ok(()) };
    let until = ticket.snooze.and_then(|snooze| snooze.until);
    if until.is_none_or(|until| until > ctx.now) {
        return Ok(());
    }
    wake(ctx, &By::System, &ticket, WakeReason::Time).map(drop)
}

/// Ends the claim of a timer, unless it was renewed or has ended already. Event `ticket.released`.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn unclaim(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Some(ticket) = of_timer(ctx, timer)? else { return Ok(()) };
    if ticket.claim.is_none_or(|claim| claim.until > ctx.now) {
        return Ok(());
    }
    claims::set(ctx.sql, ticket.number, None)?;
    let reason = Some(ReleaseReason::Expired);
    let data = ClaimState { ticket_id: ticket.id, claim: None, reason };
    ctx.event_by(&By::System, "ticket.released", Some(ticket.id), &data).map(drop)
}

/// How many claims of one agent, or of all, are looked at.
const CLAIMS_MAX: i64 = 500;

/// The claims that hold, for whoever comes in.
///
/// # Errors
/// A storage fault.
pub fn claims(ctx: &Ctx<'_>) -> Result<Vec<AtTicket>, Reject> {
    Ok(claims::live(ctx.sql, ctx.now, CLAIMS_MAX)?)
}

/// Ends the claims of an agent who may no longer answer anybody. Events `ticket.released`.
///
/// # Errors
/// A storage fault.
pub fn withdraw(ctx: &mut Ctx<'_>, agent: AgentId) -> Result<(), Reject> {
    for (number, ticket_id) in claims::of_agent(ctx.sql, agent, ctx.now, CLAIMS_MAX)? {
        claims::set(ctx.sql, number, None)?;
        ctx.cancel_timer(UNCLAIM, &ticket_id.to_string())?;
        let reason = Some(ReleaseReason::Withdrawn);
        let data = ClaimState { ticket_id, claim: None, reason };
        ctx.event("ticket.released", Some(ticket_id), &data)?;
    }
    Ok(())
}

fn of_timer(ctx: &Ctx<'_>, timer: &Timer) -> Result<Option<Ticket>, Reject> {
    let Ok(id) = timer.key.parse::<TicketId>() else { return Ok(None) };
    let found = store::find(ctx.sql, id)?;
    Ok(found.filter(|ticket| ticket.deleted_at.is_none()))
}

/// Refuses a public answer by anybody but the agent who has claimed the ticket.
///
/// # Errors
/// `conflict` with the claim in `details`.
pub fn check_claim(ctx: &Ctx<'_>, ticket: &Standing, visibility: Visibility) -> Result<(), Reject> {
    let claim = ticket.claim.filter(|claim| claim.until > ctx.now);
    let Some(claim) = claim.filter(|_| visibility == Visibility::Public) else { return Ok(()) };
    if ctx.principal.agent().is_none_or(|agent| agent == claim.agent_id) {
        return Ok(());
    }
    Err(claimed(claim))
}

/// The refusal of what only the agent who has claimed the ticket may do.
#[must_use]
pub fn claimed(claim: schema::room::ticket::Claim) -> Reject {
    Reject::conflict("another agent has claimed the ticket")
        .with(serde_json::json!({ "claim": claim }))
}

/// A ticket whose claim somebody wants to change, without a claim that is over.
///
/// # Errors
/// `not_found`.
pub fn claimable(ctx: &Ctx<'_>, id: TicketId) -> Result<Standing, Reject> {
    let mut ticket = tickets::standing(ctx, id)?;
    ticket.claim = ticket.claim.filter(|claim| claim.until > ctx.now);
    Ok(ticket)
}
