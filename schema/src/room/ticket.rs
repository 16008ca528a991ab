//! Tickets: what they are, and what may be asked about them.

use super::comment::Visibility;
use crate::Millis;
use crate::ids::{
    AgentId, CategoryId, CommentId, CompanyId, CustomStatusId, InboxId, TeamId, TicketId, UserId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// What a workspace knows about a ticket beside its fields: a text, a number or a boolean by name.
pub type Attributes = BTreeMap<String, serde_json::Value>;

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The team must act.
    Open,
    /// The customer must act.
    Pending,
    /// Somebody else must act.
    Waiting,
    /// Done, as far as the team knows; a customer's mail opens it again.
    Solved,
    /// Done for good; a customer's mail opens a new ticket that follows it.
    Closed,
}

impl Status {
    /// Every status, in the order of a ticket's life.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Pending, Self::Waiting, Self::Solved, Self::Closed];

    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// How urgent a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// When there is time.
    Low,
    /// As it comes.
    Normal,
    /// Before the others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// Every priority, the lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The priority of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }
}

/// How a ticket or comment came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An agent wrote it.
    Agent,
    /// It came by mail.
    Mail,
    /// An agent wrote it earlier, to be published now.
    Schedule,
}

impl Source {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Mail => "mail",
            Self::Schedule => "schedule",
        }
    }

    /// The source of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Agent, Self::Mail, Self::Schedule].into_iter().find(|source| source.as_str() == name)
    }
}

/// A support conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The ticket.
    pub id: TicketId,
    /// Its number in the workspace: 1, 2, 3… without a gap.
    pub number: i64,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Who works on it.
    pub assignee_id: Option<AgentId>,
    /// The team that it is for.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Its category.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    /// The workspace's own name for where it stands; always one that belongs to `status`.
    #[serde(default)]
    pub custom_status_id: Option<CustomStatusId>,
    /// Its attributes by name: texts, numbers and booleans.
    #[serde(default)]
    pub attributes: Attributes,
    /// Whose it is; absent where nobody is known.
    pub user_id: Option<UserId>,
    /// The user's address.
    pub user_email: Option<String>,
    /// The user's name.
    pub user_name: Option<String>,
    /// The user's company.
    pub company_id: Option<CompanyId>,
    /// The company's name.
    pub company_name: Option<String>,
    /// How it came in.
    pub source: Source,
    /// The inbox that its mail last came through; absent where none read any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The closed ticket that this one goes on from.
    pub follows_ticket_id: Option<TicketId>,
    /// The ticket that its comments are in, since the two were merged.
    #[serde(default)]
    pub merged_into_id: Option<TicketId>,
    /// Until when it is put off; absent where it is not.
    #[serde(default)]
    pub snooze: Option<Snooze>,
    /// Who alone may answer, and until when; absent where anybody may.
    #[serde(default)]
    pub claim: Option<Claim>,
    /// How many comments it has.
    pub comments: i64,
    /// When it was opened.
    pub created_at: Millis,
    /// When it, or what was said in it, last changed.
    pub updated_at: Millis,
    /// When something was last said.
    pub last_comment_at: Option<Millis>,
    /// When an agent first answered in public.
    pub first_reply_at: Option<Millis>,
    /// When it was last solved; absent while it is not.
    pub solved_at: Option<Millis>,
    /// When it was closed; absent while it is not.
    pub closed_at: Option<Millis>,
    /// When it was deleted; only in the events that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
    /// Grows with each change, a claim excepted; the `ETag`.
    pub version: i64,
    /// How many comments by others the caller has not read, at most 100. Only in replies to an
    /// agent, never in an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<i64>,
}

/// That a ticket is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snooze {
    /// Since when.
    pub since: Millis,
    /// When it wakes; absent where only a reply wakes it.
    pub until: Option<Millis>,
    /// Whether the customer's reply wakes it.
    pub on_reply: bool,
}

/// That one agent alone may answer, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The agent.
    pub agent_id: AgentId,
    /// Until when.
    pub until: Millis,
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
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<AgentId>>,
    /// The former tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The former team; null where there was none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Option<TeamId>>,
    /// The former category; null where there was none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub category_id: Option<Option<CategoryId>>,
    /// The former custom status; null where there was none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<Option<CustomStatusId>>,
    /// All former attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The former inbox; null where there was none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<Option<InboxId>>,
    /// The former snooze; null where there was none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub snooze: Option<Option<Snooze>>,
}

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

impl Ticket {
    /// Whether it is neither deleted nor merged into another.
    #[must_use]
    pub const fn is_in_work(&self) -> bool {
        self.deleted_at.is_none() && self.merged_into_id.is_none()
    }
}

/// Reads a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetTicket {
    /// The ticket.
    pub ticket_id: TicketId,
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
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<AgentId>>,
    /// The new tags, all of them.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// The new team; null takes it from its team.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Option<TeamId>>,
    /// The new category; null for none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub category_id: Option<Option<CategoryId>>,
    /// The new status of the workspace's own: the step to the status that it belongs to must be
    /// legal; null leaves the plain status.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<Option<CustomStatusId>>,
    /// New values of attributes; those that are not named stay, null takes one away.
    #[serde(default)]
    pub attributes: Option<Attributes>,
    /// The inbox that its public comments leave through; null for the workspace's.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
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

/// What several tickets, or a macro's, change alike; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketChange {
    /// The new status; `conflict` where the step is not legal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The new status of the workspace's own; null leaves the plain status.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<Option<CustomStatusId>>,
    /// The new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The new assignee; null unassigns.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Option<AgentId>>,
    /// The new team; null takes it from its team.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Option<TeamId>>,
    /// The new category; null for none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
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

/// How many tickets one command changes at most.
pub const BULK_MAX: usize = 100;

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
