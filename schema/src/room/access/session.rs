//! Log-ins, and all that opens one: a password, an account at Microsoft, an invitation, a refresh
//! token.

use super::{Agent, Workspace};
use crate::Millis;
use crate::ids::{AgentId, SessionId};
use serde::{Deserialize, Serialize};

/// A log-in, with all that an access token is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// The agent's epoch.
    pub epoch: i64,
    /// When it ends unless it is refreshed.
    pub expires_at: Millis,
}

/// A session that was opened or refreshed: what the gateway makes an access token of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// The workspace.
    pub workspace: Workspace,
    /// Who is logged in.
    pub agent: Agent,
    /// The log-in.
    pub session: Session,
}

/// Registers the workspace, its owner and the owner's first session. Reply: [`Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Register {
    /// What the workspace is called; 1 to 200 characters.
    pub name: String,
    /// The owner's address.
    pub owner_email: String,
    /// The owner's name; 1 to 200 characters.
    pub owner_name: String,
    /// PHC string.
    pub password_hash: String,
    /// Hash of the first refresh token.
    pub refresh_hash: String,
}

/// Asks what a password is to be checked against. Reply: [`LoginBegun`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BeginLogin {
    /// The address.
    pub email: String,
}

/// Both or neither. For neither the gateway checks against a hash of its own, so that an address
/// that is unknown takes as long as one that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LoginBegun {
    /// Who has this address.
    pub agent_id: Option<AgentId>,
    /// PHC string. Never to leave the gateway.
    pub password_hash: Option<String>,
}

/// Opens a session for an agent whose password was checked. Reply: [`Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// Who.
    pub agent_id: AgentId,
    /// The PHC string that the password was checked against; it must still be the one.
    pub password_hash: String,
    /// Hash of the session's first refresh token.
    pub refresh_hash: String,
    /// The same password under today's parameters, where the stored ones are older.
    #[serde(default)]
    pub rehash: Option<String>,
}

/// Makes an agent of somebody who was invited, and logs them in. Reply: [`Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AcceptInvitation {
    /// Hash of the invitation's token.
    pub token_hash: String,
    /// What they are called; 1 to 200 characters. Needed where the inviter gave no name.
    #[serde(default)]
    pub name: Option<String>,
    /// PHC string.
    pub password_hash: String,
    /// Hash of the first refresh token.
    pub refresh_hash: String,
}

/// Opens a session for the agent whose account at Microsoft this is. Reply: [`Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LoginByIdentity {
    /// See [`Identity`].
    pub tenant_id: String,
    /// See [`Identity`].
    pub user_id: String,
    /// Hash of the session's first refresh token.
    pub refresh_hash: String,
}

/// Changes a refresh token for the next. Reply: [`Refreshed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    /// Hash of the token that the client has.
    pub token_hash: String,
    /// Hash of the token that it gets.
    pub next_hash: String,
}

/// What came of a refresh. It is a reply, not a refusal, even where the client is to be told
/// `unauthorized`: a token that was used before ends its session, and a refusal changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    /// The session; none where the token is not, or no longer, good: the client logs in again.
    pub opened: Option<Opened>,
}

/// Ends the caller's session. Reply: `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Logout {}

/// Ends all sessions of the caller. Reply: `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct LogoutEverywhere {}

/// Changes the caller's password. All other sessions end; the caller's stays, but needs the access
/// token of the reply, and its connections are closed. Reply: [`Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    /// The PHC string that the old password was checked against; it must still be the one.
    pub current_hash: String,
    /// PHC string of the new password.
    pub new_hash: String,
}

/// An account at Microsoft, by which an agent logs in beside the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The directory that the account is in (`tid` of an id token).
    pub tenant_id: String,
    /// The account in that directory (`oid`). Its address is not kept: who has one changes.
    pub user_id: String,
    /// When it was linked.
    pub linked_at: Millis,
}

/// Links the caller's account at Microsoft. Reply: [`Identity`].
///
/// Only the gateway, which has checked the password and what Microsoft says, knows the hash: over a
/// WebSocket nobody links an account that is not theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkIdentity {
    /// The PHC string that the caller's password was checked against; it must still be the one.
    pub current_hash: String,
    /// See [`Identity`]; 1 to 64 characters.
    pub tenant_id: String,
    /// See [`Identity`]; 1 to 64 characters.
    pub user_id: String,
}

/// Unlinks the caller's account at Microsoft, if one is linked. Reply: `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UnlinkIdentity {}
