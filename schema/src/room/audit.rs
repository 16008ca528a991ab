//! The audit: who did what, when, from the event log itself.

use crate::Millis;
use crate::ids::AgentId;
use serde::{Deserialize, Serialize};

/// Lists what was done, the latest first. Reply: a page of events: `by` says who, `type` what, `at`
/// when, `data` what is there after it, and `data.before` what was there before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAudit {
    /// Only what this agent did.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// Only events of these types, or of these things: `agent.changed`, or `agent` for all that
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
