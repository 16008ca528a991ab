//! The audit: who did what, when, and from where.

use crate::Millis;
use crate::event::By;
use crate::ids::{AgentId, ApiKeyId, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An entry. It is never changed; but of a person who is erased, nothing stays in `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number: the latest has the greatest.
    pub number: i64,
    /// When.
    pub at: Millis,
    /// What, as events name it: `agent.changed`, `webhook.created`; and what leaves no event:
    /// `session.opened`, `session.ended`, `identity.linked`, `identity.unlinked`, `user.exported`,
    /// `workspace.exported`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who.
    pub by: By,
    /// In which log-in; null where none.
    pub session_id: Option<SessionId>,
    /// With which API key; null where none.
    pub api_key_id: Option<ApiKeyId>,
    /// From which address on the Internet, of IPv6 the /64; null where none is known: over a
    /// WebSocket, or by Postroom itself.
    pub address: Option<String>,
    /// The number of its event; null where it has none.
    pub seq: Option<i64>,
    /// What is there after it, and under `before` what was there before, in the shape of the event.
    pub data: Value,
}

/// Lists what was done beside the daily work on tickets: everything about agents, sessions, keys,
/// settings and rules, exports and erasures; the latest first. What happened to a ticket is in its
/// activities. Reply: a page of [`AuditEntry`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAudit {
    /// Only what this agent did.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// Only entries of these types, or about these things: `agent.changed`, or `agent` for all that
    /// happened to agents. At most 20.
    #[serde(default)]
    pub kind: Vec<String>,
    /// Only from this time on.
    #[serde(default)]
    pub from: Option<Millis>,
    /// Only before this time.
    #[serde(default)]
    pub until: Option<Millis>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// The data of `session.opened` and `session.ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SessionNote {
    /// Whose session.
    pub agent_id: AgentId,
    /// Which; null where all of the agent's.
    pub session_id: Option<SessionId>,
}

/// The data of `identity.linked` and `identity.unlinked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IdentityNote {
    /// Whose account.
    pub agent_id: AgentId,
    /// Which, as an identity names it.
    pub tenant_id: String,
    /// Which, as an identity names it.
    pub user_id: String,
}
