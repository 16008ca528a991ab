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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prospect_dedup::harness::{Town, row};
    use schema::prospect::{History, HistoryPage, ProspectCommand};

    #[test]
    fn a_follow_up_is_due_once_at_its_time_and_can_be_moved_and_cleared() {
        let mut town = Town::new(4);
        let ann = town.import(row(Some("ann@acme.example"), None, None));
        let set = |town: &mut Town, at, note: &str| -> Prospect {
            let input = SetFollowUp { at, note: Some(note.to_owned()) };
            town.ask(ann, &ProspectCommand::SetFollowUp(input)).expect("set")
        };
        let start = town.now;
        set(&mut town, Some(start + 10_000), "call");
        set(&mut town, Some(start + 60_000), "call later");
        town.fire_alarms(20_000);
        assert!(!town.get(ann).follow_up_due);
        town.fire_alarms(60_000);
        town.fire_alarms(60_000);
        let person = town.get(ann);
        assert_eq!(
            (person.follow_up_due, person.follow_up_note.as_deref()),
            (true, Some("call later"))
        );
        let history = ProspectCommand::History(History { limit: Some(1), cursor: None });
        let page: HistoryPage = town.ask(ann, &history).expect("a page");
        assert_eq!(page.entries[0].kind, "followUp.due");
        let rest = ProspectCommand::History(History { limit: None, cursor: page.next_cursor });
        let page: HistoryPage = town.ask(ann, &rest).expect("a page");
        assert_eq!(page.entries.iter().filter(|e| e.kind == "followUp.due").count(), 0);
        assert_eq!(
            (page.entries.last().map(|e| e.kind.as_str()), page.next_cursor),
            (Some("prospect.created"), None)
        );
        let person = set(&mut town, None, "gone");
        assert_eq!(
            (person.follow_up_at, person.follow_up_note, person.follow_up_due),
            (None, None, false)
        );
        let far = SetFollowUp { at: Some(start + AHEAD_MS_MAX * 2), note: None };
        assert!(town.ask::<Prospect>(ann, &ProspectCommand::SetFollowUp(far)).is_err());
    }
}
