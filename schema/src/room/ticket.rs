//! Tickets: what they are, and what may be asked about them.

use super::comment::Visibility;
use crate::Millis;
use crate::ids::{AgentId, CommentId, CompanyId, TicketId, UserId};
use serde::{Deserialize, Serialize};

/// The longest subject, in characters.
pub const SUBJECT_CHARS_MAX: usize = 300;
/// How many tags a ticket has at most.
pub const TAGS_MAX: usize = 30;
/// The longest tag, in characters.
pub const TAG_CHARS_MAX: usize = 50;

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
    /// The closed ticket that this one goes on from.
    pub follows_ticket_id: Option<TicketId>,
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
    /// Grows with each change; the `ETag`.
    pub version: i64,
    /// How many comments by others the caller has not read, at most 100. Only in replies to an
    /// agent, never in an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<i64>,
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
    #[serde(default)]
    pub status: Vec<Status>,
    /// Assigned to this agent.
    #[serde(default)]
    pub assignee_id: Option<AgentId>,
    /// Of this priority.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// With this tag. Such a list is sorted by `createdAt`.
    #[serde(default)]
    pub tag: Option<String>,
    /// Of this user. Such a list is sorted by `createdAt`.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// `updatedAt` where absent, except with `tag` or `userId`.
    #[serde(default)]
    pub sort: Option<TicketSort>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
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
