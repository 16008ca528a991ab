//! An identity that became an alias hands over what it had.
//!
//! Between prospect actors. An owner joins it to its own, once; an alias that has it already says
//! so, another sends the sender on to its own owner (`gone` with `movedTo`).

use crate::kernel::Ctx;
use crate::prospect_dedup::store::{identities, me};
use crate::prospect_dedup::{merge, person};
use schema::prospect::{Absorb, Noted, moved};
use schema::{Code, Reject};

/// Joins what an alias had.
///
/// # Errors
/// See above; `forbidden` (only for Postroom itself).
pub fn absorb(ctx: &mut Ctx<'_>, input: &Absorb) -> Result<Noted, Reject> {
    ctx.require_system()?;
    if input.from == person::own_id(ctx)? {
        return Err(Reject::field("from", "is this identity itself"));
    }
    let known = identities::find(ctx.sql, input.from)?;
    if known.is_some_and(|row| row.state == identities::LINKED) {
        return Ok(Noted::Here {});
    }
    let Some(mut me) = me::load(ctx.sql)? else {
        return Err(Reject::new(Code::Unavailable, "this identity owns nothing yet"));
    };
    match me.alias_of {
        Some(to) => Err(moved(to)),
        None => merge::join(ctx, &mut me, input).map(|()| Noted::Here {}),
    }
}
