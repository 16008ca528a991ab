//! Reading tickets: one, a list, what happened to one, and how far the caller has read.

use super::{Attributes, Priority, Status};
use crate::Millis;
use crate::ids::{AgentId, CategoryId, CommentId, CustomStatusId, TeamId, TicketId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Reads a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetTicket {
    /// The ticket.
    pub ticket_id: TicketId,
}

/// Lists tickets; all filters that are given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListTickets {
    /// Any of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<Status>,
    /// Assigned to this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<AgentId>,
    /// Of this priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// With this tag. Such a list is sorted by `createdAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Of this user. Such a list is sorted by `createdAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Of this team. Such a list is sorted by `createdAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// Of this category. Such a list is sorted by `createdAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// Of this status of the workspace's own. Such a list is sorted by `createdAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<CustomStatusId>,
    /// With these values of these attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Attributes,
    /// Those that are put off, or those that are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<bool>,
    /// Opened at this time or later. Such a list is sorted by `createdAt` where no `sort` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_from: Option<Millis>,
    /// Opened before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Millis>,
    /// Last changed at this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_from: Option<Millis>,
    /// Last changed before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_before: Option<Millis>,
    /// `updatedAt` where absent, except with a filter that says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<TicketSort>,
    /// 1 to 100; 50 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The order of a list of tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TicketSort {
    /// What changed last comes first.
    UpdatedAt,
    /// What was opened last comes first.
    CreatedAt,
}

/// Lists what happened to a ticket, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListActivities {
    /// The ticket.
    pub ticket_id: TicketId,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Notes how far the caller has read a ticket: up to a comment, an event number, or its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MarkRead {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Up to the comment with this `seq`.
    #[serde(default)]
    pub seq: Option<i64>,
    /// Up to this comment.
    #[serde(default)]
    pub comment_id: Option<CommentId>,
}

/// How far an agent has read a ticket; also the data of `ticket.read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadMark {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The agent.
    pub agent_id: AgentId,
    /// Comments up to this `seq` are read.
    pub seq: i64,
    /// How many comments by others are not, at most 100.
    pub unread: i64,
}
