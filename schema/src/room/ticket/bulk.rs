//! Changing several tickets alike.

use super::{Attributes, Priority, Status};
use crate::ids::{AgentId, CategoryId, CustomStatusId, TeamId, TicketId};
use crate::room::present;
use serde::{Deserialize, Serialize};

/// How many tickets one command changes at most.
pub const BULK_MAX: usize = 100;

/// What several tickets, or a macro's, change alike; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketChange {
    /// The new status; `conflict` where the step is not legal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The new status of the workspace's own; null leaves the plain status.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<Option<CustomStatusId>>,
    /// The new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The new assignee; null unassigns.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<AgentId>>,
    /// The new team; null takes it from its team.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Option<TeamId>>,
    /// The new category; null for none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub category_id: Option<Option<CategoryId>>,
    /// Tags to put on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags to take off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// New values of attributes; null takes one away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
}

/// Changes several tickets alike. Each is changed wholly or not at all; that one is refused does
/// not keep the others from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkChangeTickets {
    /// The tickets: 1 to [`BULK_MAX`], each once.
    pub ticket_ids: Vec<TicketId>,
    /// What changes.
    #[serde(default)]
    pub change: TicketChange,
    /// Whether they are deleted instead; for those who manage the workspace.
    #[serde(default)]
    pub delete: bool,
}

/// What became of one of several tickets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Whether it is as it was asked for.
    pub ok: bool,
    /// Its version then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Why it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<crate::Reject>,
}

/// What became of several tickets, in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkDone {
    /// One for each.
    pub results: Vec<BulkResult>,
}
