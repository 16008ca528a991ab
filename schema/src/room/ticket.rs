//! Tickets: what they are, and what may be asked about them.

use crate::Millis;
use crate::ids::{
    AgentId, CategoryId, CompanyId, CustomStatusId, InboxId, TeamId, TicketId, UserId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod bulk;
mod change;
mod event;
mod read;

pub use bulk::{BULK_MAX, BulkChangeTickets, BulkDone, BulkResult, TicketChange};
pub use change::{
    ATTRIBUTE_CHARS_MAX, ATTRIBUTE_NAME_CHARS_MAX, ATTRIBUTES_MAX, ChangeTicket, CreateTicket,
    ReopenTicket, SUBJECT_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX,
};
pub use event::{TicketBefore, TicketChanged, TicketEvent, TicketMark};
pub use read::{GetTicket, ListActivities, ListTickets, MarkRead, ReadMark, TicketSort};

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

impl Ticket {
    /// Whether it is neither deleted nor merged into another.
    #[must_use]
    pub const fn is_in_work(&self) -> bool {
        self.deleted_at.is_none() && self.merged_into_id.is_none()
    }
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
