//! Answers that models read: those that the rules leave undecided, where the workspace wants it.
//!
//! Whatever an answer is, it stopped what went on as every answer does, before anybody reads it.
//! What a model says may do no harm that a rule could not: its writer may have written it.
//!
//! | it says | what comes of it |
//! | --- | --- |
//! | `optOut` | suppressed as `optOut` |
//! | `meeting` | operators are told, once |
//! | `interested`, `notNow`, `outOfOffice`, `other` | it is shown |
//! | another word, or nothing | it stays `other`, and the decisions say why |
//!
//! Nothing goes on at its word, also for who is away: whoever reads the ticket decides that.
//!
//! An answer stands among the texts as step [`ANSWER`] of its enrolment, with their tries, leases
//! and waits, but for a bounded time, and of one enrolment only a few are read in a day. Its words
//! are not copied: they are read from the comment when a consumer begins, so that what was erased
//! meanwhile goes nowhere. A later mail, whatever it is, takes the place of what was not read yet.

use super::handle::{lease, put_off};
use super::{ASK_AGAIN_MS, REFUSALS_MAX, again, reason};
use crate::kernel::Ctx;
use crate::workspace_room::outreach::store::answers as kept;
use crate::workspace_room::outreach::store::enrolments::{self, Enrolment};
use crate::workspace_room::outreach::store::texts::{self, ANSWER, Text};
use crate::workspace_room::outreach::{answers, classify, decide, opt_out};
use crate::workspace_room::store::comments;
use schema::ids::CommentId;
use schema::prospect::Reason;
use schema::room::answer::{AnswerBy, AnswerKind, CampaignAnswer};
use schema::room::comment::Comment;
use schema::room::writing::{Writing, WritingOutcome, WritingState, WritingUnavailable, Written};
use schema::{Millis, Reject};

/// How many tries may come to nothing in a row, of those in which a provider was asked.
const TRIES_MAX: i64 = 12;
/// How long an answer may wait for that.
const WAIT_MS_MAX: Millis = DAY_MS;
/// Where nobody can be asked, it waits again as long as it has waited, divided by this.
const AGE_DIVISOR: i64 = 4;
/// How many answers of an enrolment are read in a day: anybody may write, and reading is paid for.
const READINGS_MAX: i64 = 3;
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// What decisions call it.
const CLASSIFIED: &str = "classified";

/// Has an answer read, where the workspace wants that and not too many of theirs were.
///
/// # Errors
/// A storage fault.
pub fn want(ctx: &mut Ctx<'_>, one: &Enrolment, comment: CommentId) -> Result<(), Reject> {
    if !texts::settings(ctx.sql)?.classify_answers {
        return Ok(());
    }
    let readings = kept::count_reading(ctx.sql, one.number, (ctx.now - DAY_MS, ctx.now))?;
    if readings > READINGS_MAX {
        // Said once: who writes a thousand mails fills nothing with it.
        if readings == READINGS_MAX + 1 {
            decide(ctx, one, CLASSIFIED, Some(&undecided("tooMany")))?;
        }
        return Ok(());
    }
    let key = (one.campaign, one.number, ANSWER);
    texts::insert(ctx.sql, key, ctx.now + ASK_AGAIN_MS, ctx.now)?;
    let Some(mut text) = texts::find(ctx.sql, one.number, ANSWER)? else { return Ok(()) };
    text.text = Some(comment.to_string());
    text.reason = None;
    decide(ctx, one, CLASSIFIED, Some(WritingState::Waiting.as_str()))?;
    again(ctx, &mut text, 0)
}

/// Something else came back: what was to be read before is not.
///
/// # Errors
/// A storage fault.
pub fn withdraw(ctx: &mut Ctx<'_>, one: &Enrolment) -> Result<(), Reject> {
    match texts::find(ctx.sql, one.number, ANSWER)? {
        Some(mut text) if text.state == WritingState::Waiting => {
            close(ctx, &mut text, WritingState::Refused)
        }
        _ => Ok(()),
    }
}

/// Nobody is asked any more.
fn close(ctx: &mut Ctx<'_>, text: &mut Text, state: WritingState) -> Result<(), Reject> {
    text.state = state;
    text.text = None;
    text.ask_at = None;
    text.leased_until = 0;
    text.updated_at = ctx.now;
    Ok(texts::save(ctx.sql, text)?)
}

/// What is to be read: nothing where a consumer is at it, or there is nothing, or it was tried too
/// often.
///
/// # Errors
/// A storage fault.
pub fn begin(ctx: &mut Ctx<'_>, mut text: Text) -> Result<Option<Writing>, Reject> {
    let Some(one) = enrolments::at(ctx.sql, text.enrolment)? else {
        close(ctx, &mut text, WritingState::Refused)?;
        return Ok(None);
    };
    if text.leased_until > ctx.now {
        return Ok(None);
    }
    let answer = comment(ctx, &text)?.map(|comment| {
        let seen = comment.visible_body.as_ref().unwrap_or(&comment.body);
        classify::words(seen, ctx.instance).trim().to_owned()
    });
    let answer = answer.filter(|words| !words.is_empty());
    let why = if !texts::settings(ctx.sql)?.classify_answers {
        "switchedOff"
    } else if answer.is_none() {
        "nothingToRead"
    } else if text.delays >= TRIES_MAX || age(ctx, &one)? >= WAIT_MS_MAX {
        "noModelAnswered"
    } else {
        lease(ctx, &mut text)?;
        let (prospect_id, refusals) = (one.prospect_id, text.refusals);
        return Ok(Some(Writing {
            prospect_id,
            workspace_prompt: String::new(),
            prompt: String::new(),
            template: String::new(),
            refusals,
            reason: None,
            answer,
        }));
    };
    give_up(ctx, &mut text, &one, why)?;
    Ok(None)
}

/// The comment that an answer is.
fn comment(ctx: &Ctx<'_>, text: &Text) -> Result<Option<Comment>, Reject> {
    let id: Option<CommentId> = text.text.as_deref().and_then(|id| id.parse().ok());
    let found = id.map(|id| comments::find(ctx.sql, id)).transpose()?.flatten();
    Ok(found.map(|(comment, _)| comment))
}

/// What decisions say of one that stays what it was.
fn undecided(why: &str) -> String {
    reason(&format!("{}: {why}", AnswerKind::Other.as_str()))
}

/// It stays what it was.
fn give_up(ctx: &mut Ctx<'_>, text: &mut Text, one: &Enrolment, why: &str) -> Result<(), Reject> {
    decide(ctx, one, CLASSIFIED, Some(&undecided(why)))?;
    text.reason = Some(reason(why));
    close(ctx, text, WritingState::Refused)
}

/// Takes note of what came of a try. Event `outreach.answered` where a model said what it is.
///
/// # Errors
/// A storage fault.
pub fn finish(ctx: &mut Ctx<'_>, text: &mut Text, outcome: WritingOutcome) -> Result<(), Reject> {
    let Some(one) = enrolments::at(ctx.sql, text.enrolment)? else {
        return close(ctx, text, WritingState::Refused);
    };
    let why = match outcome {
        WritingOutcome::Written(written) => match kind_of(&written.text) {
            Some(kind) => return take(ctx, text, &one, kind, &written),
            None => format!("{} said something else", written.provider),
        },
        WritingOutcome::Failed(failed) => failed.why,
        WritingOutcome::Unavailable(later) => return wait(ctx, text, &one, later),
        WritingOutcome::Withheld(withheld) => return give_up(ctx, text, &one, &withheld.why),
    };
    if text.refusals + 1 >= REFUSALS_MAX {
        return give_up(ctx, text, &one, &why);
    }
    text.reason = Some(reason(&why));
    let refusals = text.refusals + 1;
    again(ctx, text, refusals)
}

/// None could be asked, or none answered: it is asked for again, ever later. That none was asked
/// is no try, so that who is busy with texts does not pass answers over.
fn wait(
    ctx: &mut Ctx<'_>,
    text: &mut Text,
    one: &Enrolment,
    mut later: WritingUnavailable,
) -> Result<(), Reject> {
    let age = age(ctx, one)?;
    if !later.asked {
        text.delays -= 1;
        later.retry_after_ms = later.retry_after_ms.max(age / AGE_DIVISOR);
    }
    if text.delays >= TRIES_MAX || age >= WAIT_MS_MAX {
        return give_up(ctx, text, one, &later.why);
    }
    put_off(ctx, text, &later)
}

/// How long ago it came.
fn age(ctx: &Ctx<'_>, one: &Enrolment) -> Result<Millis, Reject> {
    let came = kept::get(ctx.sql, one.number)?.map(|(answer, _)| answer.at);
    Ok(came.map_or(WAIT_MS_MAX, |at| ctx.now - at))
}

/// The kind that a model named: no word but one of those that it was given is one.
fn kind_of(word: &str) -> Option<AnswerKind> {
    AnswerKind::WRITTEN.into_iter().find(|kind| kind.as_str() == word)
}

/// A model said what it is.
fn take(
    ctx: &mut Ctx<'_>,
    text: &mut Text,
    one: &Enrolment,
    kind: AnswerKind,
    written: &Written,
) -> Result<(), Reject> {
    let sender = comment(ctx, text)?.and_then(|comment| comment.mail).and_then(|mail| mail.from);
    let provider: String = written.provider.chars().take(40).collect();
    let why = format!("{}: {provider}", kind.as_str());
    decide(ctx, one, CLASSIFIED, Some(&why))?;
    text.writer = Some(provider);
    close(ctx, text, WritingState::Ready)?;
    if kind == AnswerKind::OptOut {
        let sender = sender.map(|from| answers::written_to(ctx, &from)).transpose()?.flatten();
        let sender = sender.map(|(id, _)| id).filter(|id| *id != one.prospect_id);
        for prospect in [Some(one.prospect_id), sender].into_iter().flatten() {
            opt_out::stop_all(ctx, prospect, Reason::OptOut)?;
        }
    }
    let Some((before, _)) = kept::get(ctx.sql, one.number)? else { return Ok(()) };
    answers::note(ctx, one, CampaignAnswer { kind, by: AnswerBy::Ai, ..before })
}
