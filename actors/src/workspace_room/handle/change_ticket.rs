//! Changing a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::react;
use crate::workspace_room::store::replies;
use crate::workspace_room::{changes, tickets};
use schema::room::ticket::{ChangeTicket, TicketChange};
use schema::{Permission, Reject};

/// Changes a ticket: all that is asked, or nothing. Event `ticket.changed` with the former values,
/// none where nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` for a step between statuses that is
/// not legal, closing a closed ticket included, and for a ticket that is merged into another.
pub fn change_ticket(ctx: &mut Ctx<'_>, input: &ChangeTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let before = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, before.version)?;
    let mut ticket = before.clone();
    if let Some(subject) = &input.subject {
        ticket.subject = tickets::subject(subject)?;
    }
    if let Some(tags) = &input.tags {
        ticket.tags = tickets::tags(tags)?;
    }
    if let Some(inbox) = input.inbox_id {
        ticket.inbox_id = inbox;
        if let Some(inbox) = inbox {
            replies::know_inbox(ctx.sql, inbox)?;
        }
    }
    let change = TicketChange {
        status: input.status,
        custom_status_id: input.custom_status_id,
        priority: input.priority,
        assignee_id: input.assignee_id,
        team_id: input.team_id,
        category_id: input.category_id,
        attributes: input.attributes.clone(),
        ..TicketChange::default()
    };
    changes::apply(ctx, &change, &mut ticket)?;

    let by = ctx.by();
    let ticket = changes::save(ctx, &by, &before, ticket)?;
    let ticket = react::settle(ctx, ticket)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}
