//! What a prospect does at a time: a follow-up is due, a permit runs out, a work of the
//! pipeline is due.

use super::store::{me, permits};
use super::{person, pipeline};
use crate::kernel::{Ctx, Timer};
use schema::Reject;
use schema::codec::to_json;
use schema::prospect::PermitRow;

/// The time of the follow-up has come.
pub const FOLLOW_UP: &str = "follow_up";
/// A permit runs out.
pub const PERMIT: &str = "permit";

/// Does what a timer was set for.
///
/// # Errors
/// A storage fault.
pub fn run(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    match timer.kind.as_str() {
        FOLLOW_UP => follow_up(ctx),
        PERMIT => permit(ctx, timer),
        pipeline::WORK => pipeline::timer(ctx),
        other => Err(Reject::internal(format!("no timer of kind {other}"))),
    }
}

fn follow_up(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let Some(mut me) = me::load(ctx.sql)? else { return Ok(()) };
    let due = me.follow_up_at.is_some_and(|at| at <= ctx.now);
    if me.alias_of.is_some() || me.follow_up_due || !due {
        return Ok(());
    }
    me.follow_up_due = true;
    person::note(ctx, "followUp.due", me.follow_up_note.clone())?;
    person::touch(ctx, &mut me)
}

fn permit(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let (campaign, step, send_id): (String, i64, String) = schema::codec::read_json(&timer.body)
        .map_err(|error| Reject::internal(format!("permit timer: {}", error.message)))?;
    let rows = permits::of_step(ctx.sql, &campaign, step)?;
    let Some(mut row) = rows.into_iter().find(|row| row.send_id == send_id) else {
        return Ok(());
    };
    let over = row.until.is_some_and(|until| until <= ctx.now);
    if row.state == permits::GRANTED && !row.began && over {
        permits::FREE.clone_into(&mut row.state);
        row.at = ctx.now;
        permits::put(ctx.sql, &row)?;
    }
    Ok(())
}

/// Sets the timer of a permit that runs out.
///
/// # Errors
/// A storage fault.
pub fn set_for_permit(ctx: &mut Ctx<'_>, row: &PermitRow) -> Result<(), Reject> {
    let Some(until) = row.until else { return Ok(()) };
    if row.state == permits::GRANTED && !row.began {
        let body = to_json(&(&row.campaign, row.step, &row.send_id));
        ctx.set_timer(PERMIT, &permit_key(row), until, &body)?;
    }
    Ok(())
}

/// The key of a permit's timer.
#[must_use]
pub fn permit_key(row: &PermitRow) -> String {
    format!("{}/{}/{}", row.campaign, row.step, row.send_id)
}
