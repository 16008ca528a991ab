//! The person was erased; the alias forgets its identity's text, and all it knew of others.
//!
//! Between prospect actors.

use crate::kernel::Ctx;
use crate::prospect_dedup::store::{identities, me};
use schema::Reject;
use schema::prospect::{Forget, Noted};

/// Forgets the text.
///
/// # Errors
/// `forbidden` (only for Postroom itself).
pub fn forget(ctx: &mut Ctx<'_>, _input: &Forget) -> Result<Noted, Reject> {
    ctx.require_system()?;
    let Some(mut me) = me::load(ctx.sql)? else { return Ok(Noted::Here {}) };
    if me.alias_of.is_some() && me.identity.is_some() {
        me.identity = None;
        me::save(ctx.sql, &me)?;
        identities::forget_all_texts(ctx.sql)?;
    }
    Ok(Noted::Here {})
}
