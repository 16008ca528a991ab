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
use serde::{Deserialize, Serialize};
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

/// What a relay posts. What it says beside this is not looked at.
#[derive(Deserialize)]
struct Posted {
    events: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    event: String,
    #[serde(default)]
    send_id: Option<String>,
    #[serde(default)]
    message_id: Option<String>,
    #[serde(default)]
    recipient: Option<String>,
    #[serde(default)]
    bounce: Option<Bounce>,
}

#[derive(Default, Deserialize)]
struct Bounce {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    diagnostic: Option<String>,
}

impl Told {
    /// The event; none of a kind that nobody here knows, or about no mail.
    fn event(self) -> Option<DeliveryEvent> {
        let send_id = self.send_id.and_then(|id| id.parse().ok());
        let message_id = self.message_id.map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
        if send_id.is_none() && message_id.is_none() {
            return None;
        }
        let bounce = self.bounce.unwrap_or_default();
        Some(DeliveryEvent {
            event: DeliveryKind::parse(&self.event)?,
            send_id,
            message_id,
            recipient: self.recipient,
            is_hard: bounce.kind == "hard",
            status: bounce.status,
            diagnostic: bounce.diagnostic.unwrap_or_default(),
        })
    }
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
        return Err(Reject::new(Code::MethodNotAllowed, "this path takes POST"));
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
    let Posted { events } = schema::codec::read_json(&body)?;
    if events.len() > EVENTS_MAX {
        let why = format!("a post must have at most {EVENTS_MAX} events");
        return Err(Reject::new(Code::TooLarge, why));
    }
    let count = events.len();
    let events: Vec<_> = events.into_iter().filter_map(Told::event).collect();
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
