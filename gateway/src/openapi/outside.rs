//! What the document says of webhooks and files.

use super::Schemas;
use super::functions::Function;
use crate::router::Route;
use crate::routes::webhooks;
use schema::room::webhook::{ChangeWebhook, Webhook};

/// Webhooks.
pub(super) fn of_webhooks(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::CreateWebhook => {
            let (body, reply) =
                (s.input::<webhooks::NewWebhook>(), s.reply::<webhooks::WebhookMade>());
            Function::makes("createWebhook", "Makes a webhook", body, reply)
        }
        Route::ChangeWebhook => {
            let (mut body, reply) = (s.input::<ChangeWebhook>(), s.reply::<Webhook>());
            super::take(&mut body, "ifVersion");
            super::take(&mut body, "webhookId");
            Function::does("changeWebhook", "Changes a webhook", body, reply).matching()
        }
        _ => {
            let (body, reply) =
                (s.input::<webhooks::Rotation>(), s.reply::<webhooks::WebhookMade>());
            let summary = "Replaces a webhook's secret";
            Function::does("rotateWebhookSecret", summary, body, reply).perhaps()
        }
    }
}
