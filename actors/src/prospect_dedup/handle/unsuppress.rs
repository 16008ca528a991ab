//! Lifts suppressions of one reason.
//!
//! For admins, with a note that is kept. A complaint cannot be lifted, and nothing after an
//! erasure. What is lifted is what is known here and now: a suppression that is still on its way
//! from an alias takes effect when it arrives. Rejects: `forbidden`, `invalid_input`, `conflict`,
//! `not_found`, `gone`.

use crate::kernel::Ctx;
use crate::prospect_dedup::store::suppressions;
use crate::prospect_dedup::{NOTE_CHARS_MAX, person, pipeline, view};
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
    pipeline::news(ctx)?;
    person::note(ctx, "suppression.lifted", Some(format!("{}: {note}", input.reason.as_str())))?;
    person::touch(ctx, &mut me)?;
    view::prospect(ctx, me)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::{agent, system};
    use crate::prospect_dedup::harness::{Town, row, suppress};
    use schema::prospect::ProspectCommand;
    use schema::{Code, Role};

    #[test]
    fn an_admin_lifts_with_a_note_but_never_a_complaint() {
        let mut town = Town::new(4);
        let ann = town.import(row(Some("ann@acme.example"), None, None));
        for reason in [Reason::OptOut, Reason::Complained] {
            town.note(ann, &suppress(reason));
        }
        for (role, reason, note, code) in [
            (Role::Agent, Reason::OptOut, "asked by phone", Some(Code::Forbidden)),
            (Role::Admin, Reason::OptOut, " ", Some(Code::InvalidInput)),
            (Role::Admin, Reason::Bounced, "works again", Some(Code::Conflict)),
            (Role::Owner, Reason::Complained, "please", Some(Code::Conflict)),
            (Role::Owner, Reason::Erased, "please", Some(Code::Conflict)),
            (Role::Admin, Reason::OptOut, "asked by phone", None),
        ] {
            town.who = agent(1, role);
            let note = note.to_owned();
            let command = ProspectCommand::Unsuppress(Unsuppress { reason, note });
            let answer = town.ask::<Prospect>(ann, &command);
            assert_eq!(answer.err().map(|reject| reject.code), code, "{role:?} {reason:?}");
        }
        town.who = system();
        assert_eq!(town.get(ann).suppression, Some(Reason::Complained));
    }
}
