//! Outgoing webhooks: where their secrets are made, and where their addresses are looked at by
//! somebody who knows which environment this is. The rest is in the table of lines.

use crate::app::{Call, read};
use crate::platform::Platform;
use crate::respond::Reply;
use actors::webhook::sign;
use actors::webhook::target::{self, Loopback};
use schema::ids::WebhookId;
use schema::room::RoomCommand;
use schema::room::webhook::{ChangeWebhook, CreateWebhook, RotateWebhookSecret, Webhook};
use schema::{Millis, Principal, Reject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct NewWebhook {
    /// Where to: `https`, port 443, an address on the Internet.
    url: String,
    /// Which events: types such as `ticket.created`, `ticket.*`, `*`; 1 to 50.
    kinds: Vec<String>,
    /// What for: at most 200 characters.
    #[serde(default)]
    description: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct WebhookMade {
    webhook: Webhook,
    /// What requests are signed with: `whsec_` and base64. It is shown here and never again.
    secret: String,
}

/// `POST /v1/webhooks`.
///
/// # Errors
/// The room's; `invalid_input` for an address that is none to ask.
pub async fn create<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let NewWebhook { url, kinds, description } = call.body(&[]).await?;
    check_url(&call, &url)?;
    let (secret, sealed_secret) = secret(&call, &principal)?;
    let command = CreateWebhook { url, kinds, description, sealed_secret };
    let reply = call.room_as(principal, &RoomCommand::CreateWebhook(command)).await?;
    let made = WebhookMade { webhook: read(&reply)?, secret };
    let location = Some(format!("/v1/webhooks/{}", made.webhook.id));
    Ok(Reply { status: 201, replayed: reply.replayed, location, ..Reply::of(&made)? })
}

/// `PATCH /v1/webhooks/{id}`, with `If-Match`.
///
/// # Errors
/// The room's; `invalid_input` for an address that is none to ask.
pub async fn change<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let mut extras = call.if_match("ifVersion")?;
    extras.push(call.id_as("webhookId"));
    let input: ChangeWebhook = call.body(&extras).await?;
    if let Some(url) = &input.url {
        check_url(&call, url)?;
    }
    Ok(call.room(&RoomCommand::ChangeWebhook(input)).await?.tagged())
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rotation {
    /// For how long the old secret signs, too: 0 to 7 days in milliseconds; a day where absent.
    #[serde(default)]
    pub(crate) keep_previous_ms: Option<Millis>,
}

/// `POST /v1/webhooks/{id}/rotate-secret`.
///
/// # Errors
/// The room's.
pub async fn rotate<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let Rotation { keep_previous_ms } = call.body_or_empty(&[]).await?;
    let (secret, sealed_secret) = secret(&call, &principal)?;
    let webhook_id = WebhookId(call.ids.first);
    let command = RotateWebhookSecret { webhook_id, keep_previous_ms, sealed_secret };
    let reply = call.room_as(principal, &RoomCommand::RotateWebhookSecret(command)).await?;
    let made = WebhookMade { webhook: read(&reply)?, secret };
    Ok(Reply { replayed: reply.replayed, ..Reply::of(&made)? })
}

/// A secret as its owner gets it, and sealed for the workspace's webhooks.
fn secret<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
) -> Result<(String, Vec<u8>), Reject> {
    let scope = format!("webhook|{}|{}", principal.key_scope(), call.request.path);
    let secret: [u8; sign::SECRET_BYTES] = Sha256::digest(call.nonce(&scope)?).into();
    let owner = format!("{}/webhooks", principal.workspace);
    Ok((sign::secret_text(&secret), call.seal(&owner, &secret)?))
}

/// An address is asked from here: not this Worker itself, nor, but on somebody's own machine, that
/// machine.
fn check_url<P: Platform>(call: &Call<'_, P>, url: &str) -> Result<(), Reject> {
    let loopback = if call.config.local() { Loopback::Allowed } else { Loopback::Refused };
    let url = target::check(url.trim(), loopback).map_err(|why| Reject::field("url", why))?;
    if url.origin == call.request.origin {
        return Err(Reject::field("url", "must not be Postroom's own"));
    }
    Ok(())
}
