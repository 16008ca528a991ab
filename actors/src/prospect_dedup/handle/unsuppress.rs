//! Lifts suppressions of one reason.
//!
//! For admins, with a note that is kept. A complaint cannot be lifted, and nothing after an erasure.
//! What is lifted is what is known here and now: a suppression that is still on its way from an
//! alias takes effect when it arrives. Rejects: `forbidden`, `invalid_input`, `conflict`,
//! `not_found`, `gone`.

use crate::kernel::Ctx;
use crate::prospect_dedup::store::suppressions;
use crate::prospect_dedup::{NOTE_CHARS_MAX, person, view};
use schema::prospect::{Prospect, Reason, Unsuppress};
use schema::{Permission, Reject, check};

/// Lifts suppressions.
///
/// # Errors
/// See above.
pub fn unsuppress(ctx: &mut Ctx<'_>, input: &Unsuppress) -> Result<Prospect, Reject> {
    ctx.require(Permission::Manage)?;
    let note = check::text("note", &input.note, NOTE_CHARS_MAX)?;
    if matches!(input.reason, Reason::Complained | Reason::Erased) {
        return Err(Reject::conflict("a complaint and an erasure cannot be lifted"));
    }
    let mut me = person::owner(ctx)?;
    if !suppressions::is_active(ctx.sql, input.reason)? {
        return Err(Reject::conflict("the prospect is not suppressed for this reason"));
    }

    suppressions::lift(ctx.sql, input.reason, ctx.now)?;
    person::note(ctx, "suppression.lifted", Some(format!("{}: {note}", input.reason.as_str())))?;
    person::touch(ctx, &mut me)?;
    view::prospect(ctx, me)
}
