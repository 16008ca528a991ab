//! Sets or clears the time of the next follow-up.
//!
//! For agents who may work. A time in the past is due at once. Rejects: `invalid_input`,
//! `not_found`, `gone`.

use crate::kernel::Ctx;
use crate::prospect_dedup::{NOTE_CHARS_MAX, person, timer, view};
use schema::prospect::{Prospect, SetFollowUp};
use schema::{Millis, Permission, Reject, check};

/// How far away a follow-up may be: two years.
const AHEAD_MS_MAX: Millis = 2 * 366 * 24 * 60 * 60 * 1000;

/// Sets or clears the follow-up.
///
/// # Errors
/// See above.
pub fn set_follow_up(ctx: &mut Ctx<'_>, input: &SetFollowUp) -> Result<Prospect, Reject> {
    ctx.require(Permission::Work)?;
    let note = input.note.as_ref().map(|note| check::text("note", note, NOTE_CHARS_MAX));
    let note = note.transpose()?;
    if input.at.is_some_and(|at| at < 0 || at > ctx.now + AHEAD_MS_MAX) {
        return Err(Reject::field("at", "must be a time within the next two years"));
    }
    let mut me = person::owner(ctx)?;

    me.follow_up_at = input.at;
    me.follow_up_note = note.filter(|_| input.at.is_some());
    me.follow_up_due = false;
    match input.at {
        Some(at) => ctx.set_timer(timer::FOLLOW_UP, "", at, &[])?,
        None => ctx.cancel_timer(timer::FOLLOW_UP, "")?,
    }
    person::touch(ctx, &mut me)?;
    view::prospect(ctx, me)
}
