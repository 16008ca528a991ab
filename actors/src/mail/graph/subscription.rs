//! Change notifications: Graph is asked to tell of new mail, and what it tells is known to be its.
//!
//! What a notification brings back (`clientState`) is the inbox's name, sealed: who can open it
//! knows that it comes from whom the subscription was made with, and which inbox it is for, without
//! asking anybody.

use schema::ids::{InboxId, WorkspaceId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::GraphError;
use super::http::Http;
use super::link::encoded;
use super::session::{JSON_BYTES_MAX, Session, bad, json};
use crate::mail::inbox_name;
use crate::mail::seal::SealKey;

/// What the names in notifications are sealed for.
pub(super) const STATE_OWNER: &str = "graph|notification";

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

/// The inbox that a notification is for; none where it does not come from Graph.
#[must_use]
pub fn notified(keys: &[SealKey], state: &str) -> Option<(WorkspaceId, InboxId)> {
    inbox_name::read(keys, STATE_OWNER, state)
}
