//! Microsoft Graph tells of new mail: `POST /webhooks/graph`.
//!
//! It is no part of the API, and nobody logs in to it. What a notification brings back was sealed
//! for Graph when it was asked to tell (`clientState`): one that does not open changes nothing and
//! costs no more than that. What comes is a hint, so it is answered with 202 at once, and the
//! inboxes are told of it after that.

use crate::app::Call;
use crate::body::Rule;
use crate::gather::gather;
use crate::platform::Platform;
use crate::query::Query;
use actors::mail::graph::notified;
use actors::mail::seal::SealKey;
use schema::inbox::InboxCommand;
use schema::microsoft::{Lifecycle, NoteChange};
use schema::sort::SortSmall;
use schema::{ActorKind, Envelope, Principal, Reject};
use serde::Deserialize;

/// Where it is.
pub const PATH: &str = "/webhooks/graph";

const BODY_BYTES_MAX: usize = 256 * 1024;
const TOKEN_BYTES_MAX: usize = 4_096;
/// How many inboxes are told at once; the others read by themselves.
const TOLD_MAX: usize = 20;

/// The answer: a status and a text.
pub type Said = (u16, String);

#[derive(Deserialize)]
struct Notifications {
    value: Vec<Notification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    #[serde(default)]
    subscription_id: String,
    #[serde(default)]
    client_state: Option<String>,
    #[serde(default)]
    lifecycle_event: Option<String>,
}

/// Answers for itself, where Graph asks whether it may tell; else takes note of what it tells.
///
/// # Errors
/// `not_found` for another method, `invalid_input`, `bad_request`, `too_large`.
pub async fn told<P: Platform + 'static>(mut call: Call<'_, P>) -> Result<Said, Reject> {
    if call.request.method != "POST" {
        return Err(Reject::not_found("page"));
    }
    let query = Query::read(call.request.query.as_deref(), &["validationToken"])?;
    if let Some(token) = query.long("validationToken", TOKEN_BYTES_MAX)? {
        // It goes back as it came, as plain text; nothing in it is ever markup.
        if token.contains(['<', '>']) || token.chars().any(char::is_control) {
            return Err(Reject::field("validationToken", "must be plain text"));
        }
        return Ok((200, token));
    }
    let text = call.text(Rule::AtMost(BODY_BYTES_MAX), &[]).await?;
    let all: Notifications = schema::codec::read_json(&text)?;
    let names = ["SECRETS_KEY", "SECRETS_KEY_PREVIOUS"];
    let keys = names.iter().filter_map(|name| call.platform.var(name));
    let keys: Vec<SealKey> = keys.filter_map(|key| SealKey::parse(&key).ok()).collect();
    let known = all.value.into_iter().filter_map(|one| {
        let inbox = notified(&keys, one.client_state.as_deref()?)?;
        Some((inbox, one.subscription_id, one.lifecycle_event))
    });
    // Many mails are one hint.
    let mut known: Vec<_> = known.collect();
    known.sort_small();
    known.dedup();
    let hints =
        known.into_iter().take(TOLD_MAX).map(|((workspace, inbox), subscription_id, event)| {
            let lifecycle = event.and_then(|event| Lifecycle::parse(&event));
            let command = InboxCommand::NoteChange(NoteChange { subscription_id, lifecycle });
            let (instance, system) = (format!("{workspace}/{inbox}"), Principal::system(workspace));
            let request_id = call.request_id.clone();
            Envelope { request_id, ..Envelope::new(instance, system, None, &command) }
        });
    let (hints, platform) = (hints.collect(), call.platform.twin());
    // Graph counts how long it takes to be answered. Whoever does not hear it reads by itself.
    call.platform.go_on(async move {
        let told = gather(hints, |hint| {
            let platform = &platform;
            async move { platform.call(ActorKind::InboxState, &hint).await }
        });
        drop(told.await);
    });
    Ok((202, String::new()))
}
