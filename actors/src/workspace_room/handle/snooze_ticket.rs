//! Putting a ticket off, and waking it.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::react;
use crate::workspace_room::{attention, changes, tickets};
use schema::room::attention::{SNOOZE_MS_MAX, SnoozeTicket, WakeReason, WakeTicket};
use schema::room::ticket::{Snooze, Status};
use schema::{Permission, Reject};

/// Puts a ticket off, or off until another time. Event `ticket.changed`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `invalid_input` for a time that is not in the coming year, and
/// where nothing would wake it; `conflict` where the ticket is solved, closed or merged.
pub fn snooze_ticket(ctx: &mut Ctx<'_>, input: &SnoozeTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let before = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, before.version)?;
    if matches!(before.status, Status::Solved | Status::Closed) {
        return Err(Reject::conflict("what is done cannot be put off: open it first"));
    }
    let on_reply = input.on_reply.unwrap_or(true);
    match input.until {
        None if !on_reply => return Err(Reject::field("until", "is needed where no reply wakes")),
        Some(until) if until <= ctx.now => {
            return Err(Reject::field("until", "must be in the future"));
        }
        Some(until) if until - ctx.now > SNOOZE_MS_MAX => {
            return Err(Reject::field("until", "must be within a year"));
        }
        _ => {}
    }
    let since = before.snooze.map_or(ctx.now, |snooze| snooze.since);
    let snooze = Some(Snooze { since, until: input.until, on_reply });

    let mut ticket = before.clone();
    ticket.snooze = snooze;
    let by = ctx.by();
    let ticket = changes::save(ctx, &by, &before, ticket)?;
    let ticket = react::settle(ctx, ticket)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}

/// Ends a ticket's being put off. Event `ticket.woken`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `conflict` where the ticket is not put off.
pub fn wake_ticket(ctx: &mut Ctx<'_>, input: &WakeTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let before = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, before.version)?;
    if before.snooze.is_none() {
        return Err(Reject::conflict("the ticket is not put off"));
    }

    let by = ctx.by();
    let ticket = attention::wake(ctx, &by, &before, WakeReason::Agent)?;
    let ticket = react::settle(ctx, ticket)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}
