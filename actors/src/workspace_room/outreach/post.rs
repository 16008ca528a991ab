//! Mails of campaigns on their way: the inbox is asked to send one, and tells what became of it.
//!
//! A try of a step is a mail of its own, with a key of its own, so that one that did not leave can
//! be tried anew; that the person gets the step once is for the prospect to see to.

use super::store::enrolments::{self, Enrolment};
use super::store::{campaigns, inboxes, mails};
use super::{answers, calling_off, caps, decide, end, keep, plan, tell, texts, turn};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail;
use schema::codec::{read_json, read_reply, to_json};
use schema::inbox::{CAMPAIGN_KEY, InboxCommand, NewMail, SendMail, SendState, SendView, TOO_LATE};
use schema::prospect::Reason;
use schema::room::answer::{AnswerBy, AnswerKind, CampaignAnswer};
use schema::room::enrolment::{EnrolmentState, NoteOutreach};
use schema::{ActorKind, Millis, Permission, Reject};

/// Asks the inbox to send; the key is the enrolment.
pub const OUTBOX: &str = "outreach.send";

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How long a step waits that failed.
const FAILED_MS: Millis = 60 * 60 * 1000;
/// How often a step may fail.
pub const FAILURES_MAX: i64 = 3;
/// How many mails of a thread are referred to.
const THREAD_MAX: usize = 20;

/// The enrolment of an entry.
///
/// # Errors
/// `internal` where its key is none.
pub fn number_of(entry: &Entry) -> Result<i64, Reject> {
    entry.key.parse().map_err(|_| Reject::internal(format!("no enrolment is {}", entry.key)))
}

/// Whether an entry is about the try that is under way: its body is the mail's key.
fn is_of(entry: &Entry, one: &Enrolment) -> bool {
    entry.body == key_of(one).as_bytes()
}

/// The key of the mail that is the try under way.
#[must_use]
pub fn key_of(one: &Enrolment) -> String {
    format!("{CAMPAIGN_KEY}{}/{}/{}", one.number, one.step, one.attempt)
}

/// Enrolment, step and attempt of a mail's key.
fn parts(key: &str) -> Option<(i64, i64, i64)> {
    let mut parts = key.strip_prefix(CAMPAIGN_KEY)?.split('/').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// What an entry asks of the inbox: nothing where the step was called off.
///
/// # Errors
/// `internal` where its key is no enrolment, or what is kept is no mail.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let one = enrolments::at(ctx.sql, number_of(entry)?)?;
    let one = one.filter(|one| one.state == EnrolmentState::Sending && one.send_id.is_none());
    let Some(one) = one.filter(|one| is_of(entry, one)) else { return Ok(Effect::Nothing) };
    let (Some(inbox), Some(json)) = (one.inbox_id, mails::get(ctx.sql, one.number)?) else {
        return Ok(Effect::Nothing);
    };
    let mail: NewMail = read_json(json.as_bytes())
        .map_err(|error| Reject::internal(format!("kept mail: {}", error.message)))?;
    let key = key_of(&one);
    Ok(Effect::Call {
        actor: ActorKind::InboxState,
        instance: format!("{}/{inbox}", ctx.instance),
        key: key.clone(),
        command: to_json(&InboxCommand::Send(SendMail { key, mail })),
    })
}

/// Takes note of what the inbox said to it.
///
/// # Errors
/// `internal` where it says something else; a storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    match outcome {
        Outcome::Done(json) => {
            let view: SendView = read_reply(json)?;
            let told = NoteOutreach {
                key: String::from_utf8_lossy(&entry.body).into_owned(),
                inbox_id: view.inbox_id,
                send_id: view.id,
                version: view.version,
                message_id: view.message_id,
                state: view.state,
                error: view.error,
                left_at: view.left_at,
            };
            note(ctx, told)?;
        }
        Outcome::Rejected(reject) => {
            let one = enrolments::at(ctx.sql, number_of(entry)?)?;
            let under_way = |one: &Enrolment| {
                let asked = one.state == EnrolmentState::Sending && one.send_id.is_none();
                asked && is_of(entry, one)
            };
            if let Some(mut one) = one.filter(under_way) {
                failed(ctx, &mut one, &reject.message)?;
            }
        }
        _ => return Ok(Settled::Again(ctx.now + FAILED_MS)),
    }
    Ok(Settled::Finished)
}

/// An inbox tells what became of a campaign's mail.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn note_outreach(ctx: &mut Ctx<'_>, told: NoteOutreach) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    note(ctx, told)?;
    Reply::of(&serde_json::json!({}))
}

/// Takes note of what an inbox tells of a campaign's mail; what is older than what it told before
/// changes nothing.
///
/// # Errors
/// A storage fault.
pub fn note(ctx: &mut Ctx<'_>, told: NoteOutreach) -> Result<(), Reject> {
    let Some((number, step, attempt)) = parts(&told.key) else { return Ok(()) };
    let Some(mut one) = enrolments::at(ctx.sql, number)? else { return Ok(()) };
    if (one.step, one.attempt) != (step, attempt) {
        return of_before(ctx, one, step, &told);
    }
    if one.inbox_id != Some(told.inbox_id) {
        return Ok(());
    }
    if one.send_id.is_some_and(|known| known != told.send_id) || told.version <= one.send_version {
        return Ok(());
    }
    one.send_id = Some(told.send_id);
    one.send_version = told.version;
    mails::forget(ctx.sql, number)?;
    // From now on it may be answered, whatever is told of it and when.
    mails::remember(ctx.sql, &mail::key_of(&told.message_id), (number, step), ctx.now)?;
    settled(ctx, one, &told)
}

/// What an inbox, whichever, tells of a mail that is not the try under way.
fn of_before(
    ctx: &mut Ctx<'_>,
    mut one: Enrolment,
    step: i64,
    told: &NoteOutreach,
) -> Result<(), Reject> {
    match told.state {
        // It was given up while the inbox was being asked, and has no place of its own any more.
        state if state.waits() => {
            calling_off::ask_for(ctx, one.number, (told.inbox_id, told.send_id))
        }
        SendState::Sent => {
            let key = mail::key_of(&told.message_id);
            Ok(mails::remember(ctx.sql, &key, (one.number, step), ctx.now)?)
        }
        // It came back after all.
        SendState::Bounced if one.state != EnrolmentState::Stopped => {
            bounced(ctx, &one)?;
            stop(ctx, &mut one, Reason::Bounced.as_str())
        }
        _ => Ok(()),
    }
}

/// What becomes of an enrolment whose mail came to a state.
fn settled(ctx: &mut Ctx<'_>, mut one: Enrolment, told: &NoteOutreach) -> Result<(), Reject> {
    let why = told.error.as_deref().unwrap_or_default();
    let goes_on = one.state == EnrolmentState::Sending || is_unknown(&one);
    match told.state {
        state if state.waits() || state == SendState::Sending => {
            if one.state == EnrolmentState::Stopped {
                // It was stopped while the inbox was being asked.
                calling_off::ask(ctx, &one)?;
            }
            Ok(keep(ctx, &mut one)?)
        }
        SendState::Sent => {
            has_left(ctx, &mut one, told)?;
            if goes_on { advance(ctx, &mut one) } else { Ok(keep(ctx, &mut one)?) }
        }
        SendState::Bounced => {
            has_left(ctx, &mut one, told)?;
            bounced(ctx, &one)?;
            if one.state == EnrolmentState::Stopped {
                return Ok(keep(ctx, &mut one)?);
            }
            end(ctx, &mut one, EnrolmentState::Stopped, Some(Reason::Bounced.as_str()))
        }
        SendState::Unknown if goes_on => {
            free(ctx, &one)?;
            end(ctx, &mut one, EnrolmentState::Blocked, Some(UNKNOWN))
        }
        _ if !goes_on => {
            give_back(ctx, &mut one)?;
            Ok(keep(ctx, &mut one)?)
        }
        SendState::Refused => refused(ctx, &mut one, why),
        SendState::Cancelled if why == TOO_LATE && is_last_try(&one) => {
            give_up(ctx, &mut one, TAKEN_BACK)
        }
        SendState::Cancelled if why == TOO_LATE => {
            let at = window_end(ctx, &one)?;
            postpone(ctx, &mut one, at, TAKEN_BACK)
        }
        SendState::Cancelled => {
            give_back(ctx, &mut one)?;
            end(ctx, &mut one, EnrolmentState::Stopped, Some("cancelled"))
        }
        // A person found that it did not leave: the person has spent the step all the same.
        _ if is_unknown(&one) => {
            give_back(ctx, &mut one)?;
            end(ctx, &mut one, EnrolmentState::Blocked, Some("notSent"))
        }
        _ => failed(ctx, &mut one, why),
    }
}

/// A mail came back.
fn bounced(ctx: &mut Ctx<'_>, one: &Enrolment) -> Result<(), Reject> {
    let (kind, by) = (AnswerKind::Bounce, AnswerBy::Rules);
    let answer = CampaignAnswer { kind, by, at: ctx.now, ticket_id: None };
    answers::note(ctx, one, answer)
}

/// When the window shuts, or shut, in which a mail was to leave: what did not leave in it waits for
/// the next one. Not the window of now: of one that ends at midnight the next may be open already.
fn window_end(ctx: &Ctx<'_>, one: &Enrolment) -> Result<Millis, Reject> {
    let campaign = campaigns::at(ctx.sql, one.campaign)?;
    let since = one.assigned_at.unwrap_or(ctx.now);
    let turn = plan::calendar(&campaign.plan.window)?.turn(since)?;
    Ok(turn.filter(|(is_open, _)| *is_open).map_or(ctx.now, |(_, until)| until.max(ctx.now)))
}

/// Why a step is not sent now, or not at all, whose mail did not begin to leave in time.
const TAKEN_BACK: &str = "takenBack";
/// Why an enrolment is blocked of whose mail nobody knows whether it left.
const UNKNOWN: &str = "unknown";

/// Whether nobody knows whether its last mail left.
fn is_unknown(one: &Enrolment) -> bool {
    one.state == EnrolmentState::Blocked && one.reason.as_deref() == Some(UNKNOWN)
}

/// A mail left. Event `outreach.sent`.
fn has_left(ctx: &mut Ctx<'_>, one: &mut Enrolment, told: &NoteOutreach) -> Result<(), Reject> {
    if one.message_ids.last() == Some(&told.message_id) {
        return Ok(());
    }
    let at = told.left_at.unwrap_or(ctx.now);
    if one.assigned_at.take().is_none()
        && let Some(inbox) = one.inbox_id
    {
        // It was called off, too late: it counts again.
        let campaign = campaigns::at(ctx.sql, one.campaign)?;
        caps::count(ctx, &campaign, &inboxes::find(ctx.sql, inbox)?, at, 1)?;
    }
    free(ctx, one)?;
    one.sent += 1;
    one.failures = 0;
    one.last_sent_at = Some(at);
    one.message_ids.push(told.message_id.clone());
    if one.message_ids.len() > THREAD_MAX {
        one.message_ids.remove(1);
    }
    decide(ctx, one, "sent", Some(&told.send_id.to_string()))?;
    tell(ctx, "outreach.sent", one)
}

/// The next step is due after its delay; after the last one, the enrolment is finished.
fn advance(ctx: &mut Ctx<'_>, one: &mut Enrolment) -> Result<(), Reject> {
    let campaign = campaigns::at(ctx.sql, one.campaign)?;
    one.step += 1;
    one.attempt = 0;
    one.failures = 0;
    one.send_id = None;
    one.send_version = 0;
    let Some(next) = campaign.plan.steps.get(usize::try_from(one.step - 1).unwrap_or(0)) else {
        one.step -= 1;
        return end(ctx, one, EnrolmentState::Finished, None);
    };
    one.state = EnrolmentState::Waiting;
    one.reason = None;
    one.due_at = one.last_sent_at.unwrap_or(ctx.now) + next.delay_days * DAY_MS;
    keep(ctx, one)?;
    texts::want(ctx, &campaign, one)?;
    let due = one.due_at;
    turn::at_latest(ctx, due)
}

/// The person may not be written to, or has the step already.
fn refused(ctx: &mut Ctx<'_>, one: &mut Enrolment, why: &str) -> Result<(), Reject> {
    let camel = |word: &str| {
        let mut parts = word.split('_');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let (head, tail) = part.split_at(part.len().min(1));
            text + &head.to_uppercase() + tail
        })
    };
    let now = ctx.now;
    match why {
        "step_already_sent" | "step_taken" if is_last_try(one) => give_up(ctx, one, &camel(why)),
        "step_already_sent" => {
            give_back(ctx, one)?;
            decide(ctx, one, "skipped", Some("stepAlreadySent"))?;
            advance(ctx, one)
        }
        "step_taken" => postpone(ctx, one, now + FAILED_MS, "stepTaken"),
        why => {
            give_back(ctx, one)?;
            end(ctx, one, EnrolmentState::Stopped, Some(&camel(why)))
        }
    }
}

/// The mail could not be sent: the step is tried again, unless it was too often.
fn failed(ctx: &mut Ctx<'_>, one: &mut Enrolment, why: &str) -> Result<(), Reject> {
    one.failures += 1;
    let why: String = why.chars().take(300).collect();
    if is_last_try(one) {
        return give_up(ctx, one, &format!("failed: {why}"));
    }
    let at = ctx.now + FAILED_MS * one.failures;
    postpone(ctx, one, at, &format!("failed: {why}"))
}

/// Whether its step is not tried again: it failed too often, or a person wrote it.
const fn is_last_try(one: &Enrolment) -> bool {
    one.failures >= FAILURES_MAX
}

/// Nothing left, and nothing is tried again until a person says so.
fn give_up(ctx: &mut Ctx<'_>, one: &mut Enrolment, why: &str) -> Result<(), Reject> {
    give_back(ctx, one)?;
    end(ctx, one, EnrolmentState::Blocked, Some(why))
}

/// The step is not sent now; it is due again at a time.
///
/// # Errors
/// A storage fault.
pub fn postpone(
    ctx: &mut Ctx<'_>,
    one: &mut Enrolment,
    at: Millis,
    why: &str,
) -> Result<(), Reject> {
    give_back(ctx, one)?;
    if one.sent == 0 {
        one.inbox_id = None;
    }
    one.state = EnrolmentState::Waiting;
    one.reason = Some(why.to_owned());
    one.due_at = at;
    decide(ctx, one, "postponed", Some(why))?;
    keep(ctx, one)?;
    turn::at_latest(ctx, at)
}

/// Takes a prospect out of a campaign; what the inbox has already and has not begun to send, it
/// takes back. Event `outreach.stopped`.
///
/// # Errors
/// A storage fault.
pub fn stop(ctx: &mut Ctx<'_>, one: &mut Enrolment, why: &str) -> Result<(), Reject> {
    if one.state == EnrolmentState::Sending {
        match one.send_id {
            Some(_) => calling_off::ask(ctx, one)?,
            None => give_back(ctx, one)?,
        }
    }
    mails::forget(ctx.sql, one.number)?;
    end(ctx, one, EnrolmentState::Stopped, Some(why))
}

/// Nothing left: the place that the step had is free again.
///
/// # Errors
/// A storage fault.
pub fn give_back(ctx: &mut Ctx<'_>, one: &mut Enrolment) -> Result<(), Reject> {
    let (Some(at), Some(inbox)) = (one.assigned_at.take(), one.inbox_id) else { return Ok(()) };
    let campaign = campaigns::at(ctx.sql, one.campaign)?;
    let mut known = inboxes::find(ctx.sql, inbox)?;
    caps::count(ctx, &campaign, &known, at, -1)?;
    if known.enrolment == Some(one.number) {
        known.next_at = ctx.now;
        inboxes::put(ctx.sql, &known)?;
    }
    free(ctx, one)?;
    mails::forget(ctx.sql, one.number).map_err(Reject::from)
}

/// The inbox may be given the next mail, once it has said how it is.
fn free(ctx: &mut Ctx<'_>, one: &Enrolment) -> Result<(), Reject> {
    let Some(inbox) = one.inbox_id else { return Ok(()) };
    let mut known = inboxes::find(ctx.sql, inbox)?;
    if known.enrolment != Some(one.number) {
        return Ok(());
    }
    known.enrolment = None;
    // It may have given its slot back: one that had none left is asked anew, and not tomorrow.
    known.warmup_left = known.warmup_left.filter(|left| *left > 0);
    known.known_at = known.known_at.min(ctx.now - caps::FRESH_MS);
    let at = known.next_at.max(ctx.now);
    inboxes::put(ctx.sql, &known)?;
    turn::at_latest(ctx, at)
}
