//! How sessions begin, and how they end: for the commands that do either.

use super::store::{agents, sessions, tokens, workspace};
use super::{SESSION_IDLE_MS, SESSION_MS_MAX, SESSIONS_PER_AGENT_MAX, sweep};
use crate::kernel::Ctx;
use crate::kernel::context::Expelled;
use crate::workspace_room::audit;
use schema::ids::{AgentId, SessionId};
use schema::room::access::{Opened, Session};
use schema::room::audit::SessionNote;
use schema::{Millis, Reject};

/// Opens a session for an agent whom the caller has checked. An agent who has as many as allowed
/// loses the oldest.
///
/// # Errors
/// `conflict` where the refresh token was given out before.
pub fn session(
    ctx: &mut Ctx<'_>,
    known: agents::Known,
    refresh_hash: &str,
) -> Result<Opened, Reject> {
    unknown_token(ctx, refresh_hash)?;
    let agent = known.agent.id;
    for oldest in sessions::of_agent(ctx.sql, agent)?.into_iter().skip(SESSIONS_PER_AGENT_MAX - 1) {
        end(ctx, oldest)?;
    }
    let session = sessions::Session {
        id: SessionId(ctx.uuid()),
        agent,
        created_at: ctx.now,
        expires_at: ctx.now + SESSION_IDLE_MS,
    };
    sessions::insert(ctx.sql, &session)?;
    tokens::insert(ctx.sql, refresh_hash, session.id)?;
    sweep::arm(ctx, session.expires_at)?;
    note(ctx, "session.opened", agent, Some(session.id))?;
    opened(ctx, known, session.id, session.expires_at)
}

/// Notes in the audit what became of a session.
///
/// # Errors
/// A storage fault.
pub fn note(
    ctx: &Ctx<'_>,
    kind: &str,
    agent_id: AgentId,
    session_id: Option<SessionId>,
) -> Result<(), Reject> {
    audit::note(ctx, kind, Some(agent_id), &SessionNote { agent_id, session_id })
}

/// Refuses a refresh token that was given out before: it would belong to two sessions.
///
/// # Errors
/// `conflict`.
pub fn unknown_token(ctx: &Ctx<'_>, refresh_hash: &str) -> Result<(), Reject> {
    match tokens::find(ctx.sql, refresh_hash)? {
        None => Ok(()),
        Some(_) => Err(Reject::conflict("this was done before: use another Idempotency-Key")),
    }
}

/// When a session that is refreshed now ends.
#[must_use]
pub fn next_end(session: &sessions::Session, now: Millis) -> Millis {
    (now + SESSION_IDLE_MS).min(session.created_at + SESSION_MS_MAX)
}

/// What the gateway makes an access token of.
///
/// # Errors
/// A storage fault.
pub fn opened(
    ctx: &Ctx<'_>,
    known: agents::Known,
    id: SessionId,
    expires_at: Millis,
) -> Result<Opened, Reject> {
    let workspace =
        workspace::find(ctx.sql)?.ok_or_else(|| Reject::internal("agents without a workspace"))?;
    let session = Session { id, epoch: known.epoch, expires_at };
    Ok(Opened { workspace, agent: known.agent, session })
}

/// Ends a session and closes its connections.
///
/// # Errors
/// A storage fault.
pub fn end(ctx: &mut Ctx<'_>, id: SessionId) -> Result<(), Reject> {
    sessions::remove(ctx.sql, id)?;
    ctx.expel(Expelled::Session(id));
    Ok(())
}

/// Ends all sessions of an agent, closes their connections, and makes their access tokens worth
/// nothing.
///
/// # Errors
/// A storage fault.
pub fn end_all(ctx: &mut Ctx<'_>, agent: AgentId) -> Result<(), Reject> {
    agents::next_epoch(ctx.sql, agent)?;
    sessions::remove_all(ctx.sql, agent)?;
    ctx.expel(Expelled::Agent(agent));
    Ok(())
}
