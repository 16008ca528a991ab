//! Says that another prospect is the same person.
//!
//! For agents who may work; it cannot be undone. The stronger of both owns in the end; until that
//! is settled nobody may write to the person. Rejects: `invalid_input`, `not_found`, `gone`.

use crate::kernel::Ctx;
use crate::prospect_dedup::{person, view};
use schema::prospect::{Link, Prospect};
use schema::{Permission, Reject};

/// Links two prospects.
///
/// # Errors
/// See above.
pub fn link(ctx: &mut Ctx<'_>, input: &Link) -> Result<Prospect, Reject> {
    ctx.require(Permission::Work)?;
    if input.to == person::own_id(ctx)? {
        return Err(Reject::field("to", "is this prospect"));
    }
    let mut me = person::owner(ctx)?;
    if person::claim(ctx, input.to, None, true)? {
        person::note(ctx, "identity.claimed", Some(input.to.to_string()))?;
        person::touch(ctx, &mut me)?;
    }
    view::prospect(ctx, me)
}
