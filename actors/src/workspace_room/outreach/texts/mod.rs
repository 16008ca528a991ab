//! Texts that models write: asked for ahead of their step, guarded, approved where the campaign
//! wants that, and only then sent.
//!
//! ```text
//! waiting ── a model wrote, and the guard lets it pass ──▶ ready, or awaitingApproval ─▶ ready
//!    ▲ │ refused: the next provider is asked first
//!    └─┘ three times refused ──▶ refused: the prospect is blocked until a person looks
//! ```
//!
//! The room asks by a message on a queue, which may be lost or come twice: it is asked again after
//! a while, and what is told of a try that is over changes nothing. One text for each step of an
//! enrolment; without one nothing is sent.
//!
//! A text is bound to what it was written for. A change of the campaign's step or of its rules has
//! it written anew: at once, or, where the step was on its way or taken out then, when it comes up
//! again. So has, when it is about to be sent, a change of what the model was told of the person.
//! What somebody of the team wrote is kept: after a change of the campaign it waits for approval.
//! Each text of an enrolment has a number of its own, its try, and approval names it.
//!
//! What a prospect answered is asked about in the same way where models read it: [`answers`].

pub mod answers;
pub mod guard;
pub mod handle;
pub mod order;
pub mod review;

use super::store::campaigns::{self, Campaign};
use super::store::enrolments::{self, Enrolment};
use super::store::texts::{self, Text};
use super::{decide, end, keep, post, turn};
use crate::kernel::engine::hex;
use crate::kernel::{Ctx, Effect, Entry};
use schema::codec::to_json;
use schema::pipeline::{Work, WriteText};
use schema::prospect::Prospect;
use schema::room::campaign::{CampaignPlan, CampaignStatus, Step};
use schema::room::enrolment::{EnrolmentState, OutreachWritten};
use schema::room::writing::{WRITING_REASON_CHARS_MAX, WritingState};
use schema::{Millis, Reject};
use sha2::{Digest, Sha256};

/// Has a text written; the key is the text.
pub const OUTBOX: &str = "outreach.text";
/// What stands for it in a step's text.
pub const VARIABLE: &str = "ai";
/// Why an enrolment waits that has no text yet, or one that nobody has approved.
pub const WAITS: &str = "waitsForText";
const AWAITS: &str = "awaitsApproval";
/// Who wrote what somebody gave.
const PERSON: &str = "person";
/// Why a text is refused that somebody rejected.
const REJECTED: &str = "rejected";
/// How the reason of one begins that is blocked for want of a text.
const NO_TEXT: &str = "text: ";

/// How long until a text is asked for again of which nothing was heard.
const ASK_AGAIN_MS: Millis = 15 * 60 * 1000;
/// How many are asked for again in a turn.
const ASKED_MAX: i64 = 100;
/// How long a step waits that has no text, and one whose text nobody has approved, before it is
/// looked at again.
const HOLD_MS: Millis = 15 * 60 * 1000;
const APPROVAL_MS: Millis = 24 * 60 * 60 * 1000;
/// How many of a campaign are found without a text in a turn.
pub const TEXTLESS_MAX: usize = 100;
/// How many texts may be refused before a person has to look.
const REFUSALS_MAX: i64 = 3;

/// The step that an enrolment is at, where a model writes in it.
fn step<'a>(campaign: &'a Campaign, one: &Enrolment) -> Option<&'a Step> {
    let step = campaign.plan.steps.get(usize::try_from(one.step - 1).ok()?)?;
    step.ai.is_some().then_some(step)
}

/// Names what a text of a step is written for: another wherever that is another.
fn basis(plan: &CampaignPlan, step: i64) -> String {
    let step = usize::try_from(step - 1).ok().and_then(|at| plan.steps.get(at));
    let said = step.map(|step| (&step.subject, &step.text, &step.ai));
    hex(&Sha256::digest(to_json(&(said, &plan.ai_rules)))[..16])
}

/// Has the text of an enrolment's next step written, where it has one and nobody is at it.
///
/// # Errors
/// A storage fault.
pub fn want(ctx: &mut Ctx<'_>, campaign: &Campaign, one: &Enrolment) -> Result<(), Reject> {
    if step(campaign, one).is_none() {
        return Ok(());
    }
    let ask_at = ctx.now + ASK_AGAIN_MS;
    let key = (campaign.number, one.number, one.step);
    if let Some(number) = texts::insert(ctx.sql, key, ask_at, ctx.now)? {
        ctx.outbox(OUTBOX, &number.to_string(), &[])?;
        decide(ctx, one, "text", Some(WritingState::Waiting.as_str()))?;
    } else if let Some(mut text) = texts::find(ctx.sql, one.number, one.step)?
        && text.state == WritingState::Waiting
        && text.ask_at.is_none()
    {
        ask(ctx, &mut text)?;
    }
    turn::at_latest(ctx, ask_at)
}

/// Asks for a text.
fn ask(ctx: &mut Ctx<'_>, text: &mut Text) -> Result<(), Reject> {
    text.ask_at = Some(ctx.now + ASK_AGAIN_MS);
    texts::save(ctx.sql, text)?;
    Ok(ctx.outbox(OUTBOX, &text.number.to_string(), &[])?)
}

/// Asks again for those of which nothing was heard; gives when the next are due.
///
/// # Errors
/// A storage fault.
pub fn ask_again(ctx: &mut Ctx<'_>) -> Result<Option<Millis>, Reject> {
    for mut text in texts::to_ask(ctx.sql, ctx.now, ASKED_MAX)? {
        ask(ctx, &mut text)?;
    }
    Ok(texts::next(ctx.sql)?)
}

/// The message that asks for a text.
///
/// # Errors
/// `internal` where the key is none.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let text = texts::at(ctx.sql, post::number_of(entry)?)?;
    let Some(text) = text.filter(|text| text.state == WritingState::Waiting) else {
        return Ok(Effect::Nothing);
    };
    let workspace_id = ctx.principal.workspace;
    let work =
        Work::WriteText(WriteText { workspace_id, number: text.number, attempt: text.attempt });
    Ok(Effect::Queue { queue: work.queue(), body: work.write() })
}

/// The text of the step that an enrolment is at; nothing where it may not be sent. What was written
/// for another campaign than it is now, or from other facts than hold now, is written anew.
///
/// # Errors
/// A storage fault.
pub fn ready(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    one: &mut Enrolment,
    prospect: &Prospect,
) -> Result<Option<String>, Reject> {
    let Some(text) = texts::find(ctx.sql, one.number, one.step)? else { return Ok(None) };
    let mut text = renewed(ctx, campaign, one, text)?;
    if text.state != WritingState::Ready {
        return Ok(None);
    }
    let prompt = step(campaign, one).and_then(|step| step.ai.as_ref());
    let facts = prompt.map(|ai| order::fingerprint(&ai.prompt, prospect));
    if text.facts.is_some() && text.facts != facts {
        text.reason = Some("factsChanged".into());
        decide(ctx, one, "text", text.reason.as_deref())?;
        again(ctx, &mut text, 0)?;
        return Ok(None);
    }
    Ok(text.text)
}

/// A text as it stands for what the campaign is now: what was written for what it was goes back,
/// unless a person rejected it.
fn renewed(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    one: &mut Enrolment,
    mut text: Text,
) -> Result<Text, Reject> {
    let is_persons = text.writer.as_deref() == Some(PERSON);
    let stays = match text.state {
        WritingState::Waiting => true,
        WritingState::AwaitingApproval => is_persons,
        WritingState::Refused => text.reason.as_deref() == Some(REJECTED),
        WritingState::Ready => false,
    };
    if stays || text.basis == Some(basis(&campaign.plan, text.step)) {
        return Ok(text);
    }
    text.reason = Some("campaignChanged".into());
    if is_persons {
        text.attempt += 1;
        settle(ctx, &mut text, one, WritingState::AwaitingApproval)?;
    } else {
        decide(ctx, one, "text", text.reason.as_deref())?;
        again(ctx, &mut text, 0)?;
    }
    Ok(text)
}

/// A campaign was changed: what was written for what it was is written anew.
///
/// # Errors
/// A storage fault.
pub fn outdate(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    before: &CampaignPlan,
) -> Result<(), Reject> {
    let said = |step: &Step| (step.subject.clone(), step.text.clone(), step.ai.clone());
    let after = &campaign.plan;
    let rules = before.ai_rules == after.ai_rules;
    let mut any = false;
    for at in 0..before.steps.len().max(after.steps.len()) {
        let (was, is) = (before.steps.get(at), after.steps.get(at));
        if rules && was.map(said) == is.map(said) {
            continue;
        }
        texts::outdate(ctx.sql, campaign.number, at as i64 + 1, ctx.now)?;
        any = true;
    }
    if any { review::look(ctx) } else { Ok(()) }
}

/// A campaign is over: nobody is to write or to look at what it has not sent.
///
/// # Errors
/// A storage fault.
pub fn retire(ctx: &mut Ctx<'_>, campaign: &Campaign) -> Result<(), Reject> {
    texts::retire(ctx.sql, campaign.number, ctx.now)?;
    review::waits_no_more(ctx)
}

/// One that was out of a campaign is in it again: its text may wait for somebody.
///
/// # Errors
/// A storage fault.
pub fn put_back(ctx: &mut Ctx<'_>, campaign: &Campaign, one: &Enrolment) -> Result<(), Reject> {
    let text = texts::find(ctx.sql, one.number, one.step)?;
    let waits = text.is_some_and(|text| text.state == WritingState::AwaitingApproval);
    if waits && campaign.status != CampaignStatus::Archived {
        return review::waits(ctx);
    }
    Ok(())
}

/// A campaign goes on: texts that nobody is asked for, and that are wanted, are asked for again.
///
/// # Errors
/// A storage fault.
pub fn resume(ctx: &mut Ctx<'_>, campaign: &Campaign) -> Result<(), Reject> {
    Ok(texts::resume(ctx.sql, campaign.number, ctx.now)?)
}

/// Whether the next step of one that is due can be sent as far as its text goes; else it waits.
///
/// # Errors
/// A storage fault.
pub fn is_there(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    one: &mut Enrolment,
) -> Result<bool, Reject> {
    if step(campaign, one).is_none() {
        return Ok(true);
    }
    let text = texts::find(ctx.sql, one.number, one.step)?;
    let text = text.map(|text| renewed(ctx, campaign, one, text)).transpose()?;
    match text.as_ref().map(|text| text.state) {
        Some(WritingState::Ready) => return Ok(true),
        Some(WritingState::Refused) => {
            let why = text.and_then(|text| text.reason).unwrap_or_default();
            block(ctx, one, &why)?;
        }
        Some(WritingState::AwaitingApproval) => {
            // It may wait from before operators were told of such.
            review::waits(ctx)?;
            hold(ctx, one, AWAITS, APPROVAL_MS)?;
        }
        _ => {
            want(ctx, campaign, one)?;
            hold(ctx, one, WAITS, HOLD_MS)?;
        }
    }
    Ok(false)
}

/// One that is due waits for its text.
fn hold(ctx: &mut Ctx<'_>, one: &mut Enrolment, why: &str, wait: Millis) -> Result<(), Reject> {
    if one.reason.as_deref() != Some(why) {
        one.reason = Some(why.to_owned());
        decide(ctx, one, "postponed", Some(why))?;
    }
    one.due_at = ctx.now + wait;
    Ok(keep(ctx, one)?)
}

/// Nothing is sent until a person has looked.
fn block(ctx: &mut Ctx<'_>, one: &mut Enrolment, why: &str) -> Result<(), Reject> {
    end(ctx, one, EnrolmentState::Blocked, Some(&format!("{NO_TEXT}{why}")))
}

/// One that waited for its text, or was blocked for want of it, goes on.
fn release(ctx: &mut Ctx<'_>, one: &mut Enrolment) -> Result<(), Reject> {
    let reason = one.reason.as_deref().unwrap_or_default();
    let waited = one.state == EnrolmentState::Waiting && matches!(reason, WAITS | AWAITS);
    let was_blocked = one.state == EnrolmentState::Blocked && reason.starts_with(NO_TEXT);
    if !waited && !was_blocked {
        return Ok(());
    }
    one.state = EnrolmentState::Waiting;
    one.reason = None;
    one.due_at = ctx.now;
    keep(ctx, one)?;
    let now = ctx.now;
    turn::at_latest(ctx, now)
}

/// A text comes to a state. Event `outreach.written`.
fn settle(
    ctx: &mut Ctx<'_>,
    text: &mut Text,
    one: &mut Enrolment,
    state: WritingState,
) -> Result<(), Reject> {
    let campaign = campaigns::at(ctx.sql, text.campaign)?;
    let waited = text.state == WritingState::AwaitingApproval;
    text.state = state;
    text.basis = Some(basis(&campaign.plan, text.step));
    text.delays = 0;
    text.ask_at = None;
    text.leased_until = 0;
    text.updated_at = ctx.now;
    texts::save(ctx.sql, text)?;
    let why = text.reason.clone().unwrap_or_default();
    decide(ctx, one, "text", Some(state.as_str()))?;
    let step = text.step;
    let campaign_id = campaign.id;
    let data = OutreachWritten { campaign_id, prospect_id: one.prospect_id, step, state };
    ctx.event("outreach.written", None, &data)?;
    let is_next = one.step == text.step;
    match state {
        WritingState::Ready if is_next => release(ctx, one)?,
        WritingState::Refused if is_next && one.state == EnrolmentState::Waiting => {
            block(ctx, one, &why)?;
        }
        WritingState::AwaitingApproval if campaign.status != CampaignStatus::Archived => {
            return review::waits(ctx);
        }
        _ => {}
    }
    if waited { review::waits_no_more(ctx) } else { Ok(()) }
}

/// Has a text written anew; `refusals` are how many were refused before.
fn again(ctx: &mut Ctx<'_>, text: &mut Text, refusals: i64) -> Result<(), Reject> {
    let waited = text.state == WritingState::AwaitingApproval;
    text.state = WritingState::Waiting;
    text.attempt += 1;
    text.refusals = refusals;
    text.delays = 0;
    text.writer = None;
    text.facts = None;
    text.basis = None;
    text.leased_until = 0;
    text.updated_at = ctx.now;
    ask(ctx, text)?;
    let at = ctx.now + ASK_AGAIN_MS;
    turn::at_latest(ctx, at)?;
    if waited { review::waits_no_more(ctx) } else { Ok(()) }
}

/// A text cannot be sent: another is written, unless it was too often.
fn refuse(
    ctx: &mut Ctx<'_>,
    text: &mut Text,
    one: &mut Enrolment,
    why: &str,
) -> Result<(), Reject> {
    text.reason = Some(reason(why));
    let refusals = text.refusals + 1;
    if refusals < REFUSALS_MAX {
        return again(ctx, text, refusals);
    }
    text.refusals = refusals;
    settle(ctx, text, one, WritingState::Refused)
}

/// A reason as it is kept.
fn reason(why: &str) -> String {
    why.chars().take(WRITING_REASON_CHARS_MAX).collect()
}

/// The enrolment of a text, while its step is yet to be sent.
fn enrolment(ctx: &Ctx<'_>, text: &Text) -> Result<Option<Enrolment>, Reject> {
    let one = enrolments::at(ctx.sql, text.enrolment)?;
    let goes_on = |one: &Enrolment| {
        one.step == text.step
            && matches!(one.state, EnrolmentState::Waiting | EnrolmentState::Blocked)
    };
    Ok(one.filter(goes_on))
}
