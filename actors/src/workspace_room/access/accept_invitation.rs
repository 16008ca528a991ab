//! `acceptInvitation`: somebody who was invited becomes an agent, and is logged in.
//!
//! Who: a visitor with the token. Changes: the invitation, an agent, a session. Events:
//! `invitation.accepted`, `agent.joined`, both by the new agent. Refuses: `not_found` for a token
//! that nobody made; `gone` for an invitation that was accepted or revoked, ran out, or whose
//! inviter could not invite any more.

use super::authorise::require_visitor;
use super::invite::needed_for;
use super::store::{agents, invitations};
use super::{AGENTS_MAX, check, open};
use crate::kernel::{Ctx, Reply};
use schema::event::By;
use schema::ids::AgentId;
use schema::room::access::{
    AcceptInvitation, Agent, AgentEvent, Invitation, InvitationEvent, InvitationState,
};
use schema::summary::Table;
use schema::{Code, Reject};

/// Accepts an invitation.
///
/// # Errors
/// `forbidden`, `invalid_input`, `not_found`, `gone`, `conflict`.
pub fn accept_invitation(ctx: &mut Ctx<'_>, input: &AcceptInvitation) -> Result<Reply, Reject> {
    require_visitor(ctx)?;
    check::hash("tokenHash", &input.token_hash)?;
    check::password_hash("passwordHash", &input.password_hash)?;
    check::hash("refreshHash", &input.refresh_hash)?;
    let invitation = invitations::find_by_token(ctx.sql, &input.token_hash)?
        .ok_or_else(|| Reject::not_found("invitation"))?;
    must_stand(ctx, &invitation)?;
    let name = input.name.as_deref().or(invitation.name.as_deref()).unwrap_or_default();
    let name = check::name("name", name)?;
    let known = enter(ctx, &invitation, name, &input.password_hash)?;
    let invitation = Invitation { state: InvitationState::Accepted, ..invitation };
    invitations::set_state(ctx.sql, invitation.id, invitation.state)?;
    let opened = open::session(ctx, known, &input.refresh_hash)?;
    let by = By::Agent { id: opened.agent.id };
    ctx.event_by(&by, "invitation.accepted", None, &InvitationEvent { invitation })?;
    let agent = opened.agent.clone();
    ctx.event_by(&by, "agent.joined", None, &AgentEvent { agent })?;
    ctx.summarise(Table::Workspaces, &ctx.principal.workspace.to_string())?;
    Reply::of(&opened)
}

/// Makes the agent; or, where they were imported, lets them be who they were.
fn enter(
    ctx: &mut Ctx<'_>,
    invitation: &Invitation,
    name: String,
    password_hash: &str,
) -> Result<agents::Known, Reject> {
    let imported = agents::find_by_email(ctx.sql, &invitation.email)?;
    if imported.as_ref().is_some_and(|known| !known.password_hash.is_empty()) {
        return Err(Reject::conflict("this address belongs to an agent"));
    }
    if imported.is_none() && agents::count(ctx.sql)? >= AGENTS_MAX {
        return Err(Reject::conflict(format!("a workspace has at most {AGENTS_MAX} agents")));
    }
    let before = imported.map(|known| (known.agent, known.epoch));
    let agent = Agent {
        id: before.as_ref().map_or_else(|| AgentId(ctx.uuid()), |(agent, _)| agent.id),
        email: invitation.email.clone(),
        name,
        role: invitation.role,
        active: true,
        version: before.as_ref().map_or(1, |(agent, _)| agent.version + 1),
        created_at: before.as_ref().map_or(ctx.now, |(agent, _)| agent.created_at),
        updated_at: ctx.now,
    };
    let epoch = before.as_ref().map_or(1, |(_, epoch)| *epoch);
    let known = agents::Known { agent, password_hash: password_hash.to_owned(), epoch };
    if before.is_some() {
        agents::update(ctx.sql, &known.agent)?;
        agents::set_password(ctx.sql, known.agent.id, password_hash)?;
    } else {
        agents::insert(ctx.sql, &known)?;
    }
    Ok(known)
}

fn must_stand(ctx: &Ctx<'_>, invitation: &Invitation) -> Result<(), Reject> {
    let gone = |why: &str| Err(Reject::new(Code::Gone, why));
    match invitation.state {
        InvitationState::Accepted => return gone("the invitation was accepted before"),
        InvitationState::Revoked => return gone("the invitation was taken back"),
        InvitationState::Open if invitation.expires_at <= ctx.now => {
            return gone("the invitation ran out: ask for another");
        }
        InvitationState::Open => {}
    }
    let Some(inviter) = invitation.invited_by else { return Ok(()) };
    let needed = needed_for(invitation.role);
    match agents::find(ctx.sql, inviter)? {
        Some(known) if known.agent.active && known.agent.role.may(needed) => Ok(()),
        _ => gone("who invited may not any more: ask for another"),
    }
}
