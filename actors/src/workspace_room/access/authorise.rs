//! The one place where the room decides whether a caller may.
//!
//! The gateway has proven that the token is ours; whether it still counts is known here only: one
//! look at the caller's session and agent, at every command.

use super::store::{sessions, workspace};
use crate::kernel::{Ctx, Reply};
use schema::ids::{AgentId, SessionId};
use schema::room::access::{Authorise, Authorised};
use schema::{Caller, Code, Permission, Reject, Role};

/// A caller who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Who; nobody where the operator or Postroom itself calls.
    pub agent: Option<AgentId>,
    /// The role as of now; that of an owner where the operator or Postroom itself calls.
    pub role: Role,
    /// The log-in; none where the operator or Postroom itself calls.
    pub session: Option<SessionId>,
}

/// Refuses a caller that may not, as of now.
///
/// # Errors
/// `unauthorized` where the caller has no session that counts, `forbidden` where the role lacks the
/// permission, `not_found` where Postroom itself looks for a workspace that was never registered.
pub fn require(ctx: &Ctx<'_>, permission: Permission) -> Result<Member, Reject> {
    let (agent, session, epoch) = match &ctx.principal.caller {
        Caller::Agent { agent, session, epoch, .. } => (*agent, *session, *epoch),
        // Found out at the beginning of this very step.
        Caller::Key { id: Some(_), agent, role, .. } => {
            permitted(*role, permission)?;
            return Ok(Member { agent: *agent, role: *role, session: None });
        }
        _ => return require_other(ctx),
    };
    let standing = sessions::standing(ctx.sql, session, agent)?.ok_or_else(unauthorized)?;
    if !standing.active || standing.epoch != epoch || standing.expires_at <= ctx.now {
        return Err(unauthorized());
    }
    permitted(standing.role, permission)?;
    Ok(Member { agent: Some(agent), role: standing.role, session: Some(session) })
}

fn permitted(role: Role, permission: Permission) -> Result<(), Reject> {
    if role.may(permission) {
        return Ok(());
    }
    let why = format!("this needs the permission to {permission:?}").to_lowercase();
    Err(Reject::forbidden(why))
}

fn require_other(ctx: &Ctx<'_>) -> Result<Member, Reject> {
    match ctx.principal.caller {
        Caller::Operator | Caller::System if workspace::registered(ctx.sql)? => {
            Ok(Member { agent: None, role: Role::Owner, session: None })
        }
        Caller::Operator | Caller::System => Err(Reject::not_found("workspace")),
        _ => Err(unauthorized()),
    }
}

/// Refuses everybody but an agent, or a program in an agent's name: then without a session.
///
/// # Errors
/// As [`require`], and `forbidden` where the operator or Postroom itself calls.
pub fn require_agent(
    ctx: &Ctx<'_>,
    permission: Permission,
) -> Result<(AgentId, Option<SessionId>, Role), Reject> {
    match require(ctx, permission)? {
        Member { agent: Some(agent), session, role } => Ok((agent, session, role)),
        Member { .. } => Err(Reject::forbidden("this is for agents")),
    }
}

/// Refuses everybody but an agent who changes what is their own, which needs no more than to read.
/// A program writes in its maker's name even so: an API key must be one that may work.
///
/// # Errors
/// As [`require_agent`].
pub fn require_self(ctx: &Ctx<'_>) -> Result<AgentId, Reject> {
    let permission = match ctx.principal.caller {
        Caller::Key { .. } => Permission::Work,
        _ => Permission::Read,
    };
    require_agent(ctx, permission).map(|(agent, ..)| agent)
}

/// Refuses everybody but an agent who is logged in.
///
/// # Errors
/// As [`require_agent`], and `forbidden` for an API key.
pub fn require_session(
    ctx: &Ctx<'_>,
    permission: Permission,
) -> Result<(AgentId, SessionId, Role), Reject> {
    match require_agent(ctx, permission)? {
        (agent, Some(session), role) => Ok((agent, session, role)),
        _ => Err(Reject::forbidden("this is for agents who are logged in, not for API keys")),
    }
}

/// Refuses everybody but a visitor: what leads to a session is asked by the gateway alone, never
/// over a WebSocket, whose callers are agents.
///
/// # Errors
/// `forbidden`.
pub fn require_visitor(ctx: &Ctx<'_>) -> Result<(), Reject> {
    match ctx.principal.caller {
        Caller::Visitor => Ok(()),
        _ => Err(Reject::forbidden("this is for callers without a session")),
    }
}

/// The refusal of a caller without a session that counts; it says the same for every cause.
#[must_use]
pub fn unauthorized() -> Reject {
    Reject::new(Code::Unauthorized, "the session is over or was never there: log in")
}

/// Answers the gateway, which asks before it calls another actor.
///
/// # Errors
/// As [`require`].
pub fn authorise(ctx: &mut Ctx<'_>, input: &Authorise) -> Result<Reply, Reject> {
    let member = require(ctx, input.permission)?;
    Reply::of(&Authorised { agent_id: member.agent, role: member.role })
}
