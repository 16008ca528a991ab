//! `createRealtimeTicket`, and the door that the ticket opens.
//!
//! A WebSocket client of a browser cannot send an `Authorization` header, and a token in a URL ends
//! in logs. So it fetches a ticket: good once, for 30 seconds, for the session that asked.

use super::authorise::{require_session, unauthorized};
use super::store::{agents, sessions, tokens};
use super::{TICKET_MS, TICKETS_PER_SESSION_MAX, check};
use crate::kernel::actor::Welcome;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::attention;
use schema::frame::{Connect, Poll};
use schema::ids::{AgentId, SessionId};
use schema::room::access::{CreateRealtimeTicket, TicketMade};
use schema::{Caller, Permission, Principal, Reject};
use serde_json::value::{RawValue, to_raw_value};

/// Makes a ticket for the caller's session.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `conflict`, `rate_limited` for too many that were
/// not used.
pub fn create_realtime_ticket(
    ctx: &mut Ctx<'_>,
    input: &CreateRealtimeTicket,
) -> Result<Reply, Reject> {
    let (_, session, _) = require_session(ctx, Permission::Read)?;
    check::hash("ticketHash", &input.ticket_hash)?;
    tokens::forget_tickets(ctx.sql, session, ctx.now)?;
    if tokens::find_ticket(ctx.sql, &input.ticket_hash)?.is_some() {
        return Err(Reject::conflict("this was done before: use another Idempotency-Key"));
    }
    if tokens::count_tickets(ctx.sql, session)? >= TICKETS_PER_SESSION_MAX {
        return Err(Reject::rate_limited("too many unused tickets", TICKET_MS));
    }
    let expires_at = ctx.now + TICKET_MS;
    tokens::insert_ticket(ctx.sql, &input.ticket_hash, session, expires_at)?;
    Reply::of(&TicketMade { expires_at })
}

/// Lets an agent in, by ticket or by the bearer token that the gateway has checked.
///
/// # Errors
/// `unauthorized`; `not_found` where the client named another workspace than it has proof for.
pub fn connect(ctx: &mut Ctx<'_>, connect: &Connect) -> Result<Welcome, Reject> {
    if connect.workspace.to_string() != ctx.instance {
        return Err(Reject::not_found("workspace"));
    }
    if let (Caller::Key { id: Some(_), .. }, Some(poll)) = (&ctx.principal.caller, connect.poll) {
        return by_key(ctx, poll);
    }
    let (agent, session, epoch) = match &connect.ticket_hash {
        Some(hash) => {
            let (agent, session) = use_ticket(ctx, hash)?;
            (agent, session, None)
        }
        None => bearer(ctx)?,
    };
    let standing = sessions::standing(ctx.sql, session, agent)?.ok_or_else(unauthorized)?;
    let stale = epoch.is_some_and(|epoch| epoch != standing.epoch);
    if !standing.active || stale || standing.expires_at <= ctx.now {
        return Err(unauthorized());
    }
    let known = agents::find(ctx.sql, agent)?.ok_or_else(unauthorized)?;
    let shown =
        to_raw_value(&known.agent).map_err(|error| Reject::internal(format!("agent: {error}")))?;
    let caller = Caller::Agent { agent, session, epoch: standing.epoch, role: standing.role };
    let principal = Principal { workspace: connect.workspace, caller };
    Ok(Welcome { principal, agent: shown, claims: attention::claims(ctx)? })
}

/// A program asks once. A connection would outlive its key.
fn by_key(ctx: &Ctx<'_>, poll: Poll) -> Result<Welcome, Reject> {
    if poll.wait {
        return Err(Reject::forbidden("an API key does not wait: ask with wait=0, or by webhook"));
    }
    let nobody = RawValue::from_string("null".into());
    let agent = nobody.map_err(|error| Reject::internal(format!("agent: {error}")))?;
    Ok(Welcome { principal: ctx.principal.clone(), agent, claims: Vec::new() })
}

fn use_ticket(ctx: &Ctx<'_>, hash: &str) -> Result<(AgentId, SessionId), Reject> {
    let ticket = tokens::find_ticket(ctx.sql, hash)?.ok_or_else(unauthorized)?;
    if ticket.expires_at <= ctx.now {
        return Err(unauthorized());
    }
    tokens::remove_ticket(ctx.sql, hash)?;
    Ok((ticket.agent, ticket.session))
}

fn bearer(ctx: &Ctx<'_>) -> Result<(AgentId, SessionId, Option<i64>), Reject> {
    match ctx.principal.caller {
        Caller::Agent { agent, session, epoch, .. } => Ok((agent, session, Some(epoch))),
        _ => Err(unauthorized()),
    }
}
