//! Opening a closed ticket again.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::react;
use crate::workspace_room::tickets;
use schema::room::ticket::{ReopenTicket, Status};
use schema::{Permission, Reject};

/// Opens a closed ticket again. Event `ticket.reopened`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `conflict` where the ticket is not closed, or is merged into
/// another.
pub fn reopen_ticket(ctx: &mut Ctx<'_>, input: &ReopenTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let ticket = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, ticket.version)?;
    if ticket.status != Status::Closed {
        return Err(Reject::conflict("the ticket is not closed: change its status"));
    }

    let by = ctx.by();
    let ticket = tickets::reopen(ctx, &by, ticket.id)?;
    let ticket = react::settle(ctx, ticket)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}
