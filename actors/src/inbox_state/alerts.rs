//! What operators are told of the inbox: each change once, by the transaction that makes it.
//!
//! Of two changes of one kind the later is told with a later time, whatever the clock does: who
//! rings puts them in order by it.

use super::store::alerts as last;
use super::store::inbox::Inbox;
use super::store::ledger;
use super::{health, inbox_of, registered};
use crate::alert;
use crate::kernel::Ctx;
use schema::Reject;
use schema::alert::{Alert, AlertKind, AlertState};
use schema::inbox::SendState;

/// The inbox was written down: it may be paused, or warned, or not any more.
pub fn changed(ctx: &mut Ctx<'_>, before: Option<&Inbox>, inbox: &Inbox) -> Result<(), Reject> {
    let paused = inbox.paused.as_ref();
    if before.and_then(|before| before.paused.as_ref()) != paused {
        tell(ctx, AlertKind::InboxPaused, paused.map(|(_, reason)| reason.clone()))?;
    }
    let (was, is) = (before.and_then(|before| before.warned_at), inbox.warned_at);
    if was.is_some() != is.is_some() {
        let reason = is.map(|_| health::complaint(ctx, inbox)).transpose()?;
        tell(ctx, AlertKind::InboxWarned, reason)?;
    }
    Ok(())
}

/// A mail was written down: nobody may know whether it left, or somebody may have found out. Each
/// of which nobody knows is told of, whatever was told before: who rings knows what is new.
pub fn settled(ctx: &mut Ctx<'_>, was_unknown: bool, is_unknown: bool) -> Result<(), Reject> {
    if was_unknown == is_unknown {
        return Ok(());
    }
    let unknown = ledger::count(ctx.sql, &[SendState::Unknown])?;
    let reason = is_unknown.then(|| "nobody knows whether a mail has left".to_owned());
    if is_unknown || unknown == 0 {
        tell(ctx, AlertKind::ReviewNeeded, reason)?;
    }
    Ok(())
}

/// No mail comes in.
pub fn stalled(ctx: &mut Ctx<'_>, error: Option<String>) -> Result<(), Reject> {
    tell(ctx, AlertKind::SyncStalled, Some(error.unwrap_or_default()))
}

/// Mail comes in again, or is not to.
pub fn reads_again(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    tell(ctx, AlertKind::SyncStalled, None)
}

/// Something begins for a reason, or, without one, is over.
fn tell(ctx: &mut Ctx<'_>, kind: AlertKind, reason: Option<String>) -> Result<(), Reject> {
    let state = if reason.is_some() { AlertState::Raised } else { AlertState::Recovered };
    let at = last::next(ctx.sql, kind, ctx.now)?;
    let alert = Alert {
        inbox_id: Some(inbox_of(ctx)?),
        email: Some(registered(ctx)?.email),
        reason,
        ..Alert::new(kind, state, at, ctx.principal.workspace)
    };
    Ok(alert::ring(ctx, alert)?)
}
