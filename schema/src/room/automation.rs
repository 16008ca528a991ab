//! Automations: rules that act on tickets when something happens, or does not for a time.

use super::condition::Conditions;
use super::notification::Notice;
use super::ticket::{Priority, Status};
use crate::Millis;
use crate::ids::{
    AgentId, AutomationId, CategoryId, CustomStatusId, ItemId, TeamId, TicketId, WorkflowId,
};
use serde::{Deserialize, Serialize};

/// How many automations a workspace has at most.
pub const AUTOMATIONS_MAX: i64 = 100;
/// The longest name of an automation, workflow or policy, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// How many actions an automation has at most.
pub const ACTIONS_MAX: usize = 20;
/// The longest time of silence: a year.
pub const MINUTES_MAX: i64 = 365 * 24 * 60;
/// The longest text of a webhook's name, in characters.
pub const WEBHOOK_NAME_CHARS_MAX: usize = 100;

/// What sets a rule going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Occasion {
    /// A ticket was opened; `body` looks at its first comment.
    TicketCreated,
    /// A ticket was changed, by whomever; `changed` says what.
    TicketChanged,
    /// A ticket was opened again.
    TicketReopened,
    /// A snoozed ticket came back.
    TicketWoken,
    /// A customer wrote, the first comment included.
    CommentByUser,
    /// An agent wrote to the customer.
    CommentByAgent,
    /// A private note was written.
    NoteAdded,
    /// A promise will soon be broken.
    SlaWarning,
    /// A promise was broken.
    SlaBreached,
    /// A customer has waited `minutes` for an agent's answer.
    NoAgentReply,
    /// An agent has waited `minutes` for the customer's answer.
    NoUserReply,
    /// A ticket has been nobody's for `minutes`.
    Unassigned,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 12] = [
        Self::TicketCreated,
        Self::TicketChanged,
        Self::TicketReopened,
        Self::TicketWoken,
        Self::CommentByUser,
        Self::CommentByAgent,
        Self::NoteAdded,
        Self::SlaWarning,
        Self::SlaBreached,
        Self::NoAgentReply,
        Self::NoUserReply,
        Self::Unassigned,
    ];

    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TicketCreated => "ticketCreated",
            Self::TicketChanged => "ticketChanged",
            Self::TicketReopened => "ticketReopened",
            Self::TicketWoken => "ticketWoken",
            Self::CommentByUser => "commentByUser",
            Self::CommentByAgent => "commentByAgent",
            Self::NoteAdded => "noteAdded",
            Self::SlaWarning => "slaWarning",
            Self::SlaBreached => "slaBreached",
            Self::NoAgentReply => "noAgentReply",
            Self::NoUserReply => "noUserReply",
            Self::Unassigned => "unassigned",
        }
    }

    /// The occasion of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == name)
    }

    /// Whether it is that nothing happened for a time.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, Self::NoAgentReply | Self::NoUserReply | Self::Unassigned)
    }
}

/// What sets a rule going, and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// The occasion.
    pub on: Occasion,
    /// After how many minutes; for `noAgentReply`, `noUserReply` and `unassigned`, and only for
    /// them. 1 to 525,600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// Whether only minutes within business hours count.
    #[serde(default)]
    pub business_hours: bool,
}

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

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Automation {
    /// The rule.
    pub id: AutomationId,
    /// What it is called.
    pub name: String,
    /// Whether it acts.
    pub enabled: bool,
    /// Its place: rules are asked in this order.
    pub position: i64,
    /// What sets it going.
    pub trigger: Trigger,
    /// What must hold.
    pub conditions: Conditions,
    /// What it does, in this order.
    pub actions: Vec<Action>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The data of `automation.created` and `automation.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutomationEvent {
    /// The rule after the change, or as it was.
    pub automation: Automation,
}

/// The data of `automation.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutomationChanged {
    /// The rule after the change.
    pub automation: Automation,
    /// The rule before the change.
    pub before: Automation,
}

/// The data of `automation.reordered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutomationsReordered {
    /// All rules, in their new order.
    pub automation_ids: Vec<AutomationId>,
}

/// Lists the rules in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAutomations {
    /// Only those of this occasion.
    #[serde(default)]
    pub on: Option<Occasion>,
    /// Only those that act, or only those that do not.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetAutomation {
    /// The rule.
    pub automation_id: AutomationId,
}

/// Makes a rule; it is the last in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateAutomation {
    /// What it is called: 1 to 100 characters.
    pub name: String,
    /// Whether it acts; true where absent.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// What sets it going.
    pub trigger: Trigger,
    /// What must hold; nothing where absent.
    #[serde(default)]
    pub conditions: Conditions,
    /// What it does: 1 to 20 actions.
    pub actions: Vec<Action>,
}

/// Changes a rule; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeAutomation {
    /// The rule.
    pub automation_id: AutomationId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it acts.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// What sets it going.
    #[serde(default)]
    pub trigger: Option<Trigger>,
    /// What must hold.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// What it does.
    #[serde(default)]
    pub actions: Option<Vec<Action>>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Deletes a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteAutomation {
    /// The rule.
    pub automation_id: AutomationId,
}

/// Puts the rules in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReorderAutomations {
    /// All rules, each once.
    pub automation_ids: Vec<AutomationId>,
}

/// Says what rules would do to a ticket, and does nothing. Names a rule, or a draft, or neither:
/// then all rules that act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DryRunAutomation {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The rule.
    #[serde(default)]
    pub automation_id: Option<AutomationId>,
    /// A rule that is not there yet.
    #[serde(default)]
    pub draft: Option<Box<CreateAutomation>>,
    /// Only rules of this occasion.
    #[serde(default)]
    pub on: Option<Occasion>,
}

/// What rules would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Each rule, in order, as if it were the only one.
    pub results: Vec<RuleResult>,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum RuleOutcome {
    /// Its conditions held, and it acted.
    Fired,
    /// A condition did not hold.
    NotMatched,
    /// Its conditions held, but it was held back: `why` says by what.
    Stopped,
}

/// What became of a rule, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RuleResult {
    /// The rule; none for a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automation_id: Option<AutomationId>,
    /// What it was called.
    pub name: String,
    /// What became of it.
    pub outcome: RuleOutcome,
    /// The condition that did not hold, or what held the rule back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What its actions did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionResult>,
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ActionOutcome {
    /// It was done.
    Done,
    /// There was nothing to do: the ticket was so already.
    Unneeded,
    /// It could not be done; the other actions were.
    Refused,
}

/// What became of an action, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActionResult {
    /// The action's name.
    pub action: String,
    /// What became of it.
    pub outcome: ActionOutcome,
    /// What it did, or why not.
    pub detail: String,
}

/// One rule that was asked about one occasion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutomationRun {
    /// The ticket.
    pub ticket_id: TicketId,
    /// When.
    pub at: Millis,
    /// What set it going.
    pub on: Occasion,
    /// The event that did; none where it was a silence.
    pub seq: Option<i64>,
    /// 1 where a person or a mail was the cause, 2 where a rule of round 1 was, and so on.
    pub round: i64,
    /// What became of it.
    pub result: RuleResult,
}

/// The data of `automation.fired`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutomationFired {
    /// What set it going.
    pub on: Occasion,
    /// What it did.
    pub result: RuleResult,
}

/// The data of `automation.webhook`: what a rule tells the outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutomationWebhook {
    /// What it is about.
    pub name: String,
    /// The rule or workflow that said so.
    pub rule: String,
    /// The ticket as it is now.
    pub ticket: super::ticket::Ticket,
}

/// Lists which rules were asked, the latest first. Names a ticket, or a rule, or neither. What is
/// older than 30 days is forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAutomationRuns {
    /// Only of this ticket.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// Only of this rule.
    #[serde(default)]
    pub automation_id: Option<AutomationId>,
    /// Only those with this outcome.
    #[serde(default)]
    pub outcome: Option<RuleOutcome>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}
