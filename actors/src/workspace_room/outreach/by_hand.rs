//! `sendEmail`: a mail of outreach that a person writes. Who: who works.
//!
//! It is a step like those of campaigns: it takes a place of the inbox, the inbox's domain and the
//! workspace, the inbox asks the prospect in the transaction that also knows of every opt-out, and
//! what becomes of it is noted on an enrolment. All of them belong to one campaign, which never
//! takes a turn, and no window holds them back: it is the person who says when. What does not leave
//! before the workspace's day ends is taken back, and nothing is tried again.
//!
//! What prospect and inbox said of themselves a moment ago comes with the command, so that the
//! person is told at once why not. Should they have changed since, the inbox finds out.

use super::caps::Campaigns;
use super::handle::campaigns::link_start;
use super::store::campaigns::{self, Campaign};
use super::store::enrolments::{self, Enrolment};
use super::store::inboxes::{self, Known};
use super::store::{by_hand, mails};
use super::{asking, decide, make, person, post, turn};
use crate::kernel::engine::hex;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::store::workspace;
use crate::workspace_room::store::replies;
use schema::codec::to_json;
use schema::ids::{CampaignId, ProspectId};
use schema::inbox::NewMail;
use schema::prospect::Prospect;
use schema::room::by_hand::{BY_HAND_SPACING_S, EmailTaken, SendEmail};
use schema::room::campaign::{
    CampaignPlan, FOOTER_CHARS_MAX, InboxCap, STEP_SUBJECT_CHARS_MAX, STEP_TEXT_CHARS_MAX,
    SendWindow, Step,
};
use schema::room::writing::AiRules;
use schema::{Code, Permission, Reject, check};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the campaign of these mails is called.
const NAME: &str = "Written by hand";
/// How a prospect calls an identity that is its own.
const LINKED: &str = "linked";
/// What makes its id of the workspace's.
const ID_BITS: u128 = 0x6279_6861_6e64;

/// Has an inbox write one mail to a prospect. Events as of a campaign's step; `campaign.created`
/// the first time.
///
/// # Errors
/// `forbidden`; `invalid_input`, also where a variable has no value; `key_reused`; `conflict` with
/// `details.why` where the mail may not leave now (why the prospect may not be written to, or the
/// limit that binds, and `until` when), where there is no `PUBLIC_URL`, or where an earlier mail to
/// the person has not come to an end.
pub fn send_email(ctx: &mut Ctx<'_>, input: &SendEmail) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;
    let key = check::line("key", &input.key, 255)?;
    let step = Step {
        delay_days: 0,
        subject: Some(check::line("subject", &input.subject, STEP_SUBJECT_CHARS_MAX)?),
        text: check::text("text", &input.text, STEP_TEXT_CHARS_MAX)?,
        ai: None,
    };
    let footer = check::text("footer", &input.footer, FOOTER_CHARS_MAX)?;
    let (prospect, inbox) = (&input.prospect, input.inbox.id);
    // The prospect as it was asked for: who that is by now may be another from one try to the next.
    let hash = hex(&Sha256::digest(to_json(&(input.prospect_id, inbox, &step, &footer))));
    if let Some((known, reply)) = by_hand::find(ctx.sql, &key)? {
        if known != hash {
            return Err(Reject::new(Code::KeyReused, "this key was used with another mail"));
        }
        return Ok(Reply(reply.into_bytes()));
    }

    may_be_written_to(prospect)?;
    let kept = campaigns::find(ctx.sql, id_of(ctx))?;
    let mut campaign = kept.map_or_else(|| campaign(ctx), Ok)?;
    let mut known = as_told(ctx, input)?;
    let caps = Campaigns::by_hand(ctx, &campaign)?;
    has_room(&caps.of(ctx, &known)?)?;
    let leave_by = Some(caps.shuts_at());
    link_start(&input.public_url)?.clone_into(&mut campaign.public_url);
    let before = before(ctx, &campaign, prospect)?;
    if before.iter().any(|one| one.assigned_at.is_some()) {
        return Err(not_now("underWay", None, "an earlier mail to them has not come to an end"));
    }

    if campaign.number == 0 {
        campaign = make(ctx, &campaign)?;
    }
    campaign.plan.footer = footer;
    let mut one = enrol(ctx, &campaign, &before, prospect.id)?;
    let mail = person::compose(ctx, (&campaign, &step), &one, prospect, None)?;
    let mail = NewMail { leave_by, ..mail };
    one.subject = Some(mail.subject.clone());
    let agent = member.agent.map(|agent| agent.to_string());
    decide(ctx, &one, "written", agent.as_deref())?;
    replies::know_inbox(ctx.sql, inbox)?;
    turn::take_place(ctx, &campaign, &mut known, &mut one)?;
    mails::put(ctx.sql, one.number, &String::from_utf8_lossy(&to_json(&mail)))?;
    ctx.outbox(post::OUTBOX, &one.number.to_string(), post::key_of(&one).as_bytes())?;
    let (campaign_id, prospect_id) = (campaign.id, prospect.id);
    let taken = EmailTaken { campaign_id, prospect_id, inbox_id: inbox, step: one.step };
    let reply = Reply::of(&taken)?;
    by_hand::insert(ctx.sql, &key, &hash, &String::from_utf8_lossy(&reply.0))?;
    Ok(reply)
}

/// The mail may not leave now, and why.
fn not_now(why: &str, until: Option<schema::Millis>, message: impl Into<String>) -> Reject {
    Reject::conflict(message).with(json!({ "why": why, "until": until }))
}

fn may_be_written_to(prospect: &Prospect) -> Result<(), Reject> {
    if let Some(reason) = prospect.suppression {
        let why = reason.as_str();
        return Err(not_now(why, None, format!("the prospect may not be written to: {why}")));
    }
    if prospect.unsettled {
        let message = "who the prospect is, is being found out: try again";
        return Err(not_now("identityUnsettled", None, message));
    }
    Ok(())
}

fn has_room(cap: &InboxCap) -> Result<(), Reject> {
    if cap.left > 0 {
        return Ok(());
    }
    let why = cap.binding.as_str();
    let message = format!("the inbox may not send now: the limit that binds is {why}");
    Err(not_now(why, cap.until, message))
}

/// What is known of the inbox, with what it has just said.
fn as_told(ctx: &Ctx<'_>, input: &SendEmail) -> Result<Known, Reject> {
    let mut known = inboxes::find(ctx.sql, input.inbox.id)?;
    asking::hear(&mut known, &input.inbox);
    if let Some(warmup) = &input.warmup {
        asking::hear_warmup(&mut known, warmup);
    }
    known.known_at = ctx.now;
    Ok(known)
}

/// The campaign of these mails, which there may not be yet.
#[must_use]
pub fn id_of(ctx: &Ctx<'_>) -> CampaignId {
    CampaignId(Uuid::from_u128(ctx.principal.workspace.0.as_u128() ^ ID_BITS))
}

/// Refuses a command that is for campaigns which take turns.
///
/// # Errors
/// `conflict` where the campaign is the one of these mails.
pub fn is_not(ctx: &Ctx<'_>, campaign: CampaignId) -> Result<(), Reject> {
    if campaign == id_of(ctx) {
        return Err(Reject::conflict("mails written by hand are no campaign that takes turns"));
    }
    Ok(())
}

/// The campaign of these mails, where there is none yet.
fn campaign(ctx: &Ctx<'_>) -> Result<Campaign, Reject> {
    let zone = workspace::find(ctx.sql)?.map_or("UTC".into(), |it| it.time_zone);
    let plan = CampaignPlan {
        inbox_ids: Vec::new(),
        steps: Vec::new(),
        window: SendWindow::usual(zone),
        daily_max: None,
        spacing_s: BY_HAND_SPACING_S,
        footer: String::new(),
        not_now_days: None,
        ai_rules: AiRules::default(),
    };
    Ok(Campaign::draft(id_of(ctx), NAME.into(), plan, ctx.now))
}

/// The person's enrolments: also those under identities that turned out to be the prospect's, who
/// has their steps.
fn before(
    ctx: &Ctx<'_>,
    campaign: &Campaign,
    prospect: &Prospect,
) -> Result<Vec<Enrolment>, Reject> {
    let others = prospect.identities.iter().filter(|row| row.state == LINKED).map(|row| row.id);
    let mut before = Vec::new();
    for id in [prospect.id].into_iter().chain(others) {
        before.extend(enrolments::find(ctx.sql, campaign.number, id)?);
    }
    Ok(before)
}

/// The prospect's enrolment, at a step that nobody got: one try, in a thread of its own.
fn enrol(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    before: &[Enrolment],
    prospect: ProspectId,
) -> Result<Enrolment, Reject> {
    let step = 1 + before.iter().map(|one| one.step).max().unwrap_or(0);
    let mut one = match before.iter().find(|one| one.prospect_id == prospect) {
        Some(own) => own.clone(),
        None => enrolments::insert(ctx.sql, campaign.number, prospect, ctx.now, ctx.now)?
            .ok_or_else(|| Reject::internal("an enrolment that nobody knew of is there"))?,
    };
    one.step = step;
    (one.attempt, one.failures) = (0, post::FAILURES_MAX);
    one.message_ids.clear();
    Ok(one)
}
