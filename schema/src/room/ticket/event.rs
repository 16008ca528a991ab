//! What events tell of a ticket.

use super::{Attributes, Priority, Snooze, Status, Ticket};
use crate::Millis;
use crate::ids::{AgentId, CategoryId, CustomStatusId, InboxId, TeamId, TicketId};
use crate::room::present;
use serde::{Deserialize, Serialize};

/// The data of `ticket.created` and `ticket.reopened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketEvent {
    /// The ticket after the change.
    pub ticket: Ticket,
}

/// The data of `ticket.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketChanged {
    /// The ticket after the change.
    pub ticket: Ticket,
    /// What the changed fields were before; fields that did not change are absent.
    pub before: TicketBefore,
}

/// The former values of the fields that a change touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketBefore {
    /// The former subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The former status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The former priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The former assignee; null where there was none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<AgentId>>,
    /// The former tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The former team; null where there was none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Option<TeamId>>,
    /// The former category; null where there was none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub category_id: Option<Option<CategoryId>>,
    /// The former custom status; null where there was none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<Option<CustomStatusId>>,
    /// All former attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The former inbox; null where there was none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<Option<InboxId>>,
    /// The former snooze; null where there was none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub snooze: Option<Option<Snooze>>,
}

/// What a comment changes about its ticket: the part of [`Ticket`] to put over what a client has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketMark {
    /// The ticket.
    pub id: TicketId,
    /// Its number.
    pub number: i64,
    /// Where it stands now.
    pub status: Status,
    /// How many comments it has.
    pub comments: i64,
    /// When it last changed.
    pub updated_at: Millis,
    /// When something was last said.
    pub last_comment_at: Option<Millis>,
    /// When an agent first answered in public.
    pub first_reply_at: Option<Millis>,
    /// When it was last solved; absent while it is not.
    pub solved_at: Option<Millis>,
    /// The inbox that its mail last came through; absent where none read any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Its version.
    pub version: i64,
}
