//! Who is calling, and what each role may do.
//!
//! The gateway proves the principal (token, operator secret) and the actor checks it again against
//! what it owns: its workspace, and, in the room, that the session lives and the agent still has
//! the role. [`Role::may`] is the one table of permissions, for HTTP, sockets and mail alike.

use crate::ids::{AgentId, ApiKeyId, SessionId, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What an agent is in the workspace; each role may all that the ones after it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads everything, writes nothing.
    Viewer,
    /// Works on tickets.
    Agent,
    /// Also manages agents, inboxes and settings.
    Admin,
    /// Also manages admins and owners.
    Owner,
}

impl Role {
    /// The role's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Viewer, Self::Agent, Self::Admin, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// Whether the role has the permission.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::Work => !matches!(self, Self::Viewer),
            Permission::Manage => matches!(self, Self::Admin | Self::Owner),
            Permission::Own => matches!(self, Self::Owner),
        }
    }
}

/// What a command asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// See tickets, comments, inboxes, prospects.
    Read,
    /// Change tickets, write comments, import prospects, send mail.
    Work,
    /// Invite and change agents, register and resume inboxes, rebuild summaries.
    Manage,
    /// Make and unmake admins and owners.
    Own,
}

/// Who is calling, as far as the gateway could prove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Principal {
    /// The tenant that the call is for. An actor of another tenant does not exist for it.
    pub workspace: WorkspaceId,
    /// The caller within it.
    pub caller: Caller,
}

/// The kinds of callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum Caller {
    /// An agent with a session. `role` is what the token, or the room just now, says.
    Agent {
        /// The agent.
        agent: AgentId,
        /// The log-in.
        session: SessionId,
        /// The agent's epoch at log-in: it grows when rights are taken away.
        epoch: i64,
        /// The role at log-in; the room goes by its own row.
        role: Role,
    },
    /// A program with an API key. Whose it is and what it may is known to the room alone, which
    /// fills it in at each command; whoever else is asked gets it from there.
    Key {
        /// The SHA-256 of the key, lower-case hexadecimal.
        hash: String,
        /// The key.
        id: Option<ApiKeyId>,
        /// In whose name it acts.
        agent: Option<AgentId>,
        /// What it may.
        role: Role,
    },
    /// Somebody without a session: who registers, logs in, accepts an invitation.
    Visitor,
    /// The deployment's operator.
    Operator,
    /// Postroom itself: routed mail, cron, another actor of the same workspace.
    System,
}

impl Principal {
    /// Whether it is somebody of the workspace: an agent, or a program with a key.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        matches!(self.caller, Caller::Agent { .. } | Caller::Key { .. })
    }

    /// Postroom itself, acting in a workspace.
    #[must_use]
    pub const fn system(workspace: WorkspaceId) -> Self {
        Self { workspace, caller: Caller::System }
    }

    /// The agent's id, where an agent calls.
    #[must_use]
    pub const fn agent(&self) -> Option<AgentId> {
        match &self.caller {
            Caller::Agent { agent, .. } => Some(*agent),
            Caller::Key { agent, .. } => *agent,
            _ => None,
        }
    }

    /// Whether the caller, as proven, has the permission. The operator and Postroom itself have
    /// all.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        match &self.caller {
            Caller::Agent { role, .. } | Caller::Key { role, .. } => role.may(permission),
            Caller::Operator | Caller::System => true,
            Caller::Visitor => false,
        }
    }

    /// Whether nothing is known of the caller.
    #[must_use]
    pub const fn is_visitor(&self) -> bool {
        matches!(self.caller, Caller::Visitor)
    }

    /// What separates the idempotency keys of one caller from those of another.
    #[must_use]
    pub fn key_scope(&self) -> String {
        match &self.caller {
            Caller::Agent { agent, .. } => format!("a:{agent}"),
            Caller::Key { hash, .. } => format!("k:{}", hash.get(..32).unwrap_or_default()),
            Caller::Visitor => "v".into(),
            Caller::Operator => "o".into(),
            Caller::System => "s".into(),
        }
    }
}
