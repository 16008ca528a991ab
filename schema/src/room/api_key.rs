//! API keys: what programs call with, in the name of the agent who made them.
//!
//! The gateway makes the key and shows it once; the room knows its SHA-256.

use crate::Millis;
use crate::ids::{AgentId, ApiKeyId};
use crate::principal::Role;
use serde::{Deserialize, Serialize};

/// How many keys a workspace has at most.
pub const API_KEYS_MAX: i64 = 200;
/// The most characters of a key's name.
pub const API_KEY_NAME_CHARS_MAX: usize = 100;
/// How far off a key's end may be.
pub const API_KEY_MS_MAX: Millis = 10 * 366 * 24 * 60 * 60 * 1000;

/// A key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What it may: as much as this role, and never more than its agent may.
    pub role: Role,
    /// In whose name it acts: the agent who made it. While they are not active, neither is the key.
    pub agent_id: AgentId,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends; null where it does not end by itself.
    pub expires_at: Option<Millis>,
    /// When it was last used, give or take an hour; null where it never was.
    pub last_used_at: Option<Millis>,
}

/// The data of `apiKey.created` and `apiKey.revoked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyEvent {
    /// The key.
    pub api_key: ApiKey,
}

/// Makes a key for the caller. Reply: [`ApiKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateApiKey {
    /// What it is for: 1 to 100 characters.
    pub name: String,
    /// What it may: not more than its maker.
    pub role: Role,
    /// When it ends: in the future, within ten years; absent where it does not end by itself.
    #[serde(default)]
    pub expires_at: Option<Millis>,
    /// The SHA-256 of the key in lower-case hexadecimal.
    pub key_hash: String,
}

/// Lists the keys that are good or have run out, the latest first. Reply: a page of [`ApiKey`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListApiKeys {
    /// Only those of this agent.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a key. Reply: [`ApiKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetApiKey {
    /// The key.
    pub api_key_id: ApiKeyId,
}

/// Takes a key away: the next request with it is refused. Reply: [`ApiKey`] as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevokeApiKey {
    /// The key.
    pub api_key_id: ApiKeyId,
}
