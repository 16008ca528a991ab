//! Begins the warm-up, and moves it to another zone.

use super::status::whole;
use crate::kernel::Ctx;
use crate::warmup_counter::store::{self, Counter};
use crate::warmup_counter::zone::{self, Zone};
use crate::warmup_counter::{MIDNIGHT, open_day, started, today};
use schema::warmup::{SetZone, StartWarmup, WarmupStatus};
use schema::{Permission, Reject};

/// Begins the warm-up. Permission: manage. Again, with the same zone and no other first day, it
/// changes nothing.
///
/// # Errors
/// `forbidden`; `invalid_input` for a zone that does not exist and a first day in the future;
/// `conflict` where it was started with other values.
pub fn start(ctx: &mut Ctx<'_>, input: &StartWarmup) -> Result<WarmupStatus, Reject> {
    ctx.require(Permission::Manage)?;
    let zone = Zone::named(&input.time_zone)?;
    let first = input.started_on.as_deref().map(|day| zone::parse("startedOn", day)).transpose()?;
    if let Some(counter) = store::counter(ctx.sql)? {
        if counter.zone != zone.name() || first.is_some_and(|day| day != counter.started_on) {
            return Err(Reject::conflict("the warm-up was started with another zone or first day"));
        }
        return whole(ctx, &today(ctx, counter)?, 0);
    }
    let day = zone.day_at(ctx.now);
    if first.is_some_and(|first| first > day) {
        return Err(Reject::field("startedOn", "must not be in the future"));
    }
    let counter = Counter {
        zone: zone.name().to_owned(),
        started_on: first.unwrap_or(day),
        day,
        ends: zone.begin_of(day + 1)?,
    };
    open_day(ctx, &counter)?;
    ctx.set_timer(MIDNIGHT, "", counter.ends, &[])?;
    whole(ctx, &counter, 0)
}

/// Moves the inbox to another zone; the open day ends no earlier for it. Permission: manage.
///
/// # Errors
/// `forbidden`; `invalid_input` for a zone that does not exist; `conflict` where nothing was
/// started.
pub fn set_zone(ctx: &mut Ctx<'_>, input: &SetZone) -> Result<WarmupStatus, Reject> {
    ctx.require(Permission::Manage)?;
    let zone = Zone::named(&input.time_zone)?;
    let mut counter = started(ctx)?;
    if counter.zone != zone.name() {
        let day = zone.day_at(counter.ends);
        let begin = zone.begin_of(day)?;
        counter.ends = if begin >= counter.ends { begin } else { zone.begin_of(day + 1)? };
        counter.zone = zone.name().to_owned();
        open_day(ctx, &counter)?;
        ctx.set_timer(MIDNIGHT, "", counter.ends, &[])?;
    }
    whole(ctx, &counter, 0)
}
