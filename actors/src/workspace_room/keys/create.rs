//! `createApiKey`.
//!
//! Who: agents who manage, with a session: a key makes no keys. Changes: one row. Event:
//! `apiKey.created`. Refuses: a role above the maker's, an end that has passed, too many keys.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::{authorise, check};
use schema::ids::ApiKeyId;
use schema::room::api_key::{
    API_KEY_MS_MAX, API_KEY_NAME_CHARS_MAX, API_KEYS_MAX, ApiKey, ApiKeyEvent, CreateApiKey,
};
use schema::{Permission, Reject};

/// Makes a key.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `conflict`.
pub fn create_api_key(ctx: &mut Ctx<'_>, input: &CreateApiKey) -> Result<Reply, Reject> {
    let (agent, _, role) = authorise::require_session(ctx, Permission::Manage)?;

    let name = schema::check::line("name", &input.name, API_KEY_NAME_CHARS_MAX)?;
    check::hash("keyHash", &input.key_hash)?;
    if input.role > role {
        return Err(Reject::forbidden("a key cannot do more than who makes it"));
    }
    let ends = |at| at > ctx.now && at <= ctx.now + API_KEY_MS_MAX;
    if input.expires_at.is_some_and(|at| !ends(at)) {
        return Err(Reject::field("expiresAt", "must be in the future, within ten years"));
    }
    if store::standing(ctx.sql, &input.key_hash)?.is_some() {
        return Err(Reject::conflict("this was done before: use another Idempotency-Key"));
    }
    if store::count(ctx.sql)? >= API_KEYS_MAX {
        return Err(Reject::conflict(format!("a workspace has at most {API_KEYS_MAX} keys")));
    }

    let api_key = ApiKey {
        id: ApiKeyId(ctx.uuid()),
        name,
        role: input.role,
        agent_id: agent,
        created_at: ctx.now,
        expires_at: input.expires_at,
        last_used_at: None,
    };
    store::insert(ctx.sql, &api_key, &input.key_hash)?;
    ctx.event("apiKey.created", None, &ApiKeyEvent { api_key: api_key.clone() })?;
    Reply::of(&api_key)
}
