//! Erases the person.
//!
//! For admins. Personal fields, notes and the texts of identities are forgotten, here and at the
//! aliases; that the person must not be written to stays, under ids that are hashes, so that a later
//! import cannot bring the person back. Rejects: `forbidden`, `not_found`.

use crate::kernel::Ctx;
use crate::prospect_dedup::handle::suppress;
use crate::prospect_dedup::store::me;
use crate::prospect_dedup::{merge, outbox};
use schema::envelope::pack;
use schema::prospect::{Delete, Noted, ProspectCommand, Reason};
use schema::{Permission, Reject};

/// Erases the person.
///
/// # Errors
/// See above.
pub fn delete(ctx: &mut Ctx<'_>, input: &Delete) -> Result<Noted, Reject> {
    ctx.require(Permission::Manage)?;
    let mut me = me::load(ctx.sql)?.ok_or_else(|| Reject::not_found("prospect"))?;
    if let Some(to) = me.alias_of {
        ctx.outbox(outbox::FORWARD, "delete", &pack(&ProspectCommand::Delete(input.clone())))?;
        return Ok(Noted::Forwarded { to });
    }
    if !me.erased {
        suppress::add(ctx, &mut me, Reason::Erased, None, None)?;
        merge::erase(ctx, &mut me)?;
    }
    Ok(Noted::Here {})
}
