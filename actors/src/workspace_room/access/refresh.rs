//! `refresh`: a refresh token is changed for the next.
//!
//! Who: a visitor. A token that was changed before has been copied: its session ends, and whoever
//! holds the newest token is out as well. That must be committed, so every outcome is a reply.

use super::authorise::require_visitor;
use super::store::{agents, sessions, tokens};
use super::{SESSION_IDLE_MS, check, open};
use crate::kernel::{Ctx, Reply};
use schema::Reject;
use schema::room::access::{Opened, Refresh, Refreshed};

/// Refreshes a session.
///
/// # Errors
/// `forbidden`, `invalid_input`, `conflict`; a token that is not good is no error but a reply
/// without a session.
pub fn refresh(ctx: &mut Ctx<'_>, input: &Refresh) -> Result<Reply, Reject> {
    require_visitor(ctx)?;
    check::hash("tokenHash", &input.token_hash)?;
    check::hash("nextHash", &input.next_hash)?;
    Reply::of(&Refreshed { opened: rotate(ctx, input)? })
}

fn rotate(ctx: &mut Ctx<'_>, input: &Refresh) -> Result<Option<Opened>, Reject> {
    let Some(given) = tokens::find(ctx.sql, &input.token_hash)? else { return Ok(None) };
    if given.rotated {
        if let Some(session) = sessions::find(ctx.sql, given.session)? {
            open::note(ctx, "session.tokenReused", session.agent, Some(session.id))?;
        }
        open::end(ctx, given.session)?;
        return Ok(None);
    }
    let Some(session) = sessions::find(ctx.sql, given.session)? else { return Ok(None) };
    let Some(known) = agents::find(ctx.sql, session.agent)? else { return Ok(None) };
    if session.expires_at <= ctx.now || !known.agent.active {
        return Ok(None);
    }
    open::unknown_token(ctx, &input.next_hash)?;
    tokens::rotate(ctx.sql, &input.token_hash, ctx.now)?;
    tokens::insert(ctx.sql, &input.next_hash, session.id)?;
    // Kept for as long as it could have been good, had it not been changed.
    tokens::forget(ctx.sql, session.id, ctx.now - SESSION_IDLE_MS)?;
    let expires_at = open::next_end(&session, ctx.now);
    sessions::extend(ctx.sql, session.id, expires_at)?;
    open::opened(ctx, known, session.id, expires_at).map(Some)
}
