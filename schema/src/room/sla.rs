//! SLA: promises of how soon tickets are answered and resolved, and how each ticket stands.

use super::condition::Conditions;
use super::ticket::Priority;
use crate::Millis;
use crate::ids::{SlaPolicyId, TicketId};
use serde::{Deserialize, Serialize};

/// How many policies a workspace has at most.
pub const POLICIES_MAX: i64 = 50;
/// The longest promise: 60 days.
pub const TARGET_MINUTES_MAX: i64 = 60 * 24 * 60;

/// What is promised for tickets of a priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaTarget {
    /// The priority.
    pub priority: Priority,
    /// Minutes until an agent first answers: 1 to 86,400; no promise where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reply_minutes: Option<i64>,
    /// Minutes until the ticket is solved: 1 to 86,400; no promise where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_minutes: Option<i64>,
}

/// A policy. The first one in order whose conditions hold is a ticket's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaPolicy {
    /// The policy.
    pub id: SlaPolicyId,
    /// What it is called.
    pub name: String,
    /// Whether it counts.
    pub enabled: bool,
    /// Its place.
    pub position: i64,
    /// For which tickets.
    pub conditions: Conditions,
    /// What is promised, by priority.
    pub targets: Vec<SlaTarget>,
    /// How many minutes before a promise is broken a warning goes out; none where absent.
    pub warn_minutes: Option<i64>,
    /// Whether only minutes within business hours count.
    pub business_hours: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The data of `slaPolicy.created` and `slaPolicy.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaPolicyEvent {
    /// The policy after the change, or as it was.
    pub sla_policy: SlaPolicy,
}

/// The data of `slaPolicy.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaPolicyChanged {
    /// The policy after the change.
    pub sla_policy: SlaPolicy,
    /// The policy before the change.
    pub before: SlaPolicy,
}

/// The data of `slaPolicy.reordered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaPoliciesReordered {
    /// All policies, in their new order.
    pub sla_policy_ids: Vec<SlaPolicyId>,
}

/// Lists the policies in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListSlaPolicies {
    /// Only those that count, or only those that do not.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetSlaPolicy {
    /// The policy.
    pub sla_policy_id: SlaPolicyId,
}

/// Makes a policy; it is the last in order. It counts for a ticket from the ticket's next change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateSlaPolicy {
    /// What it is called: 1 to 100 characters.
    pub name: String,
    /// Whether it counts; true where absent.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// For which tickets; all where absent. `changed`, `body` and `automatic` cannot be asked for.
    #[serde(default)]
    pub conditions: Conditions,
    /// What is promised: 1 to 4, each priority once.
    pub targets: Vec<SlaTarget>,
    /// How many minutes before a promise is broken a warning goes out: 1 to 86,400.
    #[serde(default)]
    pub warn_minutes: Option<i64>,
    /// Whether only minutes within business hours count; true where absent.
    #[serde(default)]
    pub business_hours: Option<bool>,
}

/// Changes a policy; what is absent stays. The clocks of its tickets are set anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeSlaPolicy {
    /// The policy.
    pub sla_policy_id: SlaPolicyId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it counts.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// For which tickets.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// What is promised.
    #[serde(default)]
    pub targets: Option<Vec<SlaTarget>>,
    /// How early a warning goes out; null for none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub warn_minutes: Option<Option<i64>>,
    /// Whether only minutes within business hours count.
    #[serde(default)]
    pub business_hours: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Deletes a policy; its tickets go on under the next one that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteSlaPolicy {
    /// The policy.
    pub sla_policy_id: SlaPolicyId,
}

/// Puts the policies in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReorderSlaPolicies {
    /// All policies, each once.
    pub sla_policy_ids: Vec<SlaPolicyId>,
}

/// How one promise stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaClock {
    /// The promise.
    pub minutes: i64,
    /// When it will be broken, as it runs now; absent while it is paused and once it is kept.
    pub due_at: Option<Millis>,
    /// When it was kept.
    pub met_at: Option<Millis>,
    /// When the warning went out.
    pub warned_at: Option<Millis>,
    /// When it was broken.
    pub breached_at: Option<Millis>,
}

/// How a ticket stands with what was promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketSla {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The policy.
    pub sla_policy_id: SlaPolicyId,
    /// What the policy is called.
    pub name: String,
    /// Whether the clocks stand still: the ticket is pending, waiting, solved or closed.
    pub paused: bool,
    /// How long they have run, in milliseconds that count.
    pub spent_ms: i64,
    /// The first reply, where one is promised.
    pub first_reply: Option<SlaClock>,
    /// The resolution, where one is promised.
    pub resolution: Option<SlaClock>,
}

/// Reads how a ticket stands. `not_found` where nothing is promised for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetTicketSla {
    /// The ticket.
    pub ticket_id: TicketId,
}

/// Which of the promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Promise {
    /// The first reply.
    FirstReply,
    /// The resolution.
    Resolution,
}

/// The data of `sla.warning` and `sla.breached`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaEvent {
    /// Which promise.
    pub promise: Promise,
    /// How the ticket stands.
    pub sla: TicketSla,
}
