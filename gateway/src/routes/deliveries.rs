//! A relay tells what became of the mail that an inbox handed it: `POST /webhooks/delivery/…`, and
//! the endpoint that it tells it to.
//!
//! Nobody logs in there. The address names its inbox, sealed, so that one that is made up wakes
//! nobody; what comes is signed by the inbox's own secret (Standard Webhooks), over the bytes as
//! they came, and nothing of it is read before that is known. Whose mails it may tell of follows
//! from the secret, never from the body.

use super::campaigns::public_url;
use super::webhooks::Rotation;
use crate::app::{Call, read};
use crate::platform::{Platform, Point};
use crate::respond::Reply;
use crate::router::other_method;
use actors::mail::inbox_name::{name_of, read as inbox_of, written};
use actors::mail::seal::{NONCE_BYTES, SealKey};
use actors::webhook::sign;
use hmac::{Hmac, KeyInit, Mac};
use schema::delivery::{
    DeleteDeliveryWebhook, DeliveriesNoted, DeliveryEvent, DeliveryKeys, DeliveryKind,
    DeliveryWebhook, EVENTS_MAX, GetDeliveryKeys, MakeDeliveryWebhook, NoteDeliveries,
    POST_ID_CHARS_MAX, RotateDeliverySecret,
};
use schema::ids::{DeliveryKeyId, InboxId};
use schema::inbox::InboxCommand;
use schema::{ActorKind, Code, Permission, Principal, Reject};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How the paths begin that relays tell to.
pub const PATH: &str = "/webhooks/delivery/";
/// What the names in these paths are sealed for.
const OWNER: &str = "delivery webhook";
const BODY_BYTES_MAX: usize = 256 * 1024;

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryWebhookMade {
    delivery_webhook: DeliveryWebhook,
    /// Where the relay tells to. Without `PUBLIC_URL` it is the path alone.
    url: String,
    /// What it signs with: `whsec_` and base64. It is shown here and never again.
    secret: String,
}

/// `POST /v1/inboxes/{id}/delivery-webhook`.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn make<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Manage).await?;
    let command = InboxCommand::MakeDeliveryWebhook(MakeDeliveryWebhook {});
    let reply = made(&call, principal, &command).await?;
    let location = Some(format!("/v1/inboxes/{}", InboxId(call.ids.first)));
    Ok(Reply { status: 201, location, ..reply })
}

/// `POST /v1/inboxes/{id}/delivery-webhook/rotate-secret`.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, the inbox's.
pub async fn rotate<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let Rotation { keep_previous_ms } = call.body_or_empty(&[]).await?;
    let rotate = RotateDeliverySecret { keep_previous_ms };
    made(&call, principal, &InboxCommand::RotateDeliverySecret(rotate)).await
}

/// `DELETE /v1/inboxes/{id}/delivery-webhook`.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn delete<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Manage).await?;
    let command = InboxCommand::DeleteDeliveryWebhook(DeleteDeliveryWebhook {});
    call.inbox(principal, InboxId(call.ids.first), &command).await
}

async fn made<P: Platform>(
    call: &Call<'_, P>,
    principal: Principal,
    command: &InboxCommand,
) -> Result<Reply, Reject> {
    let inbox = InboxId(call.ids.first);
    let instance = format!("{}/{inbox}", principal.workspace);
    let keys = keys(call)?;
    let path = keys[0].path_of(&instance)?;
    let reply = call.inbox(principal, inbox, command).await?;
    let delivery_webhook: DeliveryWebhook = read(&reply)?;
    let secret = sign::secret_text(&keys[0].secret(&instance, delivery_webhook.key_id));
    let url = format!("{}{path}", public_url(call).trim_end_matches('/'));
    let made = DeliveryWebhookMade { delivery_webhook, url, secret };
    Ok(Reply { replayed: reply.replayed, ..Reply::of(&made)? })
}

/// The deployment's key: it seals names of inboxes, and secrets are made with it.
struct Key {
    seal: SealKey,
    mac: Hmac<Sha256>,
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let mac = Hmac::new_from_slice(text.trim().as_bytes()).ok()?;
        Some(Self { seal: SealKey::parse(text).ok()?, mac })
    }

    /// The path of an inbox: the same whenever it is asked for.
    fn path_of(&self, instance: &str) -> Result<String, Reject> {
        let fault = |why: &str| Reject::internal(format!("SECRETS_KEY: {why}"));
        let name = name_of(instance).ok_or_else(|| Reject::internal("an inbox without a name"))?;
        // One nonce for one name: it never seals two.
        let digest = Sha256::new().chain_update(OWNER).chain_update(name).finalize();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&digest[..NONCE_BYTES]);
        let sealed = self.seal.seal(OWNER, nonce, &name);
        let sealed = sealed.map_err(|error| fault(&error.to_string()))?;
        Ok(format!("{PATH}{}", written(&sealed)))
    }

    /// The secret of a name, of an inbox.
    fn secret(&self, instance: &str, id: DeliveryKeyId) -> Vec<u8> {
        let mac = self.mac.clone().chain_update(format!("{OWNER}|{instance}|{id}"));
        mac.finalize().into_bytes().to_vec()
    }
}

/// The keys of the deployment, the one of now first.
fn keys<P: Platform>(call: &Call<'_, P>) -> Result<Vec<Key>, Reject> {
    let names = ["SECRETS_KEY", "SECRETS_KEY_PREVIOUS"];
    let keys = names.iter().filter_map(|name| call.platform.var(name));
    let keys: Vec<Key> = keys.filter_map(|key| Key::parse(&key)).collect();
    if keys.is_empty() {
        return Err(Reject::internal("SECRETS_KEY is not set, or no key"));
    }
    Ok(keys)
}

/// An event as it was posted; none of a kind that nobody here knows, about no mail, or about nobody
/// who can be read. Each is read by itself, so that an odd one costs the others nothing. What it
/// says beside this is not looked at.
fn event_of(told: &Value) -> Option<DeliveryEvent> {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let event = DeliveryKind::parse(told.get("event")?.as_str()?)?;
    let send_id = text(told, "sendId").and_then(|id| id.parse().ok());
    let message_id = text(told, "messageId").map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
    if send_id.is_none() && message_id.is_none() {
        return None;
    }
    // Without one it is about the only one.
    let recipient = match told.get("recipient") {
        None | Some(Value::Null) => None,
        Some(of) => Some(of.as_str()?.to_owned()),
    };
    let bounce = told.get("bounce").unwrap_or(&Value::Null);
    let is_hard = match text(bounce, "type").as_deref() {
        Some("hard") => Some(true),
        Some("soft") => Some(false),
        _ => None,
    };
    // A bare reply code may come as a number.
    let number = bounce.get("status").filter(|status| status.is_number());
    let status = text(bounce, "status").or_else(|| number.map(Value::to_string));
    let diagnostic = text(bounce, "diagnostic");
    let diagnostic = diagnostic.unwrap_or_default();
    Some(DeliveryEvent { event, send_id, message_id, recipient, is_hard, status, diagnostic })
}

/// `POST /webhooks/delivery/{endpoint}`: takes note of what a relay tells, once for its id.
///
/// # Errors
/// `not_found` for an address that is none of ours, or no longer; `unauthorized` for what is not
/// signed, not now, or by nobody whom the inbox knows; `too_large`, `bad_request`,
/// `invalid_input`; `unavailable` where the same post should come again.
pub async fn told<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let unknown = || Reject::not_found("page");
    let endpoint = call.request.path.strip_prefix(PATH).unwrap_or_default();
    let keys = keys(&call)?;
    let seals: Vec<SealKey> = keys.iter().map(|key| key.seal.clone()).collect();
    let (workspace, inbox) = inbox_of(&seals, OWNER, endpoint).ok_or_else(unknown)?;
    if call.request.method != "POST" {
        return Err(other_method("POST"));
    }
    let head = Head::read(&call)?;
    let system = Principal::system(workspace);
    let instance = format!("{workspace}/{inbox}");
    let known = known(&call, &system, &instance).await?;
    let secrets = keys.iter().flat_map(|key| known.iter().map(|id| key.secret(&instance, *id)));
    let secrets: Vec<Vec<u8>> = secrets.collect();
    // Whatever type a relay says that it is of: what counts is that it is signed.
    let kind = call.request.headers.get("content-type").unwrap_or_default();
    let body = call.bytes(&kind, BODY_BYTES_MAX).await?;
    if !sign::is_signed(&secrets, &head.signature, &head.id, &head.timestamp, &body) {
        return Err(refused());
    }
    let posted: Value = schema::codec::read_json(&body)?;
    let events = posted.get("events").and_then(Value::as_array);
    let events = events.ok_or_else(|| Reject::field("events", "must be a list"))?;
    if events.len() > EVENTS_MAX {
        let why = format!("a post must have at most {EVENTS_MAX} events");
        return Err(Reject::new(Code::TooLarge, why));
    }
    let count = events.len();
    let events: Vec<_> = events.iter().filter_map(event_of).collect();
    let unread = (count - events.len()) as i64;
    let note = InboxCommand::NoteDeliveries(NoteDeliveries { post_id: head.id, events });
    let reply = call.ask(ActorKind::InboxState, instance, system, None, &note).await?;
    let mut noted: DeliveriesNoted = read(&reply)?;
    if !noted.repeated {
        noted.ignored += unread;
    }
    let numbers = [noted.noted as f64, noted.late as f64, noted.ignored as f64];
    call.platform.count(&Point { event: "delivery", labels: &[], numbers: &numbers });
    Reply::of(&noted)
}

/// What a post says of itself.
struct Head {
    id: String,
    timestamp: String,
    signature: String,
}

impl Head {
    fn read<P: Platform>(call: &Call<'_, P>) -> Result<Self, Reject> {
        let get = |name| call.request.headers.get(name).ok_or_else(refused);
        let head = Self {
            id: get("webhook-id")?,
            timestamp: get("webhook-timestamp")?,
            signature: get("webhook-signature")?,
        };
        let is_id = (1..=POST_ID_CHARS_MAX).contains(&head.id.len())
            && head.id.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_id || !sign::is_timely(&head.timestamp, call.platform.now()) {
            return Err(refused());
        }
        Ok(head)
    }
}

fn refused() -> Reject {
    Reject::new(Code::Unauthorized, "the post is not signed, or not for now")
}

/// The names of the secrets of an inbox's relay that are good now.
async fn known<P: Platform>(
    call: &Call<'_, P>,
    system: &Principal,
    instance: &str,
) -> Result<Vec<DeliveryKeyId>, Reject> {
    let command = InboxCommand::GetDeliveryKeys(GetDeliveryKeys {});
    let kind = ActorKind::InboxState;
    let reply = call.ask(kind, instance.to_owned(), system.clone(), None, &command).await;
    let reply = reply.map_err(|reject| match reject.code {
        Code::NotFound => Reject::not_found("page"),
        _ => reject,
    })?;
    let DeliveryKeys { keys } = read(&reply)?;
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_read_by_itself_and_an_odd_one_is_none() {
        let id = "0190f5fe-7c00-7a00-8000-0000000000ff";
        for odd in [
            json!(null),
            json!("delivered"),
            json!({ "sendId": id }),
            json!({ "event": null, "sendId": id }),
            json!({ "event": 7, "sendId": id }),
            json!({ "event": "opened", "sendId": id }),
            json!({ "event": "delivered" }),
            json!({ "event": "delivered", "sendId": 7 }),
            json!({ "event": "delivered", "sendId": "x" }),
            json!({ "event": "delivered", "sendId": id, "recipient": ["bob@example.org"] }),
        ] {
            assert_eq!(event_of(&odd), None, "{odd}");
        }
        let known = json!({ "event": "bounced", "messageId": "<a@b> ", "recipient": null,
            "bounce": { "type": "hard", "status": "5.1.1", "diagnostic": 7 }, "more": {} });
        let event = event_of(&known).expect("an event");
        assert_eq!((event.message_id.as_deref(), event.is_hard), (Some("a@b"), Some(true)));
        assert_eq!((event.status.as_deref(), &*event.diagnostic), (Some("5.1.1"), ""));
        for (status, read) in
            [(json!(450), Some("450")), (json!("450"), Some("450")), (json!(["450"]), None)]
        {
            let told = json!({ "event": "bounced", "sendId": id,
                "bounce": { "type": "hard", "status": status } });
            let event = event_of(&told).expect("an event");
            assert_eq!(event.status.as_deref(), read, "{told}");
        }
        let bare = event_of(&json!({ "event": "bounced", "sendId": id, "bounce": "hard" }));
        assert_eq!(bare.map(|event| event.is_hard), Some(None));
    }
}
