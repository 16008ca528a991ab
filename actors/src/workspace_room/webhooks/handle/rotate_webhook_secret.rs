//! Replacing a webhook's secret.

use super::fields;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::webhooks::store::webhooks;
use crate::workspace_room::webhooks::view;
use schema::room::webhook::RotateWebhookSecret;
use schema::{Millis, Permission, Reject};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
const KEPT_MS_MAX: Millis = 7 * DAY_MS;

/// Replaces the secret; the old one signs too for as long as asked. Event `webhook.changed`.
///
/// # Errors
/// `not_found`, `invalid_input`.
pub fn rotate_webhook_secret(
    ctx: &mut Ctx<'_>,
    input: &RotateWebhookSecret,
) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before = webhooks::find(ctx.sql, input.webhook_id)?;
    let before = before.ok_or_else(|| Reject::not_found("webhook"))?;
    fields::sealed(&input.sealed_secret)?;
    if [Some(&before.sealed_secret), before.sealed_previous.as_ref()]
        .contains(&Some(&input.sealed_secret))
    {
        let why = "made a former secret of this webhook: take another";
        return Err(Reject::field("Idempotency-Key", why));
    }
    let kept_ms = input.keep_previous_ms.unwrap_or(DAY_MS);
    if !(0..=KEPT_MS_MAX).contains(&kept_ms) {
        return Err(Reject::field("keepPreviousMs", format!("must be 0 to {KEPT_MS_MAX}")));
    }

    let mut webhook = before.clone();
    let keeps = kept_ms > 0 && !before.sealed_secret.is_empty();
    webhook.sealed_previous = Some(before.sealed_secret.clone()).filter(|_| keeps);
    webhook.previous_until = Some(ctx.now + kept_ms).filter(|_| keeps);
    webhook.sealed_secret.clone_from(&input.sealed_secret);
    webhook.version += 1;
    webhook.updated_at = ctx.now;
    webhooks::update(ctx.sql, &webhook)?;
    view::tell(ctx, "webhook.changed", &webhook, Some(&before))?;
    Reply::of(&view::webhook(ctx, &webhook))
}
