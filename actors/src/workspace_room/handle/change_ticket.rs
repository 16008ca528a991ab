//! Changing a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::react;
use crate::workspace_room::{status, tickets};
use schema::room::ticket::{ChangeTicket, Ticket};
use schema::{Permission, Reject};

/// Changes a ticket: all that is asked, or nothing. Event `ticket.changed` with the former values,
/// none where nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` for a step between statuses that is
/// not legal, closing a closed ticket included.
pub fn change_ticket(ctx: &mut Ctx<'_>, input: &ChangeTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let before = tickets::find(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, before.version)?;
    let mut ticket = before.clone();
    apply(ctx, input, &mut ticket)?;
    let by = ctx.by();
    let ticket = tickets::save(ctx, &by, &before, ticket)?;
    let mut reply = [react::settle(ctx, ticket)?];
    tickets::with_unread(ctx, member.agent, &mut reply)?;
    let [ticket] = reply;
    Reply::of(&ticket)
}

fn apply(ctx: &Ctx<'_>, input: &ChangeTicket, ticket: &mut Ticket) -> Result<(), Reject> {
    if let Some(subject) = &input.subject {
        ticket.subject = tickets::subject(subject)?;
    }
    if let Some(tags) = &input.tags {
        ticket.tags = tickets::tags(tags)?;
    }
    if let Some(priority) = input.priority {
        ticket.priority = priority;
    }
    if let Some(assignee) = input.assignee_id {
        if let Some(assignee) = assignee.filter(|_| assignee != ticket.assignee_id) {
            tickets::check_assignee(ctx, assignee)?;
        }
        ticket.assignee_id = assignee;
    }
    if let Some(to) = input.status {
        let same = to == ticket.status && to != schema::room::ticket::Status::Closed;
        if !same {
            status::check(ticket.status, to)?;
            status::set(ticket, to, ctx.now);
        }
    }
    Ok(())
}
