//! Deleting a ticket, and bringing it back.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::tickets as store;
use crate::workspace_room::{removal, tickets};
use schema::room::attention::{DeleteTicket, RestoreTicket};
use schema::{Permission, Reject};

/// Deletes a ticket. Event `ticket.deleted` with the ticket as it was.
///
/// # Errors
/// `not_found`, `version_mismatch`; `forbidden` for who does not manage the workspace.
pub fn delete_ticket(ctx: &mut Ctx<'_>, input: &DeleteTicket) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let ticket = tickets::find(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, ticket.version)?;

    Reply::of(&removal::delete(ctx, ticket)?)
}

/// Brings a deleted ticket back, as it was. Event `ticket.restored`.
///
/// # Errors
/// `not_found`; `conflict` where it is not deleted; `gone` where its comments are gone; `forbidden`
/// for who does not manage the workspace.
pub fn restore_ticket(ctx: &mut Ctx<'_>, input: &RestoreTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Manage)?;
    let found = store::find(ctx.sql, input.ticket_id)?;
    let ticket = found.ok_or_else(|| Reject::not_found("ticket"))?;

    let ticket = removal::restore(ctx, ticket)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}
