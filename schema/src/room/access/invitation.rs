//! Who may come to work in a workspace. Accepting an invitation opens a session:
//! [`super::AcceptInvitation`].

use crate::ids::{AgentId, InvitationId};
use crate::{Millis, Role};
use serde::{Deserialize, Serialize};

/// What has become of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum InvitationState {
    /// It can be accepted until it runs out.
    Open,
    /// It has been accepted.
    Accepted,
    /// It was taken back, or another took its place.
    Revoked,
}

impl InvitationState {
    /// The state's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Revoked].into_iter().find(|it| it.as_str() == name)
    }
}

/// An invitation, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// What they are called, as far as the inviter knew.
    pub name: Option<String>,
    /// What they will be.
    pub role: Role,
    /// What has become of it. One that ran out stays `open`: see `expiresAt`.
    pub state: InvitationState,
    /// Who invited; nobody where the operator did.
    pub invited_by: Option<AgentId>,
    /// When.
    pub created_at: Millis,
    /// Until when it can be accepted.
    pub expires_at: Millis,
}

/// The data of `invitation.created`, `invitation.accepted` and `invitation.revoked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InvitationEvent {
    /// After the change.
    pub invitation: Invitation,
}

/// Invites somebody. An open invitation of the same address is taken back. Reply: [`Invitation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// Who.
    pub email: String,
    /// What they are called; 1 to 200 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// What they will be; only an owner invites owners and admins.
    pub role: Role,
    /// Hash of the invitation's token.
    pub token_hash: String,
}

/// Takes an invitation back. Reply: [`Invitation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevokeInvitation {
    /// Which.
    pub invitation_id: InvitationId,
}

/// Lists invitations, the latest first. Reply: a list of [`Invitation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListInvitations {}
