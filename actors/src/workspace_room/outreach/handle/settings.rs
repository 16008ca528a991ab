//! `getOutreachSettings` and `changeOutreachSettings`, `takeTurns`. Who: everybody reads, who
//! manages changes.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::change_agent::must_be_seen;
use crate::workspace_room::outreach::store::campaigns;
use crate::workspace_room::outreach::turn;
use schema::room::campaign::{ChangeOutreachSettings, DAILY_MAX, OutreachSettings};
use schema::{Permission, Reject};

/// What outreach as a whole may do.
///
/// # Errors
/// `forbidden`.
pub fn get(ctx: &Ctx<'_>) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&campaigns::settings(ctx.sql)?)
}

/// Changes it, from the next turn on. Event `outreachSettings.changed`.
///
/// # Errors
/// `forbidden`, `invalid_input`, `version_mismatch`.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeOutreachSettings) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before = campaigns::settings(ctx.sql)?;
    must_be_seen(before.version, input.if_version)?;
    let after = OutreachSettings {
        daily_max: figure("dailyMax", input.daily_max, before.daily_max)?,
        domain_daily_max: figure(
            "domainDailyMax",
            input.domain_daily_max,
            before.domain_daily_max,
        )?,
        inbox_daily_max: figure("inboxDailyMax", input.inbox_daily_max, before.inbox_daily_max)?,
        version: before.version,
    };
    if after == before {
        return Reply::of(&before);
    }
    let after = OutreachSettings { version: before.version + 1, ..after };
    campaigns::set(ctx.sql, &after)?;
    ctx.event("outreachSettings.changed", None, &after)?;
    let now = ctx.now;
    turn::at_latest(ctx, now)?;
    Reply::of(&after)
}

fn figure(field: &str, given: Option<i64>, before: i64) -> Result<i64, Reject> {
    let figure = given.unwrap_or(before);
    if (0..=DAILY_MAX).contains(&figure) {
        return Ok(figure);
    }
    Err(Reject::field(field, format!("must be from 0 to {DAILY_MAX}")))
}

/// Has every campaign take its turn now.
///
/// # Errors
/// `forbidden`.
pub fn take_turns(ctx: &mut Ctx<'_>) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    Reply::of(&turn::take(ctx)?)
}
