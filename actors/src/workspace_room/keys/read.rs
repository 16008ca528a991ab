//! `listApiKeys` and `getApiKey`. Who: who manages.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::TOP;
use schema::room::api_key::{API_KEYS_MAX, GetApiKey, ListApiKeys};
use schema::{Permission, Reject, page};

/// Lists the keys: there are never more than [`API_KEYS_MAX`].
///
/// # Errors
/// `unauthorized`, `forbidden`; `invalid_input` for a bad limit or cursor.
pub fn list_api_keys(ctx: &Ctx<'_>, input: &ListApiKeys) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let limit = page::limit(input.limit)?;
    let list = format!("apiKeys/{:?}", input.agent_id);
    let before = cursor::read(ctx, &list, input.cursor.as_deref())?;
    let before = before.map_or(TOP, |(_, number)| number);
    let wanted = store::list(ctx.sql, before, API_KEYS_MAX)?
        .into_iter()
        .filter(|(_, key)| input.agent_id.is_none_or(|agent| key.agent_id == agent))
        .take(usize::try_from(limit).unwrap_or(0) + 1)
        .map(|(number, key)| ((0, number), key));
    Reply::of(&cursor::page(ctx, &list, limit, wanted.collect()))
}

/// Reads a key.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`.
pub fn get_api_key(ctx: &Ctx<'_>, input: &GetApiKey) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let api_key = store::find(ctx.sql, input.api_key_id)?;
    Reply::of(&api_key.ok_or_else(|| Reject::not_found("API key"))?)
}
