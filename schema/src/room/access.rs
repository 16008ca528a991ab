//! Who works in a workspace and how they prove it: commands and replies.
//!
//! Secrets are made and checked in the gateway. The room is given a password as an Argon2id PHC
//! string and a token or ticket as the SHA-256 of it in lower-case hexadecimal, and never answers
//! with either, [`LoginBegun`] excepted.

use crate::ids::{AgentId, InboxId, InvitationId, SessionId, WorkspaceId};
use crate::{Millis, Permission, Role};
use serde::{Deserialize, Serialize};

/// A workspace, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// The IANA name of the time zone that its reports have days of; `UTC` until it is changed.
    #[serde(default)]
    pub time_zone: String,
    /// The inbox that public comments leave through on tickets that have none of their own; where
    /// it is absent, those leave as no mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_inbox_id: Option<InboxId>,
    /// Whether answers to comments that leave as mail are asked to go to the inbox's address with a
    /// token, like `help+t.<token>@…`: for mailboxes whose server takes what stands behind a plus.
    #[serde(default)]
    pub reply_tokens: bool,
    /// Within how many days of the last comment a mail under the same subject joins its sender's
    /// ticket, though it names none of the mails before it; none does where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_by_subject_days: Option<i64>,
    /// For how many days after it was solved an answer opens a ticket again; later, it opens one
    /// that follows it. Where this is absent, however late. What is closed is always followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen_days: Option<i64>,
    /// Whether an answer under a wholly new subject opens a ticket that follows the old one.
    #[serde(default)]
    pub new_subject_opens: bool,
    /// Whether the signature of the agent who wrote a comment, else that of the ticket's team, else
    /// the workspace's, stands below it where it leaves as mail, unless it holds it already.
    #[serde(default)]
    pub sign_replies: bool,
    /// Grows with each change.
    pub version: i64,
    /// When it was registered.
    pub created_at: Millis,
    /// When it was changed last.
    pub updated_at: Millis,
}

/// An agent, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Which.
    pub id: AgentId,
    /// The address they log in with, lower-cased.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may do anything at all.
    pub active: bool,
    /// Grows with each change.
    pub version: i64,
    /// When they joined.
    pub created_at: Millis,
    /// When they were changed last.
    pub updated_at: Millis,
}

/// The data of `workspace.created` and `workspace.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceEvent {
    /// After the change.
    pub workspace: Workspace,
}

/// The data of `agent.joined` and `agent.password_changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgentEvent {
    /// After the change.
    pub agent: Agent,
}

/// The data of `agent.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgentChanged {
    /// After the change.
    pub agent: Agent,
    /// What was different before.
    pub before: AgentBefore,
}

/// The fields of an agent that a change has changed, as they were before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgentBefore {
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they were active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

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

/// Lists agents. Reply: a list of [`Agent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListAgents {}

/// Tells the caller who they are. Reply: [`Own`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Me {}

/// The caller, and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Own {
    /// The workspace.
    pub workspace: Workspace,
    /// The caller.
    pub agent: Agent,
    /// The account at Microsoft that they have linked, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// Changes an agent. Everybody may change their own name. Reply: [`Agent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeAgent {
    /// Whom.
    pub agent_id: AgentId,
    /// What they are from now on.
    #[serde(default)]
    pub role: Option<Role>,
    /// Whether they may do anything from now on; `false` ends their sessions.
    #[serde(default)]
    pub active: Option<bool>,
    /// What they are called from now on; 1 to 200 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// The version that the caller saw (`If-Match`).
    #[serde(default)]
    pub if_version: Option<i64>,
}

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

/// Shows the workspace. Reply: [`Workspace`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct GetWorkspace {}

/// The most days that a workspace can say how mail is brought to tickets within.
pub const THREAD_DAYS_MAX: i64 = 3_650;

/// Changes the workspace; what is absent stays. Reply: [`Workspace`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeWorkspace {
    /// What it is called from now on; 1 to 200 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// The IANA name of its time zone from now on, like `Europe/Rome`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The inbox that public comments leave through on tickets that have none; null for none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub reply_inbox_id: Option<Option<InboxId>>,
    /// Whether answers are asked to go to an address with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_tokens: Option<bool>,
    /// Within how many days a mail under the same subject joins its sender's ticket, 1 to 3,650;
    /// null where none does.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub thread_by_subject_days: Option<Option<i64>>,
    /// For how many days after it was solved an answer opens a ticket again, 1 to 3,650; null for
    /// ever.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub reopen_days: Option<Option<i64>>,
    /// Whether an answer under a wholly new subject opens a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_subject_opens: Option<bool>,
    /// Whether a signature stands below comments that leave as mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_replies: Option<bool>,
    /// The version that the caller saw (`If-Match`).
    #[serde(default)]
    pub if_version: Option<i64>,
}
