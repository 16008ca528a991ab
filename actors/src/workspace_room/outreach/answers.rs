//! Answers: who writes back is written to by people from then on.
//!
//! | a mail of somebody whom a campaign wrote to, or that answers its mail | what comes of it |
//! | --- | --- |
//! | its writer is away, or a machine took it in | the next step waits for a week |
//! | it asks for no more mails | every campaign stops; suppressed as `optOut` |
//! | anything else that a person wrote | every campaign stops; suppressed as `replied` |
//!
//! The mail itself becomes what every mail becomes: a ticket, or a comment on one. That it names
//! somebody who did not write it stops at worst mails to them.

use super::store::enrolments::{self, Enrolment};
use super::store::mails;
use super::{decide, keep, opt_out};
use crate::kernel::Ctx;
use crate::prospect_dedup::identity::Identity;
use crate::workspace_room::mail;
use schema::ids::ProspectId;
use schema::prospect::Reason;
use schema::room::enrolment::EnrolmentState;
use schema::room::mail::{AutomaticKind, ReceiveMail};
use schema::{Millis, Reject};
use std::collections::BTreeSet;

/// How long the next step waits for who is away.
const AWAY_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// A text that is longer says more than that it wants no more mails.
const WISH_CHARS_MAX: usize = 100;
/// Words that alone say so.
const WORDS: [&str; 4] = ["stop", "unsubscribe", "abmelden", "austragen"];
/// Beginnings of what says so among others.
const PHRASES: [&str; 10] = [
    "unsubscribe me",
    "remove me",
    "take me off",
    "opt out",
    "opt-out",
    "no more mail",
    "no more e-mail",
    "keine weiteren mails",
    "me désinscrire",
    "darme de baja",
];

/// Takes note of a mail where outreach wrote to its writer. Event `outreach.stopped`.
///
/// # Errors
/// A storage fault.
pub fn heard(ctx: &mut Ctx<'_>, input: &ReceiveMail) -> Result<(), Reject> {
    let sure = input.automatic.as_ref().filter(|automatic| !automatic.weak);
    let kind = sure.map(|automatic| automatic.kind);
    if matches!(kind, Some(AutomaticKind::Bounce | AutomaticKind::List | AutomaticKind::OwnLoop)) {
        return Ok(());
    }
    for prospect in writers(ctx, input)? {
        if kind == Some(AutomaticKind::AutoReply) && !wants_none(input) {
            postpone(ctx, prospect)?;
        } else {
            let reason = if wants_none(input) { Reason::OptOut } else { Reason::Replied };
            opt_out::stop_all(ctx, prospect, reason)?;
        }
    }
    Ok(())
}

/// Those whom outreach wrote to that a mail is from: whose mail it answers, and who has its
/// sender's address.
fn writers(ctx: &Ctx<'_>, input: &ReceiveMail) -> Result<BTreeSet<ProspectId>, Reject> {
    let mut found = BTreeSet::new();
    let answers: Vec<String> =
        input.in_reply_to.iter().chain(&input.references).map(|id| mail::key_of(id)).collect();
    if let Some(number) = mails::find(ctx.sql, &answers)? {
        found.extend(enrolments::at(ctx.sql, number)?.map(|one| one.prospect_id));
    }
    let from = input.from.as_ref().map(|from| Identity::email("from", &from.address));
    if let Some(Ok(identity)) = from {
        let id = identity.id(ctx.principal.workspace);
        let was_written_to = |one: &Enrolment| one.sent > 0 || one.send_id.is_some();
        if enrolments::of_prospect(ctx.sql, id)?.iter().any(was_written_to) {
            found.insert(id);
        }
    }
    Ok(found)
}

fn postpone(ctx: &mut Ctx<'_>, prospect: ProspectId) -> Result<(), Reject> {
    for mut one in enrolments::of_prospect(ctx.sql, prospect)? {
        if one.state == EnrolmentState::Waiting && one.sent > 0 {
            one.due_at = one.due_at.max(ctx.now + AWAY_MS);
            one.reason = Some("away".into());
            decide(ctx, &one, "postponed", Some("away"))?;
            keep(ctx, &mut one)?;
        }
    }
    Ok(())
}

/// Whether a mail asks for no more of them, and for nothing else.
fn wants_none(input: &ReceiveMail) -> bool {
    let alone = |text: &str| WORDS.contains(&text.trim_matches(|c: char| !c.is_alphanumeric()));
    let subject = input.subject.trim().to_lowercase();
    let text = input.visible_text.as_ref().unwrap_or(&input.text).trim().to_lowercase();
    let short = text.chars().count() <= WISH_CHARS_MAX;
    alone(&subject)
        || text.lines().next().is_some_and(alone)
        || short && PHRASES.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_for_no_more_mails_is_told_from_a_question_about_one() {
        let mail = |subject: &str, text: &str| -> ReceiveMail {
            let mail = serde_json::json!({ "rawKey": "r", "subject": subject, "text": text });
            serde_json::from_value(mail).expect("a mail")
        };
        for (subject, text) in [
            ("unsubscribe", ""),
            ("Re: Doors", "STOP!"),
            ("Re: Doors", "Stop.\n\nBob\nAcme Ltd"),
            ("Re: Doors", "Please remove me from your list, thanks"),
            ("AW: Türen", "Abmelden"),
        ] {
            assert!(wants_none(&mail(subject, text)), "{subject}: {text}");
        }
        for (subject, text) in [
            ("Re: Doors", "Does it stop by itself?"),
            ("Re: Doors", "Let us stop by on Monday. How many doors can you do?"),
            ("How do I unsubscribe?", "From the other thing."),
            ("Re: Doors", ""),
        ] {
            assert!(!wants_none(&mail(subject, text)), "{subject}: {text}");
        }
    }
}
