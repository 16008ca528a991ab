//! Changing a webhook, and switching it on and off.

use super::fields;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::tickets::check_version;
use crate::workspace_room::webhooks::store::webhooks;
use crate::workspace_room::webhooks::{flow, view};
use schema::room::webhook::ChangeWebhook;
use schema::{Permission, Reject};

/// Changes a webhook: all that is asked, or nothing. Event `webhook.changed`, where anything is
/// different after.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` where it has no secret yet.
pub fn change_webhook(ctx: &mut Ctx<'_>, input: &ChangeWebhook) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before = webhooks::find(ctx.sql, input.webhook_id)?;
    let before = before.ok_or_else(|| Reject::not_found("webhook"))?;
    check_version(input.if_version, before.version)?;
    let mut webhook = before.clone();
    if let Some(url) = &input.url {
        webhook.url = fields::url(url)?;
    }
    if let Some(kinds) = &input.kinds {
        webhook.kinds = fields::kinds(kinds)?;
    }
    if let Some(description) = &input.description {
        webhook.description = fields::description(Some(description))?;
    }
    webhook.active = input.active.unwrap_or(webhook.active);
    if webhook.active && webhook.sealed_secret.is_empty() {
        let why = "it came from another workspace, without its secret: rotate the secret first";
        return Err(Reject::conflict(why));
    }
    if webhook == before {
        return Reply::of(&view::webhook(ctx, &webhook));
    }

    webhook.version += 1;
    webhook.updated_at = ctx.now;
    if webhook.url != before.url {
        // Somebody else answers there.
        (webhook.failures, webhook.failing_since, webhook.hold_until) = (0, None, 0);
    }
    if webhook.active && !before.active {
        // It begins anew, with what happens from now on.
        webhook.disabled_reason = None;
        webhook.cursor = ctx.seq() + 1;
        (webhook.failures, webhook.failing_since, webhook.hold_until) = (0, None, 0);
    }
    webhooks::update(ctx.sql, &webhook)?;
    if !webhook.active {
        flow::switched_off(ctx, &mut webhook)?;
    }
    flow::remark(ctx)?;
    view::tell(ctx, "webhook.changed", &webhook, Some(&before))?;
    Reply::of(&view::webhook(ctx, &webhook))
}
