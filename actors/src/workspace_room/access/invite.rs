//! `invite`: somebody may become an agent.
//!
//! Who: who manages; admins and owners are invited by owners alone. Changes: an invitation; an open
//! one of the same address is revoked. Events: `invitation.created`, `invitation.revoked`.
//! Refuses: `conflict` for somebody who is an agent, for too many open invitations.

use super::authorise::require;
use super::store::{agents, invitations};
use super::{INVITATION_KEPT_MS, INVITATION_MS, INVITATIONS_OPEN_MAX, check, sweep};
use crate::kernel::{Ctx, Reply};
use schema::ids::InvitationId;
use schema::room::access::{Invitation, InvitationEvent, InvitationState, Invite};
use schema::{Permission, Reject, Role};

/// What it takes to make somebody of a role, to unmake them, or to change them.
#[must_use]
pub const fn needed_for(role: Role) -> Permission {
    match role {
        Role::Owner | Role::Admin => Permission::Own,
        Role::Agent | Role::Viewer => Permission::Manage,
    }
}

/// Invites somebody.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `conflict`.
pub fn invite(ctx: &mut Ctx<'_>, input: &Invite) -> Result<Reply, Reject> {
    let member = require(ctx, needed_for(input.role))?;
    let email = schema::check::email("email", &input.email)?;
    let name = input.name.as_deref().map(|name| check::name("name", name)).transpose()?;
    check::hash("tokenHash", &input.token_hash)?;
    if let Some(known) = agents::find_by_email(ctx.sql, &email)? {
        if !known.password_hash.is_empty() {
            return Err(Reject::conflict("this address belongs to an agent"));
        }
        // One who was imported: as with any change of them, their own role counts too.
        require(ctx, needed_for(known.agent.role))?;
    }
    if invitations::find_by_token(ctx.sql, &input.token_hash)?.is_some() {
        return Err(Reject::conflict("this was done before: use another Idempotency-Key"));
    }
    let earlier = invitations::find_open(ctx.sql, &email)?;
    if let Some(earlier) = &earlier {
        // An admin must not undo what an owner did.
        require(ctx, needed_for(earlier.role))?;
    } else if invitations::count_open(ctx.sql, ctx.now)? >= INVITATIONS_OPEN_MAX {
        return Err(Reject::conflict("too many open invitations: revoke some"));
    }
    if let Some(earlier) = earlier {
        revoke(ctx, earlier)?;
    }
    let invitation = Invitation {
        id: InvitationId(ctx.uuid()),
        email,
        name,
        role: input.role,
        state: InvitationState::Open,
        invited_by: member.agent,
        created_at: ctx.now,
        expires_at: ctx.now + INVITATION_MS,
    };
    invitations::insert(ctx.sql, &invitation, &input.token_hash)?;
    sweep::arm(ctx, invitation.expires_at + INVITATION_KEPT_MS)?;
    ctx.event("invitation.created", None, &InvitationEvent { invitation: invitation.clone() })?;
    Reply::of(&invitation)
}

/// Takes an open invitation back.
///
/// # Errors
/// A storage fault.
pub fn revoke(ctx: &mut Ctx<'_>, invitation: Invitation) -> Result<Invitation, Reject> {
    let invitation = Invitation { state: InvitationState::Revoked, ..invitation };
    invitations::set_state(ctx.sql, invitation.id, invitation.state)?;
    ctx.event("invitation.revoked", None, &InvitationEvent { invitation: invitation.clone() })?;
    Ok(invitation)
}
