//! Dead letters: their texts in storage under `dead-letters/`, the rest in the one object that
//! knows them ([`schema::dead_letter`]).

use crate::auth::DEPLOYMENT;
use crate::log;
use crate::platform::{Platform, Point};
use crate::queue::Message;
use crate::token::sha256_hex;
use actors::mail::seal::{NONCE_BYTES, SealKey};
use actors::webhook::sign;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schema::alert::Alert;
use schema::dead_letter::{
    Bell, Consumed, DropLetter, KeepLetter, Left, Letter, Meeting, PipelineCommand, Ring, instance,
};
use schema::ids::DeadLetterId;
use schema::limiter::LimiterCommand;
use schema::pipeline::{MeetingAsked, Queue};
use schema::{ActorKind, Code, Envelope, Principal, Reject, codec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A dead letter as it is in storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "StoredDeadLetter")
)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// What the list of dead letters says.
    pub letter: Letter,
    /// The platform's name for the message.
    pub message_id: String,
    /// The message, as it lay on its queue.
    pub message: String,
}

/// Where the text of a dead letter is.
fn key(id: DeadLetterId) -> String {
    format!("dead-letters/{id}.json")
}

/// The id of a message as a dead letter: a UUIDv8 of its time, and of its name.
fn id_of(message: &Message) -> DeadLetterId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&message.sent_at.max(0).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&Sha256::digest(&message.id)[..10]);
    DeadLetterId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Keeps a message as a dead letter. Done twice, it is one.
///
/// # Errors
/// `unavailable` and the like: it is to be kept later.
pub async fn bury<P: Platform>(
    platform: &P,
    queue: Option<Queue>,
    message: &Message,
    why: &str,
) -> Result<(), Reject> {
    let reason: String = why.chars().take(schema::dead_letter::REASON_CHARS_MAX).collect();
    let letter = Letter {
        id: id_of(message),
        queue,
        reason,
        attempts: message.attempts,
        sent_at: message.sent_at,
        died_at: platform.now(),
    };
    let (id, name) = (letter.id.to_string(), queue.map_or("-", Queue::as_str));
    log::error(platform, "dead_letter", &[("id", &id), ("queue", name), ("why", &letter.reason)]);
    let (message_id, text) = (message.id.clone(), message.text.clone());
    let stored = Stored { letter: letter.clone(), message_id, message: text };
    platform.put_object(&key(letter.id), &codec::to_json(&stored)).await?;
    let bell = bell(platform)?;
    let command = PipelineCommand::KeepLetter(KeepLetter { letter, bell });
    ask::<_, Left>(platform, command).await.map(drop)
}

/// A dead letter with its text; none where there is none.
///
/// # Errors
/// `unavailable`.
pub async fn read<P: Platform>(platform: &P, id: DeadLetterId) -> Result<Option<Stored>, Reject> {
    let Some(bytes) = platform.object(&key(id)).await? else { return Ok(None) };
    let stored = codec::read_json(&bytes);
    stored.map(Some).map_err(|error| Reject::internal(format!("dead letter {id}: {error:?}")))
}

/// Forgets a dead letter; gives how many are left.
///
/// # Errors
/// `unavailable`.
pub async fn forget<P: Platform>(platform: &P, id: DeadLetterId) -> Result<i64, Reject> {
    platform.delete_object(&key(id)).await?;
    let bell = bell(platform)?;
    let command = PipelineCommand::DropLetter(DropLetter { id, bell });
    Ok(ask::<_, Left>(platform, command).await?.left)
}

/// Tells operators of somebody who wants to meet, where they want to be told. Told twice within a
/// day, they are told once.
///
/// # Errors
/// `unavailable` and the like: they are to be told later.
pub async fn tell_of_meeting<P: Platform>(
    platform: &P,
    asked: &MeetingAsked,
) -> Result<(), Reject> {
    let Some(bell) = bell(platform)? else { return Ok(()) };
    let key = format!("meeting:{}:{}:{}", asked.campaign_id, asked.prospect_id, asked.at);
    let command = PipelineCommand::Meeting(Meeting { asked: asked.clone(), bell });
    told(ask_once::<_, serde_json::Value>(platform, Some(key), command).await.map(drop))
}

/// Tells operators that trouble begins or ends, where that is news to them.
///
/// # Errors
/// `unavailable` and the like: they are to be told later.
pub async fn ring<P: Platform>(platform: &P, alert: Alert) -> Result<(), Reject> {
    let bell = bell(platform)?;
    let command = PipelineCommand::Ring(Ring { alert, bell });
    ask::<_, serde_json::Value>(platform, command).await.map(drop)
}

/// Whether operators were told: also where the bell was another one when they were.
fn told(answer: Result<(), Reject>) -> Result<(), Reject> {
    match answer {
        Err(reject) if reject.code == Code::KeyReused => Ok(()),
        answer => answer,
    }
}

/// Counts what came of a batch. What cannot be counted is lost; nothing hangs on it.
pub async fn count<P: Platform>(platform: &P, batch: Consumed) {
    let numbers = [batch.done as f64, batch.again as f64, batch.buried as f64];
    platform.count(&Point { event: "queue", labels: &[batch.queue.as_str()], numbers: &numbers });
    let told: Result<serde_json::Value, _> = ask(platform, PipelineCommand::Consumed(batch)).await;
    if let Err(reject) = told {
        log::error(platform, "queue_not_counted", &[("why", &reject.message)]);
    }
}

/// Asks the object that knows the deployment's dead letters.
///
/// # Errors
/// Its refusals; `unavailable`.
pub async fn ask<P: Platform, T: DeserializeOwned>(
    platform: &P,
    command: PipelineCommand,
) -> Result<T, Reject> {
    ask_once(platform, None, command).await
}

/// The same; asked again under the same key, nothing is done again.
async fn ask_once<P: Platform, T: DeserializeOwned>(
    platform: &P,
    key: Option<String>,
    command: PipelineCommand,
) -> Result<T, Reject> {
    let command = LimiterCommand::Pipeline(command);
    let envelope = Envelope::new(instance(), Principal::system(DEPLOYMENT), key, &command);
    platform.call(ActorKind::RateLimiter, &envelope).await?.reply()
}

/// Where operators want to be rung, its secret sealed.
fn bell<P: Platform>(platform: &P) -> Result<Option<Bell>, Reject> {
    let Some(alerts) = &platform.config()?.alerts else { return Ok(None) };
    let Some(secret) = &alerts.secret else {
        return Ok(Some(Bell { url: alerts.url.clone(), sealed_secret: None }));
    };
    let fault = |why: String| Reject::internal(format!("SECRETS_KEY: {why}"));
    let text = platform.var("SECRETS_KEY").ok_or_else(|| fault("is not set".into()))?;
    let seal_key = SealKey::parse(&text).map_err(|error| fault(error.to_string()))?;
    // The nonce is made of the secret: one nonce never seals two.
    let digest = Sha256::digest(format!("{}|{}", instance(), sha256_hex(secret)));
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&digest[..NONCE_BYTES]);
    let sealed = seal_key.seal(&instance(), nonce, secret);
    let sealed_secret = Some(sealed.map_err(|error| fault(error.to_string()))?.into());
    Ok(Some(Bell { url: alerts.url.clone(), sealed_secret }))
}

/// Whom operators let ring: `ALERT_WEBHOOK_URL` and `ALERT_WEBHOOK_SECRET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// Where to.
    pub url: String,
    /// What signs, as webhooks are signed; nothing does where it is missing.
    pub secret: Option<Vec<u8>>,
}

impl Alerts {
    /// Reads the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let Some(url) = var("ALERT_WEBHOOK_URL") else { return Ok(None) };
        let secret = var("ALERT_WEBHOOK_SECRET").map(|text| {
            let base64 =
                text.strip_prefix(sign::PREFIX).and_then(|text| STANDARD.decode(text).ok());
            base64.filter(|secret| secret.len() >= 24).ok_or_else(|| {
                format!(
                    "ALERT_WEBHOOK_SECRET must be {} and at least 24 bytes in base64",
                    sign::PREFIX
                )
            })
        });
        Ok(Some(Self { url, secret: secret.transpose()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, sent_at: i64) -> Message {
        Message { id: id.into(), sent_at, attempts: 1, text: String::new() }
    }

    #[test]
    fn the_id_of_a_letter_is_that_of_its_message_and_in_the_order_of_time() {
        let id = id_of(&message("a", 1_793_620_800_000));
        assert_eq!(id, id_of(&message("a", 1_793_620_800_000)));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, id_of(&message("b", 1_793_620_800_000)));
        let later = id_of(&message("a", 1_793_620_800_001));
        assert!(id.to_string() < later.to_string());
        assert!(id_of(&message("z", -1)).to_string() < id.to_string());
    }

    #[test]
    fn who_was_told_by_another_bell_was_told() {
        let answer = |code| told(Err(Reject::new(code, "no"))).map_err(|reject| reject.code);
        assert_eq!(answer(Code::KeyReused), Ok(()));
        assert_eq!(answer(Code::Unavailable), Err(Code::Unavailable));
    }

    #[test]
    fn a_bell_without_a_good_secret_is_none() {
        let read = |secret: Option<&str>| {
            Alerts::read(|name| match name {
                "ALERT_WEBHOOK_URL" => Some("https://alerts.example".into()),
                _ => secret.map(str::to_owned),
            })
        };
        assert_eq!(read(None).expect("it").and_then(|alerts| alerts.secret), None);
        let good = sign::secret_text(&[7; 32]);
        assert_eq!(read(Some(&good)).expect("it").and_then(|it| it.secret), Some(vec![7; 32]));
        for bad in ["secret", "whsec_", "whsec_%%%", "whsec_AAAA"] {
            assert!(read(Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(Alerts::read(|_| None), Ok(None));
    }
}
