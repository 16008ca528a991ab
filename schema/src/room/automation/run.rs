//! What rules did, and what they would do.

use super::{CreateAutomation, Occasion};
use crate::Millis;
use crate::ids::{AutomationId, TicketId};
use crate::room::ticket::Ticket;
use serde::{Deserialize, Serialize};

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
    pub ticket: Ticket,
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
