//! The log of deliveries, and sending something once more.

use crate::kernel::store::events;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::TOP;
use crate::workspace_room::webhooks::store::deliveries;
use crate::workspace_room::webhooks::store::webhooks::{self, Webhook};
use crate::workspace_room::webhooks::{WAITING_MAX, flow, payload, view};
use schema::ids::WebhookId;
use schema::page;
use schema::room::webhook::{DeliveryState, ListDeliveries, ReplayDelivery, TestWebhook};
use schema::{Permission, Reject};

/// Lists a webhook's deliveries, the latest event first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_deliveries(ctx: &Ctx<'_>, input: &ListDeliveries) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let webhook = known(ctx, input.webhook_id)?;
    let limit = page::limit(input.limit)?;
    let list = format!("deliveries|{}", webhook.id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    let before = position.map_or(TOP, |(_, number)| number);
    let found = deliveries::list(ctx.sql, webhook.number, before, limit + 1)?;
    let shown = |kept: deliveries::Delivery| ((0, kept.seq), view::delivery(&webhook, kept));
    Reply::of(&cursor::page(ctx, &list, limit, found.into_iter().map(shown).collect()))
}

/// Sends an event to a webhook once more, or for the first time.
///
/// # Errors
/// `not_found`, also where there is no such event; `conflict` where the webhook is switched off,
/// where the event waits for its next try with nothing to gain, or where too much waits.
pub fn replay_delivery(ctx: &mut Ctx<'_>, input: &ReplayDelivery) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let mut webhook = known(ctx, input.webhook_id)?;
    let found = match input.number {
        1..=TOP => events::after(ctx.sql, input.number - 1, 1)?,
        _ => Vec::new(),
    };
    let (seq, json) = found.first().ok_or_else(|| Reject::not_found("event"))?;
    let kind = payload::event(json)?.kind;
    let delivery = again(ctx, &mut webhook, *seq, kind)?;
    Reply::of(&view::delivery(&webhook, delivery))
}

/// Sends a webhook an event of its own. Event `webhook.tested`.
///
/// # Errors
/// `not_found`; `conflict` where the webhook is switched off.
pub fn test_webhook(ctx: &mut Ctx<'_>, input: &TestWebhook) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let mut webhook = known(ctx, input.webhook_id)?;
    let kind = "webhook.tested";
    let seq = view::tell(ctx, kind, &webhook, None)?;
    let delivery = again(ctx, &mut webhook, seq, kind.to_owned())?;
    Reply::of(&view::delivery(&webhook, delivery))
}

fn known(ctx: &Ctx<'_>, id: WebhookId) -> Result<Webhook, Reject> {
    webhooks::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("webhook"))
}

fn again(
    ctx: &mut Ctx<'_>,
    webhook: &mut Webhook,
    seq: i64,
    kind: String,
) -> Result<deliveries::Delivery, Reject> {
    if !webhook.active {
        return Err(Reject::conflict("the webhook is switched off"));
    }
    let found = deliveries::find(ctx.sql, webhook.number, seq)?;
    let waited = found.as_ref().is_some_and(|found| found.state == DeliveryState::Waiting);
    if !waited && webhook.waiting >= WAITING_MAX {
        return Err(Reject::conflict("too many deliveries wait already"));
    }
    let mut delivery = found.unwrap_or_else(|| flow::fresh(ctx, seq, kind));
    (delivery.state, delivery.attempts, delivery.due) = (DeliveryState::Waiting, 0, Some(ctx.now));
    webhook.waiting += i64::from(!waited);
    deliveries::put(ctx.sql, webhook.number, &delivery)?;
    webhooks::update(ctx.sql, webhook)?;
    flow::wake(ctx, webhook)?;
    Ok(delivery)
}
