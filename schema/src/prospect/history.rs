//! What happened to a prospect.

use crate::Millis;
use crate::ids::AgentId;
use serde::{Deserialize, Serialize};

/// Reads what happened to the prospect, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// At most this many (1 to 100, 50 where it is not said).
    #[serde(default)]
    pub limit: Option<i64>,
    /// Only those after this entry of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// The answer to [`History`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// Newest first.
    pub entries: Vec<HistoryRow>,
    /// For the next page, where there is one.
    pub next_cursor: Option<String>,
}

/// An entry of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// Names it; later ones sort after earlier ones.
    pub id: String,
    /// When.
    pub at: Millis,
    /// What, as `thing.verb`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who, where an agent did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
