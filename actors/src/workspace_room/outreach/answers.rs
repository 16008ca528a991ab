//! Answers: who writes back is written to by people from then on.
//!
//! | a mail of somebody whom a campaign wrote to, or that answers its mail, is | what comes of it |
//! | --- | --- |
//! | `outOfOffice` | the next step waits for a week |
//! | `optOut` | every campaign stops; suppressed as `optOut` |
//! | `notNow`, where each campaign that goes on says how long it waits then | it waits |
//! | `meeting` | every campaign stops; suppressed as `replied`; operators are told, once |
//! | anything else | every campaign stops; suppressed as `replied` |
//!
//! What it is, [`classify`] tells; where that cannot tell, a model reads it afterwards, if the
//! workspace wants it ([`texts::answers`]). The mail itself becomes what every mail becomes: a
//! ticket, or a comment on one. That it names somebody who did not write it stops at worst mails to
//! them.

use super::store::enrolments::{self, Enrolment};
use super::store::{answers, campaigns, mails};
use super::{by_hand, classify, decide, keep, opt_out, texts, turn};
use crate::kernel::{Ctx, Effect, Entry, Reply};
use crate::prospect_dedup::identity::Identity;
use crate::workspace_room::mail;
use schema::ids::{CommentId, ProspectId, TicketId};
use schema::pipeline::{MeetingAsked, Work};
use schema::prospect::Reason;
use schema::room::answer::{AnswerBy, AnswerKind, CampaignAnswer, OutreachAnswered};
use schema::room::enrolment::EnrolmentState;
use schema::room::mail::{MailAddress, ReceiveMail};
use schema::{Millis, Reject, codec};
use std::collections::BTreeSet;

/// Tells operators that somebody wants to meet; the key is the enrolment, the body the answer.
pub const OUTBOX: &str = "outreach.meeting";

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How long the next step waits for who is away.
const AWAY_MS: Millis = 7 * DAY_MS;

/// Takes note of a mail, which is a comment on a ticket now, where outreach wrote to its writer.
/// Events `outreach.answered`, `outreach.stopped`.
///
/// # Errors
/// A storage fault.
pub fn heard(
    ctx: &mut Ctx<'_>,
    input: &ReceiveMail,
    (ticket, comment): (TicketId, CommentId),
) -> Result<(), Reject> {
    let (answered, writers) = writers(ctx, input)?;
    if writers.is_empty() {
        // Most mail is from somebody else: what it says is not looked at.
        return Ok(());
    }
    let Some(kind) = classify::kind_of(input, ctx.instance) else { return Ok(()) };
    for prospect in writers {
        let later = match kind {
            AnswerKind::OutOfOffice => true,
            AnswerKind::NotNow => goes_on_later(ctx, prospect)?,
            _ => false,
        };
        if later {
            postpone(ctx, prospect, kind)?;
        } else {
            let is_no = kind == AnswerKind::OptOut;
            opt_out::stop_all(ctx, prospect, if is_no { Reason::OptOut } else { Reason::Replied })?;
        }
    }
    let Some(one) = answered.map(|number| enrolments::at(ctx.sql, number)).transpose()?.flatten()
    else {
        return Ok(());
    };
    let (by, ticket_id) = (AnswerBy::Rules, Some(ticket));
    note(ctx, &one, CampaignAnswer { kind, by, at: ctx.now, ticket_id })?;
    if kind == AnswerKind::Other {
        texts::answers::want(ctx, &one, comment)?;
    }
    Ok(())
}

/// Takes note of what came back. Event `outreach.answered`.
///
/// # Errors
/// A storage fault.
pub fn note(ctx: &mut Ctx<'_>, one: &Enrolment, answer: CampaignAnswer) -> Result<(), Reject> {
    let before = answers::get(ctx.sql, one.number)?;
    let by_rules = answer.by == AnswerBy::Rules;
    let is_away = by_rules && answer.kind == AnswerKind::OutOfOffice;
    if is_away && before.is_some_and(|(before, _)| before.kind != AnswerKind::OutOfOffice) {
        // What a person said counts for more.
        return Ok(());
    }
    if by_rules {
        texts::answers::withdraw(ctx, one)?;
    }
    let wants_to_meet = answer.kind == AnswerKind::Meeting;
    answers::put(ctx.sql, one.number, &answer, wants_to_meet)?;
    decide(ctx, one, "answered", Some(answer.kind.as_str()))?;
    if wants_to_meet && before.is_none_or(|(_, told)| !told) {
        ctx.outbox(OUTBOX, &one.number.to_string(), &Reply::of(&answer)?.0)?;
    }
    let campaign_id = campaigns::id(ctx.sql, one.campaign)?;
    let data = OutreachAnswered { campaign_id, prospect_id: one.prospect_id, answer };
    ctx.event("outreach.answered", None, &data).map(drop)
}

/// What an entry has operators told: nothing where they have opted out since.
///
/// # Errors
/// `internal` where its key is no enrolment, or its body no answer.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let number = super::post::number_of(entry)?;
    let (one, last) = (enrolments::at(ctx.sql, number)?, answers::get(ctx.sql, number)?);
    let has_opted_out = |(last, _): (CampaignAnswer, bool)| last.kind == AnswerKind::OptOut;
    let Some(one) = one.filter(|_| !last.is_some_and(has_opted_out)) else {
        return Ok(Effect::Nothing);
    };
    // What they wrote since is another answer, which nobody is told of.
    let answer: CampaignAnswer = codec::read_json(&entry.body)
        .map_err(|error| Reject::internal(format!("no answer: {}", error.message)))?;
    let work = Work::MeetingAsked(MeetingAsked {
        workspace_id: ctx.principal.workspace,
        campaign_id: campaigns::id(ctx.sql, one.campaign)?,
        prospect_id: one.prospect_id,
        ticket_id: answer.ticket_id,
        at: answer.at,
    });
    Ok(Effect::Queue { queue: work.queue(), body: work.write() })
}

/// Those whom outreach wrote to that a mail is from: whose mail it answers, and who has its
/// sender's address. And the enrolment that it answers: the one whose mail it names, else the one
/// that was written to last.
fn writers(
    ctx: &Ctx<'_>,
    input: &ReceiveMail,
) -> Result<(Option<i64>, BTreeSet<ProspectId>), Reject> {
    let mut found = BTreeSet::new();
    let answers: Vec<String> =
        input.in_reply_to.iter().chain(&input.references).map(|id| mail::key_of(id)).collect();
    let mut answered = mails::find(ctx.sql, &answers)?;
    if let Some(number) = answered {
        found.extend(enrolments::at(ctx.sql, number)?.map(|one| one.prospect_id));
    }
    let sender = input.from.as_ref().map(|from| written_to(ctx, from)).transpose()?.flatten();
    if let Some((id, last)) = sender {
        answered = answered.or(Some(last));
        found.insert(id);
    }
    Ok((answered, found))
}

/// Who has an address, where outreach wrote to them, and the enrolment that was written to last.
///
/// # Errors
/// A storage fault.
pub fn written_to(ctx: &Ctx<'_>, from: &MailAddress) -> Result<Option<(ProspectId, i64)>, Reject> {
    let Ok(identity) = Identity::email("from", &from.address) else { return Ok(None) };
    let id = identity.id(ctx.principal.workspace);
    let mut own = enrolments::of_prospect(ctx.sql, id)?;
    own.retain(|one| one.sent > 0 || one.send_id.is_some());
    let last = own.iter().max_by_key(|one| (one.last_sent_at, one.number));
    Ok(last.map(|last| (id, last.number)))
}

/// Whether all that goes on for a prospect waits for who says "not now". A step that is under way
/// does not.
fn goes_on_later(ctx: &Ctx<'_>, prospect: ProspectId) -> Result<bool, Reject> {
    let mut any = false;
    for one in enrolments::of_prospect(ctx.sql, prospect)? {
        if matches!(one.state, EnrolmentState::Stopped | EnrolmentState::Finished) {
            continue;
        }
        let campaign = campaigns::at(ctx.sql, one.campaign)?;
        if campaign.id == by_hand::id_of(ctx) {
            // Nothing comes of itself there.
            continue;
        }
        let days = campaign.plan.not_now_days;
        if one.state != EnrolmentState::Waiting || one.sent == 0 || days.is_none() {
            return Ok(false);
        }
        any = true;
    }
    Ok(any)
}

/// The next steps wait for who is away, or says "not now".
fn postpone(ctx: &mut Ctx<'_>, prospect: ProspectId, kind: AnswerKind) -> Result<(), Reject> {
    for mut one in enrolments::of_prospect(ctx.sql, prospect)? {
        if one.state != EnrolmentState::Waiting || one.sent == 0 {
            continue;
        }
        let days = campaigns::at(ctx.sql, one.campaign)?.plan.not_now_days;
        let (wait, why) = match days.filter(|_| kind == AnswerKind::NotNow) {
            Some(days) => (days * DAY_MS, kind.as_str()),
            None => (AWAY_MS, "away"),
        };
        one.due_at = one.due_at.max(ctx.now + wait);
        one.reason = Some(why.into());
        decide(ctx, &one, "postponed", Some(why))?;
        keep(ctx, &mut one)?;
        let due = one.due_at;
        turn::at_latest(ctx, due)?;
    }
    Ok(())
}
