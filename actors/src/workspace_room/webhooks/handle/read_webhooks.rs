//! Reading webhooks. It is for those who manage them: a URL may hold a secret.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::webhooks::store::webhooks;
use crate::workspace_room::webhooks::view;
use schema::room::webhook::{GetWebhook, Webhook};
use schema::{Permission, Reject};

/// Lists the webhooks, oldest first.
///
/// # Errors
/// `forbidden`.
pub fn list_webhooks(ctx: &Ctx<'_>) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let all = webhooks::list(ctx.sql)?;
    let all: Vec<Webhook> = all.iter().map(|webhook| view::webhook(ctx, webhook)).collect();
    Reply::of(&all)
}

/// Reads a webhook.
///
/// # Errors
/// `forbidden`, `not_found`.
pub fn get_webhook(ctx: &Ctx<'_>, input: &GetWebhook) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let webhook = webhooks::find(ctx.sql, input.webhook_id)?;
    let webhook = webhook.ok_or_else(|| Reject::not_found("webhook"))?;
    Reply::of(&view::webhook(ctx, &webhook))
}
