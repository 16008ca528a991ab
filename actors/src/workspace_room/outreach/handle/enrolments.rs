//! `enrol` and `changeEnrolment`. Who: who works.

use super::read;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::outreach::store::enrolments;
use crate::workspace_room::outreach::{by_hand, campaign, decide, post, texts, turn};
use schema::room::campaign::CampaignStatus;
use schema::room::enrolment::{
    CampaignEnrolled, ChangeEnrolment, ENROL_MAX, Enrol, Enrolled, EnrolmentState,
};
use schema::{Millis, Permission, Reject, check};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// Enrols prospects. Whether there is a prospect of an id shows when it is asked. Event
/// `campaign.enrolled` where any is new.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`; `conflict` for a campaign that is over, and for the
/// mails written by hand.
pub fn enrol(ctx: &mut Ctx<'_>, input: &Enrol) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    by_hand::is_not(ctx, input.campaign_id)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    if campaign.status == CampaignStatus::Archived {
        return Err(Reject::conflict("the campaign is archived: make another"));
    }
    check::items("prospectIds", &input.prospect_ids, ENROL_MAX)?;
    let delay = campaign.plan.steps.first().map_or(0, |step| step.delay_days);
    let due = ctx.now + delay * DAY_MS;
    let mut done = Enrolled { enrolled: 0, known: 0 };
    for prospect in &input.prospect_ids {
        let one = enrolments::insert(ctx.sql, campaign.number, *prospect, due, ctx.now)?;
        let Some(one) = one else {
            done.known += 1;
            continue;
        };
        done.enrolled += 1;
        decide(ctx, &one, "enrolled", None)?;
        if campaign.status == CampaignStatus::Active {
            texts::want(ctx, &campaign, &one)?;
        }
    }
    if done.enrolled > 0 {
        let Enrolled { enrolled, .. } = done;
        let data = CampaignEnrolled { campaign_id: campaign.id, enrolled };
        ctx.event("campaign.enrolled", None, &data)?;
        turn::at_latest(ctx, due)?;
    }
    Reply::of(&done)
}

/// Takes a prospect out of a campaign, or puts one back that is blocked or was taken out. Event
/// `outreach.stopped` for the one.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` for another state; `conflict` where it is over for
/// the prospect, or nobody knows yet whether its last mail left, or it would be put back where
/// mails are written by hand.
pub fn change_enrolment(ctx: &mut Ctx<'_>, input: &ChangeEnrolment) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    if input.state == EnrolmentState::Waiting {
        by_hand::is_not(ctx, input.campaign_id)?;
    }
    let campaign = campaign(ctx, input.campaign_id)?;
    let found = enrolments::find(ctx.sql, campaign.number, input.prospect_id)?;
    let mut one = found.ok_or_else(|| Reject::not_found("enrolment"))?;
    let by_hand = one.state == EnrolmentState::Stopped && one.reason.as_deref() == Some(BY_HAND);
    match (input.state, one.state) {
        (EnrolmentState::Stopped, EnrolmentState::Stopped)
        | (EnrolmentState::Waiting, EnrolmentState::Waiting) => {}
        (EnrolmentState::Stopped, EnrolmentState::Finished) => {
            return Err(Reject::conflict("the prospect got all steps"));
        }
        (EnrolmentState::Stopped, _) => post::stop(ctx, &mut one, BY_HAND)?,
        (EnrolmentState::Waiting, _) if one.assigned_at.is_some() => {
            return Err(Reject::conflict("its inbox has not told yet whether its last mail left"));
        }
        (EnrolmentState::Waiting, state) if by_hand || state == EnrolmentState::Blocked => {
            one.failures = 0;
            let now = ctx.now;
            post::postpone(ctx, &mut one, now, BY_HAND)?;
            texts::put_back(ctx, &campaign, &one)?;
        }
        (EnrolmentState::Waiting, state) => {
            return Err(Reject::conflict(format!("the prospect is {}", state.as_str())));
        }
        _ => return Err(Reject::field("state", "must be stopped or waiting")),
    }
    Reply::of(&read::view(ctx, &campaign, one)?)
}

/// Why an enrolment stands where a person put it.
const BY_HAND: &str = "byHand";
