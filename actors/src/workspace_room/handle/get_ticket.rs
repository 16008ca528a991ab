//! Reading a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::tickets;
use schema::room::ticket::GetTicket;
use schema::{Permission, Reject};

/// Reads a ticket.
///
/// # Errors
/// `not_found`.
pub fn get_ticket(ctx: &Ctx<'_>, input: &GetTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let ticket = tickets::find(ctx, input.ticket_id)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}
