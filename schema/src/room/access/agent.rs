//! Who works in a workspace.

use super::{Identity, Workspace};
use crate::ids::AgentId;
use crate::{Millis, Role};
use serde::{Deserialize, Serialize};

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

/// Lists agents. Reply: a list of [`Agent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListAgents {}

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
