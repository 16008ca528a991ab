//! Taking a webhook away.

use crate::kernel::{Ctx, Reply, Timer};
use crate::workspace_room::access::authorise;
use crate::workspace_room::webhooks::store::{deliveries, webhooks};
use crate::workspace_room::webhooks::{TIMER, TRIM, flow, view};
use schema::room::webhook::DeleteWebhook;
use schema::{Permission, Reject};

/// How many deliveries are taken away in one go.
const AT_ONCE: i64 = 500;
const TOP: i64 = crate::workspace_room::store::TOP;

/// Takes a webhook away; its deliveries follow. Event `webhook.deleted`.
///
/// # Errors
/// `not_found`.
pub fn delete_webhook(ctx: &mut Ctx<'_>, input: &DeleteWebhook) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let webhook = webhooks::find(ctx.sql, input.webhook_id)?;
    let mut webhook = webhook.ok_or_else(|| Reject::not_found("webhook"))?;

    ctx.cancel_timer(TIMER, &webhook.id.to_string())?;
    flow::switched_off(ctx, &mut webhook)?;
    webhooks::remove(ctx.sql, webhook.id)?;
    flow::remark(ctx)?;
    ctx.set_timer(TRIM, &webhook.number.to_string(), ctx.now, &[])?;
    view::tell(ctx, "webhook.deleted", &webhook, None)?;
    Reply::of(&view::webhook(ctx, &webhook))
}

/// Takes away some of what a deleted webhook has left, until nothing is left.
///
/// # Errors
/// A storage fault.
pub fn trim(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let number: i64 =
        timer.key.parse().map_err(|_| Reject::internal("a webhook's number is none"))?;
    if webhooks::list(ctx.sql)?.iter().any(|webhook| webhook.number == number) {
        // The deleted one had no delivery, so another got its number.
        return Ok(());
    }
    deliveries::forget(ctx.sql, number, TOP, AT_ONCE)?;
    if deliveries::any(ctx.sql, number)? {
        ctx.set_timer(TRIM, &timer.key, ctx.now + 1_000, &[])?;
    }
    Ok(())
}
