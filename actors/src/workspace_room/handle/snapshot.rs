//! Everything that a client that starts needs.

use super::list_tickets::{self, Query};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::{self, authorise};
use crate::workspace_room::store::counts;
use crate::workspace_room::tickets;
use schema::room::snapshot::{Snapshot, TICKETS_MAX};
use schema::room::ticket::{ListTickets, Status};
use schema::{Permission, Reject};

/// Gives the workspace as of the last event: a client connects with `since=head` and misses
/// nothing.
///
/// # Errors
/// `not_found` before the workspace is registered.
pub fn snapshot(ctx: &Ctx<'_>) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;

    let workspace = access::store::workspace::find(ctx.sql)?;
    let workspace = workspace.ok_or_else(|| Reject::not_found("workspace"))?;
    let open = ListTickets { status: vec![Status::Open], ..ListTickets::default() };
    let mut page = list_tickets::find(ctx, &Query::of(&open)?, None, TICKETS_MAX)?;
    tickets::with_unread(ctx, member.agent, &mut page.items)?;
    Reply::of(&Snapshot {
        head: ctx.seq(),
        now: ctx.now,
        workspace,
        agents: access::store::agents::list(ctx.sql)?,
        tickets: page,
        counts: counts::tickets(ctx.sql)?,
    })
}
