//! Says what became of a slot's mail.

use crate::kernel::Ctx;
use crate::warmup_counter::store::{self, SlotState};
use crate::warmup_counter::{summarise, zone};
use schema::Reject;
use schema::warmup::{SettleReply, SettleSlot};

/// The mail has left, or may have: its slot counts as sent, for the day it was reserved on. For
/// Postroom itself. Even a slot that was given back counts then, because what has left has left.
///
/// # Errors
/// `forbidden`.
pub fn commit(ctx: &mut Ctx<'_>, input: &SettleSlot) -> Result<SettleReply, Reject> {
    settle(ctx, input, SlotState::Sent)
}

/// The mail has not left, for certain: its slot is free again. For Postroom itself. A slot that
/// counts as sent stays so.
///
/// # Errors
/// `forbidden`.
pub fn release(ctx: &mut Ctx<'_>, input: &SettleSlot) -> Result<SettleReply, Reject> {
    settle(ctx, input, SlotState::Released)
}

fn settle(ctx: &mut Ctx<'_>, input: &SettleSlot, to: SlotState) -> Result<SettleReply, Reject> {
    ctx.require_system()?;
    let Some((day, from)) = store::slot(ctx.sql, input.send_id)? else {
        return Ok(SettleReply { day: None, sent: false });
    };
    let (reserved, sent) = match (from, to) {
        (SlotState::Reserved, SlotState::Sent) => (-1, 1),
        (SlotState::Reserved, SlotState::Released) => (-1, 0),
        (SlotState::Released, SlotState::Sent) => (0, 1),
        _ => (0, 0),
    };
    if (reserved, sent) != (0, 0) {
        store::put(ctx.sql, input.send_id, day, to)?;
        store::add(ctx.sql, day, reserved, sent, ctx.now)?;
        summarise(ctx, day)?;
    }
    let sent = from == SlotState::Sent || to == SlotState::Sent;
    Ok(SettleReply { day: Some(zone::text(day)), sent })
}
