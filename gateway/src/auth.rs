//! Who calls.
//!
//! A token proves the caller; whether the caller still may is for the room to say: it checks its
//! own commands itself, and before any other actor is asked, the gateway asks the room.

use crate::app::Call;
use crate::config::Config;
use crate::http::Request;
use crate::platform::Platform;
use crate::token;
use schema::ids::WorkspaceId;
use schema::limiter::{Check, CheckReply, LimitKind, LimiterCommand};
use schema::room::RoomCommand;
use schema::room::access::{Authorise, Authorised};
use schema::{ActorKind, Caller, Code, Millis, Permission, Principal, Reject, Role};
use uuid::Uuid;

/// The workspace of what belongs to the whole deployment.
pub const DEPLOYMENT: WorkspaceId = WorkspaceId(Uuid::nil());

/// The caller, as far as the token says. The operator names a workspace in `x-workspace-id`;
/// without it the operator acts on the deployment.
///
/// # Errors
/// `unauthorized`; `bad_request` for two tokens.
pub fn principal(config: &Config, request: &Request, now: Millis) -> Result<Principal, Reject> {
    let Some(token) = request.bearer()? else {
        return Err(Reject::new(
            Code::Unauthorized,
            "send an access token: Authorization: Bearer …",
        ));
    };
    if let Some(known) = config.keys.known(&token, now) {
        return known;
    }
    if config.admin_token.as_ref().is_some_and(|secret| token::same(secret, &token)) {
        let workspace = named_workspace(request)?.unwrap_or(DEPLOYMENT);
        return Ok(Principal { workspace, caller: Caller::Operator });
    }
    if token::is_api_key(&token) {
        let (workspace, hash) = token::read_api_key(&token)?;
        // What it may is for the room to say.
        let caller = Caller::Key { hash, id: None, agent: None, role: Role::Viewer };
        return Ok(Principal { workspace, caller });
    }
    config.keys.verify(&token, now)
}

/// The workspace that an operator names.
///
/// # Errors
/// `invalid_input`.
pub fn named_workspace(request: &Request) -> Result<Option<WorkspaceId>, Reject> {
    let Some(text) = request.headers.get("x-workspace-id") else { return Ok(None) };
    let id =
        text.parse().map_err(|_| Reject::field("x-workspace-id", "must be a workspace's id"))?;
    Ok(Some(id))
}

/// Somebody without a session, in a workspace.
#[must_use]
pub const fn visitor(workspace: WorkspaceId) -> Principal {
    Principal { workspace, caller: Caller::Visitor }
}

/// Asks the room whether a caller may, and gives the caller with the role of now.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found` for a workspace that is none.
pub async fn may<P: Platform>(
    call: &Call<'_, P>,
    mut principal: Principal,
    permission: Permission,
) -> Result<Principal, Reject> {
    let command = RoomCommand::Authorise(Authorise { permission });
    let authorised: Authorised = call.room_reads(principal.clone(), &command).await?;
    match &mut principal.caller {
        Caller::Agent { role, .. } => *role = authorised.role,
        Caller::Key { agent, role, .. } => (*agent, *role) = (authorised.agent_id, authorised.role),
        _ => {}
    }
    Ok(principal)
}

/// Lets in the operator, and admins of the workspaces that operate the deployment.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub async fn operates<P: Platform>(call: &Call<'_, P>) -> Result<Principal, Reject> {
    let principal = call.principal()?;
    if principal.caller == Caller::Operator {
        return Ok(principal);
    }
    let principal = may(call, principal, Permission::Manage).await?;
    if call.config.operator_workspaces.has(&principal.workspace) {
        return Ok(principal);
    }
    Err(Reject::forbidden("this is for the operator of the deployment"))
}

/// Counts an attempt, and refuses it where there were too many. Where the count is not to be had,
/// nobody is let in.
///
/// # Errors
/// `rate_limited` with the exact time to wait; `unavailable`.
pub async fn limit<P: Platform>(
    call: &Call<'_, P>,
    kind: LimitKind,
    workspace: WorkspaceId,
    what: &str,
) -> Result<(), Reject> {
    let command = LimiterCommand::Check(Check { kind, cost: None });
    let (instance, principal) = (kind.instance(workspace, what), Principal::system(workspace));
    let reply = call.ask(ActorKind::RateLimiter, instance, principal, None, &command).await;
    let reply = reply.map_err(|reject| {
        Reject::new(Code::Unavailable, format!("limits cannot be checked: {}", reject.message))
    })?;
    let reply: CheckReply = crate::app::read(&reply)?;
    if reply.allowed {
        return Ok(());
    }
    let text = "too many attempts: wait, then try again";
    Err(Reject::rate_limited(text, reply.retry_after_ms))
}

/// As [`limit`], by the client's address, over all workspaces.
///
/// # Errors
/// As [`limit`].
pub async fn limit_address<P: Platform>(call: &Call<'_, P>, kind: LimitKind) -> Result<(), Reject> {
    limit(call, kind, DEPLOYMENT, &call.request.address()).await
}
