//! The endpoint by which a relay tells an inbox what became of its mail: made, given another
//! secret, taken away.
//!
//! An inbox has one, and its secret is its own: who has it can tell of this inbox's mails alone.
//! Only names of secrets are kept. The gateway makes a secret from its name and the deployment's
//! key, for its owner once, and whenever a signature is checked.

use crate::inbox_state::store::deliveries::{self, Webhook};
use crate::inbox_state::{registered, view};
use crate::kernel::Ctx;
use schema::delivery::{
    DeliveryKeys, DeliveryWebhook, PREVIOUS_SECRET_MS, PREVIOUS_SECRET_MS_MAX, RotateDeliverySecret,
};
use schema::ids::DeliveryKeyId;
use schema::{Permission, Reject};

/// Makes the endpoint. Permission: manage. Event `inbox.delivery_webhook_made`.
///
/// # Errors
/// `forbidden`; `not_found`; `conflict` where there is one.
pub fn make_delivery_webhook(ctx: &mut Ctx<'_>) -> Result<DeliveryWebhook, Reject> {
    ctx.require(Permission::Manage)?;
    registered(ctx)?;
    if deliveries::load(ctx.sql)?.is_some() {
        return Err(Reject::conflict("the inbox has a delivery webhook; rotate its secret"));
    }
    let key_id = DeliveryKeyId(ctx.uuid());
    let webhook = Webhook { key_id, previous_id: None, previous_until: 0, created_at: ctx.now };
    kept(ctx, "inbox.delivery_webhook_made", &webhook)
}

/// Replaces the secret; the one before is good, too, for a while. Permission: manage. Event
/// `inbox.delivery_secret_rotated`.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid_input`.
pub fn rotate_delivery_secret(
    ctx: &mut Ctx<'_>,
    input: &RotateDeliverySecret,
) -> Result<DeliveryWebhook, Reject> {
    ctx.require(Permission::Manage)?;
    let known = known(ctx)?;
    let keep = input.keep_previous_ms.unwrap_or(PREVIOUS_SECRET_MS);
    if !(0..=PREVIOUS_SECRET_MS_MAX).contains(&keep) {
        return Err(Reject::field("keepPreviousMs", "must be 0 to 7 days in milliseconds"));
    }
    let webhook = Webhook {
        key_id: DeliveryKeyId(ctx.uuid()),
        previous_id: Some(known.key_id),
        previous_until: ctx.now + keep,
        created_at: known.created_at,
    };
    kept(ctx, "inbox.delivery_secret_rotated", &webhook)
}

/// Takes the endpoint away: what comes to it is not found. Permission: manage. Event
/// `inbox.delivery_webhook_deleted`.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn delete_delivery_webhook(ctx: &mut Ctx<'_>) -> Result<DeliveryWebhook, Reject> {
    ctx.require(Permission::Manage)?;
    let webhook = known(ctx)?;
    deliveries::remove(ctx.sql)?;
    ctx.event("inbox.delivery_webhook_deleted", None, &serde_json::json!({}))?;
    Ok(view::delivery_webhook(ctx, &webhook))
}

/// Names the secrets that are good now. For Postroom itself.
///
/// # Errors
/// `forbidden`; `not_found` where there is no endpoint.
pub fn delivery_keys(ctx: &mut Ctx<'_>) -> Result<DeliveryKeys, Reject> {
    ctx.require_system()?;
    let webhook = known(ctx)?;
    let previous = webhook.previous_id.filter(|_| webhook.previous_until > ctx.now);
    Ok(DeliveryKeys { keys: [webhook.key_id].into_iter().chain(previous).collect() })
}

fn known(ctx: &Ctx<'_>) -> Result<Webhook, Reject> {
    deliveries::load(ctx.sql)?.ok_or_else(|| Reject::not_found("delivery webhook"))
}

fn kept(ctx: &mut Ctx<'_>, kind: &str, webhook: &Webhook) -> Result<DeliveryWebhook, Reject> {
    deliveries::save(ctx.sql, webhook)?;
    ctx.event(kind, None, &serde_json::json!({}))?;
    Ok(view::delivery_webhook(ctx, webhook))
}
