//! Changing several tickets alike.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::react;
use crate::workspace_room::{changes, removal, tickets};
use schema::ids::TicketId;
use schema::room::ticket::{BULK_MAX, BulkChangeTickets, BulkDone, BulkResult, TicketChange};
use schema::{Code, Permission, Reject};

/// Changes or deletes several tickets: each wholly, or not at all with the reason in its result. A
/// ticket is checked before anything of it is written; a fault of storage undoes all of them. The
/// versions are those after rules have reacted.
/// Events `ticket.changed`, `ticket.deleted`.
///
/// # Errors
/// `invalid_input` for none, too many or a repeated ticket, and where nothing is asked for;
/// `forbidden`.
pub fn bulk_change_tickets(ctx: &mut Ctx<'_>, input: &BulkChangeTickets) -> Result<Reply, Reject> {
    let permission = if input.delete { Permission::Manage } else { Permission::Work };
    authorise::require(ctx, permission)?;

    let ids = &input.ticket_ids;
    if ids.is_empty() || ids.len() > BULK_MAX {
        return Err(Reject::field("ticketIds", format!("must be 1 to {BULK_MAX} tickets")));
    }
    if (1..ids.len()).any(|at| ids[..at].contains(&ids[at])) {
        return Err(Reject::field("ticketIds", "must not have a ticket twice"));
    }
    let idle = input.change == TicketChange::default();
    if idle != input.delete {
        return Err(Reject::field("change", "give a change or delete, one of them"));
    }

    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let (version, error) = match one(ctx, input, *id) {
            Ok(version) => (Some(version), None),
            Err(fault) if matches!(fault.code, Code::Internal | Code::Unavailable) => {
                return Err(fault);
            }
            Err(refusal) => (None, Some(refusal)),
        };
        results.push(BulkResult { ticket_id: *id, ok: error.is_none(), version, error });
    }
    Reply::of(&BulkDone { results })
}

fn one(ctx: &mut Ctx<'_>, input: &BulkChangeTickets, id: TicketId) -> Result<i64, Reject> {
    if input.delete {
        let ticket = tickets::find(ctx, id)?;
        return Ok(removal::delete(ctx, ticket)?.version);
    }
    let before = tickets::changeable(ctx, id)?;
    let mut ticket = before.clone();
    changes::apply(ctx, &input.change, &mut ticket)?;
    let by = ctx.by();
    let ticket = changes::save(ctx, &by, &before, ticket)?;
    Ok(react::settle(ctx, ticket)?.version)
}
