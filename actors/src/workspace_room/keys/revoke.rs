//! `revokeApiKey`: from the next request on the key is nobody's.
//!
//! Who: who manages; a key of a role above the caller's is for those who have it. Event:
//! `apiKey.revoked`.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use schema::room::api_key::{ApiKeyEvent, RevokeApiKey};
use schema::{Permission, Reject};

/// Takes a key away.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`.
pub fn revoke_api_key(ctx: &mut Ctx<'_>, input: &RevokeApiKey) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Manage)?;
    let api_key = store::find(ctx.sql, input.api_key_id)?;
    let api_key = api_key.ok_or_else(|| Reject::not_found("API key"))?;
    if api_key.role > member.role {
        return Err(Reject::forbidden("this key may do more than you"));
    }
    store::remove(ctx.sql, api_key.id)?;
    ctx.event("apiKey.revoked", None, &ApiKeyEvent { api_key: api_key.clone() })?;
    Reply::of(&api_key)
}
