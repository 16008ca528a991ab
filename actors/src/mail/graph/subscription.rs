//! Change notifications: Graph is asked to tell of new mail, and what it tells is known to be its.
//!
//! What a notification brings back (`clientState`) is the inbox's name, sealed: who can open it
//! knows that it comes from whom the subscription was made with, and which inbox it is for, without
//! asking anybody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::ids::{InboxId, WorkspaceId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::GraphError;
use super::http::Http;
use super::link::encoded;
use super::session::{JSON_BYTES_MAX, Session, bad, json};
use crate::mail::seal::{self, SealKey};

/// What the names in notifications are sealed for.
pub(super) const STATE_OWNER: &str = "graph|notification";
/// The longest that `clientState` may be.
const STATE_BYTES_MAX: usize = 128;

/// Has Graph tell of new mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    /// The subscription that is to go on, where there is one.
    pub known: Option<String>,
    /// Until when, in Unix milliseconds.
    pub until_ms: i64,
    /// Where notifications go; the shell fills it in.
    pub url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'n> {
    change_type: &'static str,
    notification_url: &'n str,
    lifecycle_notification_url: &'n str,
    resource: &'static str,
    expiration_date_time: &'n str,
    client_state: &'n str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Longer<'n> {
    expiration_date_time: &'n str,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl<H: Http> Session<'_, H> {
    /// Has a subscription go on; where Graph does not know it any more, makes one. Gives its id.
    ///
    /// # Errors
    /// [`GraphError`].
    pub async fn subscribe(&self, asked: &Subscribe, state: &str) -> Result<String, GraphError> {
        let until = OffsetDateTime::from_unix_timestamp(asked.until_ms / 1000);
        let until = until.ok().and_then(|until| until.format(&Rfc3339).ok());
        let until = until.ok_or_else(|| bad("a time that is none"))?;
        if let Some(known) = &asked.known {
            let path = format!("/subscriptions/{}", encoded(known));
            match self.patch(&path, &Longer { expiration_date_time: &until }).await {
                Ok(_) => return Ok(known.clone()),
                Err(GraphError::Refused { status: 404, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let body = New {
            change_type: "created",
            notification_url: &asked.url,
            lifecycle_notification_url: &asked.url,
            resource: "/me/mailFolders('inbox')/messages",
            expiration_date_time: &until,
            client_state: state,
        };
        let Made { id } = json(&self.post_json("/subscriptions", &body, JSON_BYTES_MAX).await?)?;
        if id.is_empty() { Err(bad("a subscription without an id")) } else { Ok(id) }
    }
}

/// The 32 bytes that name an inbox.
pub(super) fn name_of(instance: &str) -> Option<[u8; 32]> {
    let (workspace, inbox) = instance.split_once('/')?;
    let mut name = [0; 32];
    name[..16].copy_from_slice(Uuid::try_parse(workspace).ok()?.as_bytes());
    name[16..].copy_from_slice(Uuid::try_parse(inbox).ok()?.as_bytes());
    Some(name)
}

/// What a notification is to bring back.
pub(super) fn written(sealed: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sealed)
}

/// The inbox that a notification is for; none where it does not come from Graph.
#[must_use]
pub fn notified(keys: &[SealKey], state: &str) -> Option<(WorkspaceId, InboxId)> {
    if state.len() > STATE_BYTES_MAX {
        return None;
    }
    let sealed = URL_SAFE_NO_PAD.decode(state).ok()?;
    let name = seal::open(keys, STATE_OWNER, &sealed).ok()?;
    let (workspace, inbox) = name.split_first_chunk::<16>()?;
    let inbox: [u8; 16] = inbox.try_into().ok()?;
    Some((WorkspaceId(Uuid::from_bytes(*workspace)), InboxId(Uuid::from_bytes(inbox))))
}
