//! Business hours: get, set.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::calendar::Hours;
use crate::workspace_room::rules::store::active;
use crate::workspace_room::rules::{hours, sla, waits};
use crate::workspace_room::tickets;
use schema::room::hours::{
    BusinessHours, BusinessHoursChanged, GetBusinessHours, SetBusinessHours,
};
use schema::sort::SortSmall;
use schema::{Permission, Reject};

/// Reads the business hours.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn get(ctx: &Ctx<'_>, _: &GetBusinessHours) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    Reply::of(&hours::find(ctx)?)
}

/// Sets the business hours; the clocks of SLA and silence are set anew. Event
/// `businessHours.changed`, none where nothing changes.
///
/// # Errors
/// `invalid_input`, `version_mismatch`.
pub fn set(ctx: &mut Ctx<'_>, input: &SetBusinessHours) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before = hours::find(ctx)?;
    tickets::check_version(input.if_version, before.version)?;
    let mut after = BusinessHours {
        time_zone: input.time_zone.clone(),
        week: input.week.clone(),
        holidays: input.holidays.clone(),
        updated_at: before.updated_at,
        version: before.version,
    };
    shape(&mut after)?;
    if after == before {
        return Reply::of(&after);
    }

    after.updated_at = ctx.now;
    after.version += 1;
    apply(ctx, &after)?;
    let data = BusinessHoursChanged { business_hours: after, before };
    ctx.event("businessHours.changed", None, &data)?;
    Reply::of(&data.business_hours)
}

/// Checks hours, and brings them into the form that is kept.
///
/// # Errors
/// `invalid_input`.
pub fn shape(hours: &mut BusinessHours) -> Result<(), Reject> {
    Hours::of(hours)?;
    hours.week.sort_small_by(|a, b| (a.day, &a.from).cmp(&(b.day, &b.from)));
    hours.holidays.sort_small_by(|a, b| a.date.cmp(&b.date));
    hours.holidays.dedup_by(|a, b| a.date == b.date);
    Ok(())
}

/// Writes hours, and sets the clocks of SLA and silence anew.
///
/// # Errors
/// A storage fault.
pub fn apply(ctx: &mut Ctx<'_>, hours: &BusinessHours) -> Result<(), Reject> {
    hours::set(ctx, hours)?;
    sla::again(ctx, "")?;
    if active::find(ctx.sql)?.silences > 0 {
        waits::look_again(ctx)?;
    }
    Ok(())
}
