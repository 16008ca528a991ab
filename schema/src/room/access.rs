//! Who works in a workspace and how they prove it: commands and replies.
//!
//! Secrets are made and checked in the gateway. The room is given a password as an Argon2id PHC
//! string and a token or ticket as the SHA-256 of it in lower-case hexadecimal, and never answers
//! with either, [`LoginBegun`] excepted.

use crate::ids::AgentId;
use crate::{Millis, Permission, Role};
use serde::{Deserialize, Serialize};

mod agent;
mod invitation;
mod session;
mod workspace;

pub use agent::{Agent, AgentBefore, AgentChanged, AgentEvent, ChangeAgent, ListAgents, Me, Own};
pub use invitation::{
    Invitation, InvitationEvent, InvitationState, Invite, ListInvitations, RevokeInvitation,
};
pub use session::{
    AcceptInvitation, BeginLogin, ChangePassword, Identity, LinkIdentity, Login, LoginBegun,
    LoginByIdentity, Logout, LogoutEverywhere, Opened, Refresh, Refreshed, Register, Session,
    UnlinkIdentity,
};
pub use workspace::{ChangeWorkspace, GetWorkspace, THREAD_DAYS_MAX, Workspace, WorkspaceEvent};

/// Makes a ticket with which the caller's session can open one WebSocket. Reply: [`TicketMade`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateRealtimeTicket {
    /// Hash of the ticket.
    pub ticket_hash: String,
}

/// A ticket that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketMade {
    /// Until when it is good.
    pub expires_at: Millis,
}

/// Asks whether the caller may, before another actor is called. Reply: [`Authorised`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Authorise {
    /// What the caller wants to do.
    pub permission: Permission,
}

/// The caller may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Authorised {
    /// Who; nobody where the operator or Postroom itself calls.
    pub agent_id: Option<AgentId>,
    /// The role as of now.
    pub role: Role,
}
