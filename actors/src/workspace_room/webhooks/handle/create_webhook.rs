//! Making a webhook.

use super::fields;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::webhooks::store::webhooks::{self, Webhook};
use crate::workspace_room::webhooks::{MARK, view};
use schema::ids::WebhookId;
use schema::room::webhook::{CreateWebhook, WEBHOOKS_MAX};
use schema::{Permission, Reject};

/// Makes a webhook, which gets what happens from now on. Event `webhook.created`.
///
/// # Errors
/// `invalid_input`; `conflict` where there are [`WEBHOOKS_MAX`] already.
pub fn create_webhook(ctx: &mut Ctx<'_>, input: &CreateWebhook) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let url = fields::url(&input.url)?;
    let kinds = fields::kinds(&input.kinds)?;
    let description = fields::description(input.description.as_deref())?;
    fields::sealed(&input.sealed_secret)?;
    if webhooks::list(ctx.sql)?.len() as i64 >= WEBHOOKS_MAX {
        return Err(Reject::conflict(format!("a workspace has at most {WEBHOOKS_MAX} webhooks")));
    }

    let webhook = Webhook {
        number: 0,
        id: WebhookId(ctx.uuid()),
        url,
        description,
        kinds,
        active: true,
        disabled_reason: None,
        sealed_secret: input.sealed_secret.clone(),
        sealed_previous: None,
        previous_until: None,
        cursor: ctx.seq() + 1,
        waiting: 0,
        failures: 0,
        failing_since: None,
        hold_until: 0,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    webhooks::insert(ctx.sql, &webhook)?;
    view::tell(ctx, "webhook.created", &webhook, None)?;
    ctx.mark(MARK, true);
    Reply::of(&view::webhook(ctx, &webhook))
}
