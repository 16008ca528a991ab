//! What a rule or a workflow does to a ticket.

use crate::ids::{AgentId, CategoryId, CustomStatusId, ItemId, TeamId, WorkflowId};
use crate::room::notification::Notice;
use crate::room::ticket::{Priority, Status};
use serde::{Deserialize, Serialize};

/// The longest text of a webhook's name, in characters.
pub const WEBHOOK_NAME_CHARS_MAX: usize = 100;

/// What a rule or a workflow does to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Gives the ticket to an agent.
    AssignAgent(AgentId),
    /// Gives the ticket to the next agent.
    AssignNext(AssignNext),
    /// Takes the ticket from its agent.
    Unassign(Empty),
    /// Adds tags.
    AddTags(Vec<String>),
    /// Removes tags.
    RemoveTags(Vec<String>),
    /// Sets the status, where the step is legal.
    SetStatus(Status),
    /// Sets the priority.
    SetPriority(Priority),
    /// Gives the ticket to a team; its agent stays.
    AssignTeam(TeamId),
    /// Sets the category.
    SetCategory(CategoryId),
    /// Sets a status of the workspace's own, where the step is legal.
    SetCustomStatus(CustomStatusId),
    /// Writes to the customer; not where a machine wrote last, and not on a closed ticket.
    Reply(Words),
    /// Writes a canned reply to the customer, one that is for all or for a team, its variables
    /// filled in: `agent` is the ticket's. Not where [`Action::Reply`] would not be written, nor
    /// where a variable has no value.
    CannedReply(ItemId),
    /// Applies a macro that is for all or for a team and does not assign to whoever applies it: all
    /// of it, or nothing.
    Macro(ItemId),
    /// Writes a private note.
    Note(Words),
    /// Tells the outside: event `automation.webhook` with this name, which webhooks can be
    /// subscribed to.
    Webhook(WebhookCall),
    /// Tells agents of the ticket: each gets a notification.
    Notify(Notice),
    /// Starts a workflow, unless it is already under way on this ticket.
    StartWorkflow(WorkflowId),
}

impl Action {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AssignAgent(_) => "assignAgent",
            Self::AssignNext(_) => "assignNext",
            Self::Unassign(_) => "unassign",
            Self::AddTags(_) => "addTags",
            Self::RemoveTags(_) => "removeTags",
            Self::SetStatus(_) => "setStatus",
            Self::SetPriority(_) => "setPriority",
            Self::AssignTeam(_) => "assignTeam",
            Self::SetCategory(_) => "setCategory",
            Self::SetCustomStatus(_) => "setCustomStatus",
            Self::Reply(_) => "reply",
            Self::CannedReply(_) => "cannedReply",
            Self::Macro(_) => "macro",
            Self::Note(_) => "note",
            Self::Webhook(_) => "webhook",
            Self::Notify(_) => "notify",
            Self::StartWorkflow(_) => "startWorkflow",
        }
    }
}

/// No settings: `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(extend("additionalProperties" = false)))]
#[serde(rename_all = "camelCase")]
pub struct Empty {}

/// A text to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Words {
    /// The text: 1 to 65,536 bytes.
    pub body: String,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssignNext {
    /// Among the members of this team; among all agents where absent. Only who is active and may
    /// work is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// How the next one is chosen.
    pub by: Turn,
}

/// How the next agent is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    /// One after the other.
    Turn,
    /// Who has the fewest tickets that are open, pending or waiting; of several, one after the
    /// other.
    Load,
}

/// What the outside is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookCall {
    /// What it is about, for the receiver: 1 to 100 characters.
    pub name: String,
}
