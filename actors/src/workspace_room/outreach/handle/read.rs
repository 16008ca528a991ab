//! What is read of outreach. Who: everybody of the team.

use super::campaigns::view as view_of;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor::{self, Position};
use crate::workspace_room::outreach::campaign;
use crate::workspace_room::outreach::caps::{Campaigns, SHOWN_MS};
use crate::workspace_room::outreach::store::answers;
use crate::workspace_room::outreach::store::campaigns::{self, Campaign};
use crate::workspace_room::outreach::store::decisions;
use crate::workspace_room::outreach::store::enrolments::{self, Enrolment};
use crate::workspace_room::outreach::store::inboxes;
use crate::workspace_room::store::TOP;
use schema::room::campaign::{GetCampaign, GetCaps, ListCampaigns};
use schema::room::enrolment::{
    Enrolment as View, EnrolmentState, GetEnrolment, ListDecisions, ListEnrolments, ListTurns,
};
use schema::{Permission, Reject, page};

/// A campaign.
///
/// # Errors
/// `not_found`.
pub fn get_campaign(ctx: &Ctx<'_>, input: &GetCampaign) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&view_of(ctx, campaign(ctx, input.campaign_id)?)?)
}

/// Campaigns, the latest first.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list_campaigns(ctx: &Ctx<'_>, input: &ListCampaigns) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let list = format!("campaigns/{:?}", input.status);
    let (limit, before) = range(ctx, &list, input.limit, input.cursor.as_deref())?;
    let found = match input.status {
        Some(status) => campaigns::of_status(ctx.sql, status, before, limit + 1)?,
        None => campaigns::list(ctx.sql, before, limit + 1)?,
    };
    let row = |campaign: Campaign| Ok(((0, campaign.number), view_of(ctx, campaign)?));
    let rows = found.into_iter().map(row).collect::<Result<_, Reject>>()?;
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

fn range(
    ctx: &Ctx<'_>,
    list: &str,
    limit: Option<i64>,
    cursor: Option<&str>,
) -> Result<(i64, i64), Reject> {
    let limit = page::limit(limit)?;
    let before = cursor::read(ctx, list, cursor)?;
    Ok((limit, before.map_or(TOP, |(_, number)| number)))
}

/// An enrolment as the API shows it.
///
/// # Errors
/// A storage fault.
pub fn view(ctx: &Ctx<'_>, campaign: &Campaign, one: Enrolment) -> Result<View, Reject> {
    let waits = one.state == EnrolmentState::Waiting;
    let answer = answers::get(ctx.sql, one.number)?.map(|(answer, _)| answer);
    Ok(View {
        campaign_id: campaign.id,
        prospect_id: one.prospect_id,
        state: one.state,
        reason: one.reason,
        step: one.step,
        due_at: waits.then_some(one.due_at),
        inbox_id: one.inbox_id,
        sent: one.sent,
        last_sent_at: one.last_sent_at,
        created_at: one.created_at,
        updated_at: one.updated_at,
        answer,
    })
}

/// Where a prospect stands in a campaign.
///
/// # Errors
/// `not_found`.
pub fn get_enrolment(ctx: &Ctx<'_>, input: &GetEnrolment) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let one = enrolments::find(ctx.sql, campaign.number, input.prospect_id)?;
    Reply::of(&view(ctx, &campaign, one.ok_or_else(|| Reject::not_found("enrolment"))?)?)
}

/// The prospects of a campaign, the latest first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_enrolments(ctx: &Ctx<'_>, input: &ListEnrolments) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let list = format!("enrolments/{}/{:?}", campaign.id, input.state);
    let (limit, before) = range(ctx, &list, input.limit, input.cursor.as_deref())?;
    let found = enrolments::list(ctx.sql, campaign.number, input.state, before, limit + 1)?;
    let row = |one: Enrolment| -> Result<(Position, View), Reject> {
        Ok(((0, one.number), view(ctx, &campaign, one)?))
    };
    let rows = found.into_iter().map(row).collect::<Result<_, _>>()?;
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// What was decided about a prospect in a campaign, the latest first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_decisions(ctx: &Ctx<'_>, input: &ListDecisions) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let one = enrolments::find(ctx.sql, campaign.number, input.prospect_id)?;
    let one = one.ok_or_else(|| Reject::not_found("enrolment"))?;
    let list = format!("decisions/{}", one.number);
    let (limit, before) = range(ctx, &list, input.limit, input.cursor.as_deref())?;
    let found = decisions::list(ctx.sql, one.number, before, limit + 1)?;
    let rows = found.into_iter().map(|(number, it)| ((0, number), it)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// How a campaign's turns ended, the latest first.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn list_turns(ctx: &Ctx<'_>, input: &ListTurns) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let list = format!("turns/{}", campaign.id);
    let (limit, before) = range(ctx, &list, input.limit, input.cursor.as_deref())?;
    let found = decisions::turns(ctx.sql, campaign.number, before, limit + 1)?;
    let rows = found.into_iter().map(|(number, it)| ((0, number), it)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// How many mails of a campaign may leave now, from each of its inboxes, as far as they have said
/// how they are.
///
/// # Errors
/// `not_found`.
pub fn get_caps(ctx: &Ctx<'_>, input: &GetCaps) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let campaign = campaign(ctx, input.campaign_id)?;
    let caps = Campaigns::load(ctx, campaigns::settings(ctx.sql)?, &campaign)?;
    let cap = |id| caps.as_of(ctx, &inboxes::find(ctx.sql, id)?, SHOWN_MS);
    let all = campaign.plan.inbox_ids.iter().map(|id| cap(*id));
    Reply::of(&all.collect::<Result<Vec<_>, Reject>>()?)
}
