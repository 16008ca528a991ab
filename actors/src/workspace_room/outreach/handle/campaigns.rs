//! `createCampaign`, `changeCampaign`, `startCampaign`, `pauseCampaign`. Who: who manages.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::change_agent::must_be_seen;
use crate::workspace_room::access::store::workspace;
use crate::workspace_room::outreach::store::campaigns::{self, Campaign};
use crate::workspace_room::outreach::store::enrolments;
use crate::workspace_room::outreach::{by_hand, campaign, make, mark, plan, texts, turn};
use crate::workspace_room::store::replies;
use schema::ids::CampaignId;
use schema::room::campaign::{
    CAMPAIGN_NAME_CHARS_MAX, CAMPAIGNS_MAX, Campaign as View, CampaignPlan, CampaignStatus,
    ChangeCampaign, CreateCampaign, PauseCampaign, SPACING_S, SendWindow, StartCampaign,
};
use schema::summary::Table;
use schema::{Permission, Reject, check};

/// The longest address that links begin with, in bytes.
const URL_BYTES_MAX: usize = 500;

/// A campaign as the API shows it.
///
/// # Errors
/// A storage fault.
pub fn view(ctx: &Ctx<'_>, campaign: Campaign) -> Result<View, Reject> {
    let enrolments = enrolments::counts(ctx.sql, campaign.number)?;
    let Campaign { id, name, status, plan, created_at, updated_at, version, .. } = campaign;
    Ok(View { id, name, status, plan, enrolments, created_at, updated_at, version })
}

/// Makes a campaign, which does not send yet. Event `campaign.created`.
///
/// # Errors
/// `forbidden`; `invalid_input`; `conflict` where there are too many.
pub fn create_campaign(ctx: &mut Ctx<'_>, input: CreateCampaign) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let name = check::line("name", &input.name, CAMPAIGN_NAME_CHARS_MAX)?;
    let zone = || workspace::find(ctx.sql).map(|it| it.map_or("UTC".into(), |it| it.time_zone));
    let plan = plan::checked(CampaignPlan {
        inbox_ids: input.inbox_ids,
        steps: input.steps,
        window: input.window.map_or_else(|| zone().map(SendWindow::usual), Ok)?,
        daily_max: input.daily_max,
        spacing_s: input.spacing_s.unwrap_or(SPACING_S),
        footer: input.footer,
        not_now_days: input.not_now_days,
        ai_rules: input.ai_rules,
    })?;
    if campaigns::count(ctx.sql)? >= CAMPAIGNS_MAX {
        let why = format!("a workspace has at most {CAMPAIGNS_MAX} campaigns");
        return Err(Reject::conflict(why));
    }
    let draft = Campaign::draft(CampaignId(ctx.uuid()), name, plan, ctx.now);
    let made = make(ctx, &draft)?;
    Reply::of(&view(ctx, made)?)
}

/// Changes a campaign; prospects get what it is from then on, and what models wrote for what it was
/// is written anew. Event `campaign.changed`.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`, `version_mismatch`; `conflict` for one that is over,
/// and for the mails written by hand.
pub fn change_campaign(ctx: &mut Ctx<'_>, input: ChangeCampaign) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    by_hand::is_not(ctx, input.campaign_id)?;
    let mut it = campaign(ctx, input.campaign_id)?;
    must_be_seen(it.version, input.if_version)?;
    not_over(&it)?;
    let before = it.clone();
    if let Some(name) = &input.name {
        it.name = check::line("name", name, CAMPAIGN_NAME_CHARS_MAX)?;
    }
    let plan = it.plan;
    it.plan = plan::checked(CampaignPlan {
        inbox_ids: input.inbox_ids.unwrap_or(plan.inbox_ids),
        steps: input.steps.unwrap_or(plan.steps),
        window: input.window.unwrap_or(plan.window),
        daily_max: input.daily_max.unwrap_or(plan.daily_max),
        spacing_s: input.spacing_s.unwrap_or(plan.spacing_s),
        footer: input.footer.unwrap_or(plan.footer),
        not_now_days: input.not_now_days.unwrap_or(plan.not_now_days),
        ai_rules: input.ai_rules.unwrap_or(plan.ai_rules),
    })?;
    if it == before {
        return Reply::of(&view(ctx, it)?);
    }
    texts::outdate(ctx, &it, &before.plan)?;
    save(ctx, it)
}

/// Has a campaign send, from its next turn on. Event `campaign.changed`.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` for an address that links cannot begin with;
/// `conflict` where there is none, where the campaign is over, and for the mails written by hand.
pub fn start_campaign(ctx: &mut Ctx<'_>, input: &StartCampaign) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    by_hand::is_not(ctx, input.campaign_id)?;
    let mut it = campaign(ctx, input.campaign_id)?;
    not_over(&it)?;
    let url = link_start(&input.public_url)?;
    for inbox in &it.plan.inbox_ids {
        replies::know_inbox(ctx.sql, *inbox)?;
    }
    if it.status == CampaignStatus::Active && it.public_url == url {
        return Reply::of(&view(ctx, it)?);
    }
    it.status = CampaignStatus::Active;
    texts::resume(ctx, &it)?;
    url.clone_into(&mut it.public_url);
    let now = ctx.now;
    turn::at_latest(ctx, now)?;
    save(ctx, it)
}

/// How links to opt out begin, at an address.
///
/// # Errors
/// `invalid_input` for an address that they cannot begin with; `conflict` where there is none.
pub fn link_start(public_url: &str) -> Result<&str, Reject> {
    let url = public_url.trim_end_matches('/');
    if url.is_empty() {
        return Err(Reject::conflict("PUBLIC_URL is not set: links to opt out need it"));
    }
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"<>,\"".contains(&b);
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    if !is_url || url.len() > URL_BYTES_MAX || !url.bytes().all(is_plain) {
        return Err(Reject::field("publicUrl", "must be an http or https address"));
    }
    Ok(url)
}

/// Has a campaign send no more, until it is started again, or for good; what an inbox has already
/// still leaves. Event `campaign.changed`.
///
/// # Errors
/// `forbidden`, `not_found`; `conflict` for one that is over, and for the mails written by hand.
pub fn pause_campaign(ctx: &mut Ctx<'_>, input: &PauseCampaign) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    by_hand::is_not(ctx, input.campaign_id)?;
    let mut it = campaign(ctx, input.campaign_id)?;
    let status = match it.status {
        _ if input.archive => CampaignStatus::Archived,
        CampaignStatus::Active => CampaignStatus::Paused,
        status => status,
    };
    if it.status == status {
        return Reply::of(&view(ctx, it)?);
    }
    not_over(&it)?;
    it.status = status;
    if status == CampaignStatus::Archived {
        texts::retire(ctx, &it)?;
    }
    save(ctx, it)
}

fn not_over(campaign: &Campaign) -> Result<(), Reject> {
    if campaign.status == CampaignStatus::Archived {
        return Err(Reject::conflict("the campaign is archived: make another"));
    }
    Ok(())
}

fn save(ctx: &mut Ctx<'_>, mut it: Campaign) -> Result<Reply, Reject> {
    it.version += 1;
    it.updated_at = ctx.now;
    campaigns::save(ctx.sql, &it)?;
    ctx.event("campaign.changed", None, &mark(&it))?;
    ctx.summarise(Table::Workspaces, &ctx.principal.workspace.to_string())?;
    if it.status == CampaignStatus::Active {
        let now = ctx.now;
        turn::at_latest(ctx, now)?;
    }
    Reply::of(&view(ctx, it)?)
}
