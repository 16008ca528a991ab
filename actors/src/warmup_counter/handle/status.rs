//! Tells of today and of past days.

use crate::kernel::Ctx;
use crate::warmup_counter::store::{self, Counter};
use crate::warmup_counter::{inbox_of, row_of, started, view, zone};
use schema::warmup::{DAYS_MAX, GetWarmup, WarmupStatus};
use schema::{Permission, Reject};

const DAYS: i64 = 14;

/// Tells of today and of past days. Permission: read. It changes nothing.
///
/// # Errors
/// `forbidden`; `invalid_input`; `conflict` where nothing was started.
pub fn status(ctx: &Ctx<'_>, input: &GetWarmup) -> Result<WarmupStatus, Reject> {
    ctx.require(Permission::Read)?;
    let days = input.days.unwrap_or(DAYS);
    if !(0..=DAYS_MAX).contains(&days) {
        return Err(Reject::field("days", format!("must be from 0 to {DAYS_MAX}")));
    }
    whole(ctx, &started(ctx)?, days)
}

/// The status of a counter, with at most so many past days.
pub(super) fn whole(ctx: &Ctx<'_>, counter: &Counter, days: i64) -> Result<WarmupStatus, Reject> {
    Ok(WarmupStatus {
        inbox_id: inbox_of(ctx)?,
        time_zone: counter.zone.clone(),
        started_on: zone::text(counter.started_on),
        today: view(&row_of(ctx, counter)?),
        resets_at: counter.ends,
        history: store::before(ctx.sql, counter.day, days)?.iter().map(view).collect(),
    })
}
