//! What is shown of webhooks and deliveries, and what events tell of them.

use super::store::{deliveries, webhooks};
use crate::kernel::Ctx;
use crate::kernel::url::Url;
use schema::Reject;
use schema::room::webhook::{Delivery, Webhook, WebhookEvent, WebhookMark};

/// A webhook as its admins see it.
#[must_use]
pub fn webhook(ctx: &Ctx<'_>, kept: &webhooks::Webhook) -> Webhook {
    Webhook {
        id: kept.id,
        url: kept.url.clone(),
        description: kept.description.clone(),
        kinds: kept.kinds.clone(),
        active: kept.active,
        disabled_reason: kept.disabled_reason.clone(),
        failing_since: kept.failing_since,
        previous_secret_until: kept.previous_until.filter(|until| *until > ctx.now),
        last_event: kept.cursor,
        waiting: kept.waiting,
        created_at: kept.created_at,
        updated_at: kept.updated_at,
        version: kept.version,
    }
}

/// A webhook as everybody sees it.
#[must_use]
pub fn mark(kept: &webhooks::Webhook) -> WebhookMark {
    WebhookMark {
        id: kept.id,
        host: Url::parse(&kept.url).map(|url| url.hostname).unwrap_or_default(),
        kinds: kept.kinds.clone(),
        active: kept.active,
        disabled_reason: kept.disabled_reason.clone(),
        version: kept.version,
    }
}

/// Appends an event about a webhook.
///
/// # Errors
/// A storage fault.
pub fn tell(
    ctx: &mut Ctx<'_>,
    kind: &str,
    kept: &webhooks::Webhook,
    before: Option<&webhooks::Webhook>,
) -> Result<i64, Reject> {
    let data = WebhookEvent { webhook: mark(kept), before: before.map(mark) };
    ctx.event(kind, None, &data)
}

/// A delivery.
#[must_use]
pub fn delivery(webhook: &webhooks::Webhook, kept: deliveries::Delivery) -> Delivery {
    Delivery {
        id: message_id(webhook, kept.seq),
        number: kept.seq,
        kind: kept.kind,
        state: kept.state,
        next_attempt_at: kept.due,
        attempts: kept.tries,
        answer: kept.answer,
        created_at: kept.created_at,
    }
}

/// What a request is known by: the same on every try.
#[must_use]
pub fn message_id(webhook: &webhooks::Webhook, seq: i64) -> String {
    format!("evt_{}_{seq}", webhook.id.0.simple())
}
