//! Opening a ticket and changing one, and how much it may hold.

use super::{Attributes, Priority, Status};
use crate::ids::{AgentId, CategoryId, CustomStatusId, InboxId, TeamId, TicketId, UserId};
use crate::room::comment::Visibility;
use crate::room::present;
use serde::{Deserialize, Serialize};

/// The longest subject, in characters.
pub const SUBJECT_CHARS_MAX: usize = 300;
/// How many tags a ticket has at most.
pub const TAGS_MAX: usize = 30;
/// The longest tag, in characters.
pub const TAG_CHARS_MAX: usize = 50;
/// How many attributes a ticket has at most.
pub const ATTRIBUTES_MAX: usize = 20;
/// The longest name of an attribute, in characters.
pub const ATTRIBUTE_NAME_CHARS_MAX: usize = 50;
/// The longest text in an attribute, in characters.
pub const ATTRIBUTE_CHARS_MAX: usize = 300;

/// Opens a ticket. The user is named by id, or by address (found or made), or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateTicket {
    /// What it is about.
    pub subject: String,
    /// The first comment.
    #[serde(default)]
    pub body: Option<String>,
    /// Who may see the first comment; public where absent.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// Whose it is.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// Whose it is, by address.
    #[serde(default)]
    pub user_email: Option<String>,
    /// The name of a user that is made.
    #[serde(default)]
    pub user_name: Option<String>,
    /// `normal` where absent.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Who works on it: an active agent of the workspace.
    #[serde(default)]
    pub assignee_id: Option<AgentId>,
    /// `open` where absent.
    #[serde(default)]
    pub status: Option<Status>,
    /// The team that it is for.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Its category: one that is not archived.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    /// A status of the workspace's own; `status` is that which it belongs to.
    #[serde(default)]
    pub custom_status_id: Option<CustomStatusId>,
    /// Its attributes: at most [`ATTRIBUTES_MAX`], each a text of at most [`ATTRIBUTE_CHARS_MAX`]
    /// characters, a number or a boolean.
    #[serde(default)]
    pub attributes: Attributes,
}

/// Changes a ticket; what is absent stays. All of it happens, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The new subject.
    #[serde(default)]
    pub subject: Option<String>,
    /// The new status; `conflict` where the step is not legal.
    #[serde(default)]
    pub status: Option<Status>,
    /// The new priority.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// The new assignee; null unassigns.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<AgentId>>,
    /// The new tags, all of them.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// The new team; null takes it from its team.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Option<TeamId>>,
    /// The new category; null for none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub category_id: Option<Option<CategoryId>>,
    /// The new status of the workspace's own: the step to the status that it belongs to must be
    /// legal; null leaves the plain status.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<Option<CustomStatusId>>,
    /// New values of attributes; those that are not named stay, null takes one away.
    #[serde(default)]
    pub attributes: Option<Attributes>,
    /// The inbox that its public comments leave through; null for the workspace's.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<Option<InboxId>>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Opens a closed ticket again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReopenTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}
