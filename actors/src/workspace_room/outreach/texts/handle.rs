//! `beginWriting` and `finishWriting`, for Postroom itself; `listCampaignTexts`, for everybody;
//! `judgeCampaignText`, for who works; `getAiSettings` and `changeAiSettings`, for who manages.

use super::{
    PERSON, REJECTED, again, answers, basis, enrolment, guard, reason, refuse, release, settle,
    step,
};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::change_agent::must_be_seen;
use crate::workspace_room::cursor;
use crate::workspace_room::outreach::campaign;
use crate::workspace_room::outreach::store::campaigns::{self, Campaign};
use crate::workspace_room::outreach::store::enrolments::{self, Enrolment};
use crate::workspace_room::outreach::store::texts::{self, ANSWER, Text};
use crate::workspace_room::outreach::{post, turn};
use crate::workspace_room::store::TOP;
use schema::room::campaign::{CampaignPlan, CampaignStatus};
use schema::room::enrolment::EnrolmentState;
use schema::room::writing::{
    AiSettings, BeginWriting, CampaignText, ChangeAiSettings, FinishWriting, JudgeCampaignText,
    ListCampaignTexts, PROMPT_CHARS_MAX, Verdict, Writing, WritingOrder, WritingOutcome,
    WritingState, WritingUnavailable, Written,
};
use schema::{Millis, Permission, Reject, page};

/// How long a consumer has for a text before another may begin.
const LEASE_MS: Millis = 3 * 60 * 1000;
/// When a text is asked for again that no provider could be asked for: not before, not after.
const LATER_MS: (Millis, Millis) = (60_000, 60 * 60 * 1000);
/// How often the least of that is doubled.
const DOUBLINGS_MAX: i64 = 5;

/// Gives what is to be written, to one consumer at a time.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn begin_writing(ctx: &mut Ctx<'_>, input: BeginWriting) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    let nothing = || Reply::of(&WritingOrder { order: None });
    let Some(mut text) = waiting(ctx, input.number, input.attempt)? else { return nothing() };
    if text.step == ANSWER {
        return Reply::of(&WritingOrder { order: answers::begin(ctx, text)? });
    }
    let campaign = campaigns::at(ctx.sql, text.campaign)?;
    let one = enrolment(ctx, &text)?.filter(|_| campaign.status == CampaignStatus::Active);
    let found = one.and_then(|one| Some((one.prospect_id, step(&campaign, &one)?)));
    let Some((prospect_id, step)) = found else {
        // It is asked for when it is wanted again.
        text.ask_at = None;
        texts::save(ctx.sql, &text)?;
        return nothing();
    };
    if text.leased_until > ctx.now {
        return nothing();
    }
    let now_for = basis(&campaign.plan, text.step);
    if text.basis.as_ref().is_some_and(|basis| *basis != now_for) {
        // Somebody may still be at it for what the campaign was: their word is to be none.
        again(ctx, &mut text, 0)?;
        return nothing();
    }
    text.basis = Some(now_for);
    lease(ctx, &mut text)?;
    Reply::of(&WritingOrder {
        order: Some(Writing {
            prospect_id,
            workspace_prompt: texts::settings(ctx.sql)?.prompt,
            prompt: step.ai.as_ref().map(|ai| ai.prompt.clone()).unwrap_or_default(),
            template: step.text.clone(),
            refusals: text.refusals,
            reason: text.reason,
            answer: None,
        }),
    })
}

/// Gives a try to a consumer.
///
/// # Errors
/// A storage fault.
pub fn lease(ctx: &Ctx<'_>, text: &mut Text) -> Result<(), Reject> {
    text.leased_until = ctx.now + LEASE_MS;
    text.delays += 1;
    Ok(texts::save(ctx.sql, text)?)
}

/// The text of a try that is not over.
fn waiting(ctx: &Ctx<'_>, number: i64, attempt: i64) -> Result<Option<Text>, Reject> {
    let text = texts::at(ctx.sql, number)?;
    Ok(text.filter(|text| text.state == WritingState::Waiting && text.attempt == attempt))
}

/// Takes note of what was written, or of what an answer is; of a try that is over, nothing. Event
/// `outreach.written`, or `outreach.answered`.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn finish_writing(ctx: &mut Ctx<'_>, input: FinishWriting) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    let done = Reply::of(&serde_json::json!({}));
    let Some(mut text) = waiting(ctx, input.number, input.attempt)? else { return done };
    if text.step == ANSWER {
        answers::finish(ctx, &mut text, input.outcome)?;
        return done;
    }
    let Some(mut one) = enrolment(ctx, &text)? else { return done };
    match input.outcome {
        WritingOutcome::Written(written) => take(ctx, &mut text, &mut one, &written)?,
        WritingOutcome::Withheld(withheld) => {
            text.ask_at = None;
            texts::save(ctx.sql, &text)?;
            post::stop(ctx, &mut one, &withheld.why)?;
        }
        WritingOutcome::Failed(failed) => refuse(ctx, &mut text, &mut one, &failed.why)?,
        WritingOutcome::Unavailable(later) => put_off(ctx, &mut text, &later)?,
    }
    done
}

/// Takes what a model wrote, as far as the guard lets it pass.
fn take(
    ctx: &mut Ctx<'_>,
    text: &mut Text,
    one: &mut Enrolment,
    written: &Written,
) -> Result<(), Reject> {
    let plan = campaigns::at(ctx.sql, text.campaign)?.plan;
    if text.basis != Some(basis(&plan, text.step)) {
        // The campaign was changed while the prospect was out of it: nobody had it written anew.
        text.reason = Some("campaignChanged".into());
        return again(ctx, text, 0);
    }
    text.writer = Some(written.provider.chars().take(40).collect());
    text.facts = Some(written.facts.chars().take(64).collect());
    match guard::checked(&written.text, &plan.ai_rules) {
        Ok(checked) => {
            (text.text, text.reason) = (Some(checked), None);
            let awaits = plan.ai_rules.approval;
            let state = if awaits { WritingState::AwaitingApproval } else { WritingState::Ready };
            settle(ctx, text, one, state)
        }
        Err(why) => {
            let chars_max = schema::room::writing::WRITTEN_CHARS.1;
            text.text = Some(written.text.chars().take(chars_max).collect());
            refuse(ctx, text, one, &why)
        }
    }
}

/// No provider could be asked: it is asked for again, each time later, and not all texts at once.
///
/// # Errors
/// A storage fault.
pub fn put_off(
    ctx: &mut Ctx<'_>,
    text: &mut Text,
    later: &WritingUnavailable,
) -> Result<(), Reject> {
    let (least, most) = LATER_MS;
    let doublings = (text.delays - 1).clamp(0, DOUBLINGS_MAX);
    let wait = later.retry_after_ms.clamp(least << doublings, most);
    let at = ctx.now + wait + ctx.random_below(wait / 8);
    text.reason = Some(reason(&later.why));
    text.leased_until = 0;
    text.ask_at = Some(at);
    texts::save(ctx.sql, text)?;
    turn::at_latest(ctx, at)
}

/// Texts of a campaign, the latest first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_campaign_texts(ctx: &Ctx<'_>, input: &ListCampaignTexts) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let list = format!("texts/{}/{:?}", campaign.id, input.state);
    let limit = page::limit(input.limit)?;
    let before = cursor::read(ctx, &list, input.cursor.as_deref())?;
    let before = before.map_or(TOP, |(_, number)| number);
    let found = texts::list(ctx.sql, campaign.number, input.state, before, limit + 1)?;
    let row = |text: Text| Ok(((0, text.number), view(ctx, &campaign, text)?));
    let rows = found.into_iter().map(row).collect::<Result<_, Reject>>()?;
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

fn view(ctx: &Ctx<'_>, campaign: &Campaign, text: Text) -> Result<CampaignText, Reject> {
    let one = enrolments::at(ctx.sql, text.enrolment)?;
    let one = one.ok_or_else(|| Reject::internal("a text of no enrolment"))?;
    let Text { step, state, text, reason, writer, attempt, refusals, updated_at, .. } = text;
    let (campaign_id, prospect_id) = (campaign.id, one.prospect_id);
    Ok(CampaignText {
        campaign_id,
        prospect_id,
        step,
        state,
        text,
        reason,
        writer,
        refusals,
        version: attempt,
        updated_at,
    })
}

/// Approves, changes or rejects a text. Event `outreach.written`, but for one that is to be
/// written anew.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` for a text that the guard does not let pass, or an
/// approval that does not say of what; `version_mismatch` where that is another by now; `conflict`
/// where nothing is written, or the step is not to be sent any more.
pub fn judge_campaign_text(ctx: &mut Ctx<'_>, input: &JudgeCampaignText) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let one = enrolments::find(ctx.sql, campaign.number, input.prospect_id)?;
    let one = one.ok_or_else(|| Reject::not_found("enrolment"))?;
    let text = match input.step {
        1..=TOP => texts::find(ctx.sql, one.number, input.step)?,
        _ => None,
    };
    let mut text = text.ok_or_else(|| Reject::conflict("no text is written for this step"))?;
    let Some(mut one) = enrolment(ctx, &text)? else {
        return Err(Reject::conflict("the step is on its way, or is not sent any more"));
    };
    if input.text.is_some() && input.verdict != Verdict::Approve {
        return Err(Reject::field("text", "goes with approve only"));
    }
    must_be_seen(text.attempt, input.if_version)?;
    match input.verdict {
        Verdict::Approve => {
            if input.text.is_none() && input.if_version.is_none() {
                return Err(Reject::field("ifVersion", "must be the version that is approved"));
            }
            approve(&mut text, input.text.as_deref(), &campaign.plan)?;
            settle(ctx, &mut text, &mut one, WritingState::Ready)?;
        }
        Verdict::Reject => {
            text.reason = Some(REJECTED.into());
            text.attempt += 1;
            settle(ctx, &mut text, &mut one, WritingState::Refused)?;
        }
        Verdict::Rewrite => {
            text.reason = None;
            again(ctx, &mut text, 0)?;
            if one.state == EnrolmentState::Blocked {
                release(ctx, &mut one)?;
            }
        }
    }
    Reply::of(&view(ctx, &campaign, text)?)
}

/// Makes of a text what somebody approves: what is given, or what was read.
fn approve(text: &mut Text, given: Option<&str>, plan: &CampaignPlan) -> Result<(), Reject> {
    let is_written = text.state != WritingState::Waiting;
    let read = text.text.as_deref().filter(|_| is_written);
    let words = given.or(read).ok_or_else(|| Reject::conflict("nothing is written yet"))?;
    let check = if given.is_some() { guard::checked } else { guard::passed };
    let checked = check(words, &plan.ai_rules).map_err(|why| Reject::field("text", why))?;
    if given.is_some() {
        text.text = Some(checked);
        text.writer = Some(PERSON.into());
        text.facts = None;
    } else if text.writer.as_deref() != Some(PERSON) && text.basis != Some(basis(plan, text.step)) {
        let why = "the campaign is another than the text was written for: have it written anew";
        return Err(Reject::conflict(why));
    }
    text.reason = None;
    text.attempt += 1;
    Ok(())
}

/// What the workspace tells models.
///
/// # Errors
/// `forbidden`.
pub fn get_settings(ctx: &Ctx<'_>) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&texts::settings(ctx.sql)?)
}

/// Changes it, for what is written from then on. Event `aiSettings.changed`.
///
/// # Errors
/// `forbidden`, `invalid_input`, `version_mismatch`.
pub fn change_settings(ctx: &mut Ctx<'_>, input: &ChangeAiSettings) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before = texts::settings(ctx.sql)?;
    must_be_seen(before.version, input.if_version)?;
    let prompt = input.prompt.as_ref().map_or(before.prompt.as_str(), |text| text.trim());
    if prompt.chars().count() > PROMPT_CHARS_MAX {
        let why = format!("must be at most {PROMPT_CHARS_MAX} characters");
        return Err(Reject::field("prompt", why));
    }
    let classify_answers = input.classify_answers.unwrap_or(before.classify_answers);
    if prompt == before.prompt && classify_answers == before.classify_answers {
        return Reply::of(&before);
    }
    let (prompt, version) = (prompt.to_owned(), before.version + 1);
    let after = AiSettings { prompt, classify_answers, version };
    texts::set(ctx.sql, &after)?;
    ctx.event("aiSettings.changed", None, &after)?;
    Reply::of(&after)
}
