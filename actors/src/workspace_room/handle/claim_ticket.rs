//! Claiming a ticket, and giving it back. The room is the one writer, so of two agents who claim at
//! once exactly one has it.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::attention;
use crate::workspace_room::store::claims;
use schema::room::attention::{
    ClaimState, ClaimTicket, LEASE_SECONDS_DEFAULT, LEASE_SECONDS_MAX, LEASE_SECONDS_MIN,
    ReleaseReason, ReleaseTicket,
};
use schema::room::ticket::{Claim, Status};
use schema::{Permission, Reject};

/// Claims a ticket, or renews the caller's claim. Event `ticket.claimed`.
///
/// # Errors
/// `not_found`, `invalid_input` for a bad lease; `conflict` where another has claimed it, with the
/// claim in `details`, and where it is closed; `forbidden` for who takes over without managing.
pub fn claim_ticket(ctx: &mut Ctx<'_>, input: &ClaimTicket) -> Result<Reply, Reject> {
    let (agent, _, role) = authorise::require_agent(ctx, Permission::Work)?;

    let seconds = input.lease_seconds.unwrap_or(LEASE_SECONDS_DEFAULT);
    if !(LEASE_SECONDS_MIN..=LEASE_SECONDS_MAX).contains(&seconds) {
        let why = format!("must be {LEASE_SECONDS_MIN} to {LEASE_SECONDS_MAX}");
        return Err(Reject::field("leaseSeconds", why));
    }
    let ticket = attention::claimable(ctx, input.ticket_id)?;
    if ticket.status == Status::Closed {
        return Err(Reject::conflict("the ticket is closed: nobody can answer it"));
    }
    let others = ticket.claim.filter(|claim| claim.agent_id != agent);
    if let Some(claim) = others {
        if !input.take_over {
            return Err(attention::claimed(claim));
        }
        if !role.may(Permission::Manage) {
            return Err(Reject::forbidden("only who manages the workspace may take over"));
        }
    }

    let claim = Some(Claim { agent_id: agent, until: ctx.now + seconds * 1_000 });
    claims::set(ctx.sql, ticket.number, claim)?;
    ctx.set_timer(attention::UNCLAIM, &ticket.id.to_string(), ctx.now + seconds * 1_000, &[])?;
    let reason = others.map(|_| ReleaseReason::TakenOver);
    let state = ClaimState { ticket_id: ticket.id, claim, reason };
    ctx.event("ticket.claimed", Some(ticket.id), &state)?;
    Reply::of(&state)
}

/// Gives a claim back. Event `ticket.released`, none where nobody had claimed the ticket.
///
/// # Errors
/// `not_found`; `conflict` where another has claimed it.
pub fn release_ticket(ctx: &mut Ctx<'_>, input: &ReleaseTicket) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;

    let ticket = attention::claimable(ctx, input.ticket_id)?;
    let mut state = ClaimState { ticket_id: ticket.id, claim: None, reason: None };
    let Some(claim) = ticket.claim else { return Reply::of(&state) };
    if claim.agent_id != agent {
        return Err(attention::claimed(claim));
    }

    claims::set(ctx.sql, ticket.number, None)?;
    ctx.cancel_timer(attention::UNCLAIM, &ticket.id.to_string())?;
    state.reason = Some(ReleaseReason::Released);
    ctx.event("ticket.released", Some(ticket.id), &state)?;
    Reply::of(&state)
}
