//! `revokeInvitation` and `listInvitations`.
//!
//! Who: who manages; an invitation of an admin or owner is revoked by owners alone. Event:
//! `invitation.revoked`. Revoked twice, nothing changes; accepted, it is `gone`.

use super::authorise::require;
use super::invite::{needed_for, revoke};
use super::store::invitations;
use crate::kernel::{Ctx, Reply};
use schema::room::access::{InvitationState, ListInvitations, RevokeInvitation};
use schema::{Code, Permission, Reject};

/// How many invitations a list holds, the latest first.
const LISTED_MAX: i64 = 1_000;

/// Takes an invitation back.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`, `gone`.
pub fn revoke_invitation(ctx: &mut Ctx<'_>, input: &RevokeInvitation) -> Result<Reply, Reject> {
    require(ctx, Permission::Manage)?;
    let invitation = invitations::find(ctx.sql, input.invitation_id)?
        .ok_or_else(|| Reject::not_found("invitation"))?;
    require(ctx, needed_for(invitation.role))?;
    match invitation.state {
        InvitationState::Revoked => Reply::of(&invitation),
        InvitationState::Open => Reply::of(&revoke(ctx, invitation)?),
        InvitationState::Accepted => {
            Err(Reject::new(Code::Gone, "the invitation was accepted: change the agent instead"))
        }
    }
}

/// Lists the invitations.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn list_invitations(ctx: &mut Ctx<'_>, _: &ListInvitations) -> Result<Reply, Reject> {
    require(ctx, Permission::Manage)?;
    Reply::of(&invitations::list(ctx.sql, LISTED_MAX)?)
}
