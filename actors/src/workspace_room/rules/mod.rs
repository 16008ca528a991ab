//! What reacts by itself: automations, workflows, SLA, and the business hours they count in.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`react`] | rules react to what a step has done, within that step and within bounds |
//! | [`facts`], [`conditions`] | what a rule can look at, and whether its conditions hold |
//! | [`actions`], [`turns`] | what it does |
//! | [`waits`] | rules that act on silence |
//! | [`workflows`] | sequences of steps with waits |
//! | [`sla`] | the clocks of what was promised |
//! | [`hours`], [`calendar`] | which moments count |
//! | [`sweep`] | what is forgotten with time |
//!
//! Nothing here asks the clock or chance: the same commands at the same times give the same log.

pub mod actions;
pub mod calendar;
pub mod conditions;
pub mod facts;
pub mod handle;
pub mod hours;
pub mod react;
pub mod sla;
pub mod store;
pub mod sweep;
pub mod turns;
pub mod waits;
pub mod workflows;

#[cfg(test)]
mod tests;

use crate::kernel::{Ctx, Migration, Timer, migration};
use schema::Reject;

/// The tables of rules.
pub const MIGRATION: Migration = migration!("workspace_room/0005_rules");

/// Does what a timer of rules was set for; none where the timer is another's.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Option<Result<(), Reject>> {
    Some(match timer.kind.as_str() {
        waits::TIMER => waits::timer(ctx, timer),
        waits::BACKFILL => waits::backfill(ctx, timer),
        workflows::TIMER => workflows::timer(ctx, timer),
        sla::TIMER => sla::timer(ctx, timer),
        sla::AGAIN => sla::again_timer(ctx, timer),
        sweep::TIMER => sweep::sweep(ctx),
        _ => return None,
    })
}
