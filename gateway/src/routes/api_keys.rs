//! API keys: made here, shown once; the room knows their hash. The rest is in the table of lines.

use crate::app::{Call, read};
use crate::platform::Platform;
use crate::respond::Reply;
use crate::token;
use schema::room::RoomCommand;
use schema::room::api_key::{ApiKey, CreateApiKey};
use schema::{Millis, Reject, Role};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewApiKey {
    /// What it is for: 1 to 100 characters.
    name: String,
    /// What it may: not more than its maker.
    role: Role,
    /// When it ends: in the future, within ten years; absent where it does not end by itself.
    #[serde(default)]
    expires_at: Option<Millis>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyMade {
    api_key: ApiKey,
    /// The key: send it as `Authorization: Bearer prk_…`. It is shown here and never again.
    key: String,
}

/// `POST /v1/api-keys`.
///
/// # Errors
/// The room's.
pub async fn create<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let NewApiKey { name, role, expires_at } = call.body(&[]).await?;
    let nonce = call.nonce(&format!("apiKey|{}", principal.key_scope()))?;
    let key = call.config.keys.api_key(principal.workspace, &nonce);
    let key_hash = token::sha256_hex(key.as_bytes());
    let command = CreateApiKey { name, role, expires_at, key_hash };
    let reply = call.room_as(principal, &RoomCommand::CreateApiKey(command)).await?;
    let made = ApiKeyMade { api_key: read(&reply)?, key };
    let location = Some(format!("/v1/api-keys/{}", made.api_key.id));
    Ok(Reply { status: 201, replayed: reply.replayed, location, ..Reply::of(&made)? })
}
