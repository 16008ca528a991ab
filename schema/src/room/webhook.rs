//! Outgoing webhooks: who else is told of events, and how that went.
//!
//! A request has the headers of the Standard Webhooks specification and a [`Payload`] as its body.

use crate::Millis;
use crate::event::By;
use crate::ids::{TicketId, WebhookId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How many webhooks a workspace may have.
pub const WEBHOOKS_MAX: i64 = 20;
/// How many kinds of events a webhook may name.
pub const KINDS_MAX: usize = 50;
/// The longest description.
pub const DESCRIPTION_CHARS_MAX: usize = 200;

/// Somebody who is told of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The webhook.
    pub id: WebhookId,
    /// Where requests go.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Which events: types such as `ticket.created`, `ticket.*` for all of a thing, `*` for all.
    pub kinds: Vec<String>,
    /// Whether events are sent.
    pub active: bool,
    /// Why Postroom switched it off; null where it did not.
    pub disabled_reason: Option<String>,
    /// Since when every request has failed; null where the last one did not.
    pub failing_since: Option<Millis>,
    /// Until when the secret before the last rotation signs, too; null where there is none.
    pub previous_secret_until: Option<Millis>,
    /// The number of the last event that was looked at.
    pub last_event: i64,
    /// How many deliveries wait for another try.
    pub waiting: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with every change.
    pub version: i64,
}

/// A webhook as events name it: without its URL, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookMark {
    /// The webhook.
    pub id: WebhookId,
    /// The host of its URL.
    pub host: String,
    /// Which events.
    pub kinds: Vec<String>,
    /// Whether events are sent.
    pub active: bool,
    /// Why Postroom switched it off.
    pub disabled_reason: Option<String>,
    /// Its version.
    pub version: i64,
}

/// The data of `webhook.created`, `webhook.changed`, `webhook.deleted`, `webhook.disabled` and
/// `webhook.tested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookEvent {
    /// The webhook after the change.
    pub webhook: WebhookMark,
    /// And before it, where it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<WebhookMark>,
}

/// The body of a request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Payload<'a> {
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// When it happened: ISO 8601, as the specification has it.
    pub timestamp: &'a str,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The event's number in the workspace: requests may overtake one another, numbers do not.
    pub number: i64,
    /// Who caused it.
    pub by: &'a By,
    /// The ticket that it concerns.
    pub ticket_id: Option<TicketId>,
    /// The event's data.
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Value"))]
    pub data: &'a RawValue,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It is under way, or waits for another try.
    Waiting,
    /// The receiver has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Delivered, Self::Failed].into_iter().find(|it| it.as_str() == name)
    }
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it was made.
    pub at: Millis,
    /// HTTP status; null without an answer.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// How long its answer took, or how long it was waited for.
    pub took_ms: Millis,
}

/// What became of an event at a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The `webhook-id` header, the same on every try.
    pub id: String,
    /// The event's number.
    pub number: i64,
    /// The event's type.
    pub kind: String,
    /// How it stands.
    pub state: DeliveryState,
    /// When it is tried again; null unless it waits.
    pub next_attempt_at: Option<Millis>,
    /// The tries whose outcome is known, in the order of their making; the last dozen.
    pub attempts: Vec<Attempt>,
    /// The first 512 bytes of the last answer, as text; empty without one.
    pub answer: String,
    /// When it was first sent.
    pub created_at: Millis,
}

/// Lists the webhooks, oldest first. There are at most [`WEBHOOKS_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListWebhooks {}

/// Reads a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetWebhook {
    /// The webhook.
    pub webhook_id: WebhookId,
}

/// Makes a webhook. Over HTTP alone: the gateway makes the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateWebhook {
    /// Where to: `https`, port 443, an address on the Internet.
    pub url: String,
    /// Which events: 1 to [`KINDS_MAX`].
    pub kinds: Vec<String>,
    /// What for.
    #[serde(default)]
    pub description: Option<String>,
    /// The secret that signs, sealed.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<u8>"))]
    pub sealed_secret: Vec<u8>,
}

/// Changes a webhook. What is absent stays. Switched on again, it gets what happens from then on;
/// what it missed can be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeWebhook {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// Where to.
    #[serde(default)]
    pub url: Option<String>,
    /// Which events.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// What for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether events are sent.
    #[serde(default)]
    pub active: Option<bool>,
    /// Only this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Takes a webhook away, and its deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteWebhook {
    /// The webhook.
    pub webhook_id: WebhookId,
}

/// Replaces the secret. The one before signs too for a while. Over HTTP alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RotateWebhookSecret {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// For how long the old secret signs, too: 0 to 7 days in milliseconds; a day where absent.
    #[serde(default)]
    pub keep_previous_ms: Option<Millis>,
    /// The new secret, sealed.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<u8>"))]
    pub sealed_secret: Vec<u8>,
}

/// Sends a webhook an event of its own, `webhook.tested`, whatever its kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TestWebhook {
    /// The webhook.
    pub webhook_id: WebhookId,
}

/// Lists a webhook's deliveries, the latest event first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListDeliveries {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Sends an event to a webhook once more, or for the first time, whatever its kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReplayDelivery {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The event's number.
    pub number: i64,
}
