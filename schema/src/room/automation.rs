//! Automations: rules that act on tickets when something happens, or does not for a time.

use super::condition::Conditions;
use crate::Millis;
use crate::ids::AutomationId;
use serde::{Deserialize, Serialize};

mod action;
mod occasion;
mod run;

pub use action::{Action, AssignNext, Empty, Turn, WEBHOOK_NAME_CHARS_MAX, WebhookCall, Words};
pub use occasion::{MINUTES_MAX, Occasion, Trigger};
pub use run::{
    ActionOutcome, ActionResult, AutomationFired, AutomationRun, AutomationWebhook, DryRun,
    DryRunAutomation, ListAutomationRuns, RuleOutcome, RuleResult,
};

/// How many automations a workspace has at most.
pub const AUTOMATIONS_MAX: i64 = 100;
/// The longest name of an automation, workflow or policy, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// How many actions an automation has at most.
pub const ACTIONS_MAX: usize = 20;

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
