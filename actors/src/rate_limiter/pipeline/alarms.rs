//! What troubles workspaces, and for what of it it rings.
//!
//! Word of a change may come twice, or after word of a later one: of each that tells, the latest
//! word counts. What is over before anybody was told that it began is not rung for.

use super::{RING, store};
use crate::kernel::{Ctx, Reply};
use schema::alert::{Alert, AlertKind, AlertState};
use schema::dead_letter::Ring;
use schema::{Millis, Reject};

/// A workspace is told of once within this time how its week was.
const DIGEST_MS: Millis = 6 * 24 * 60 * 60 * 1000;

/// Takes note of what begins or ends, and rings where that is new.
///
/// # Errors
/// A storage fault.
pub fn ring(ctx: &mut Ctx<'_>, Ring { mut alert, bell }: Ring) -> Result<(), Reject> {
    let last = store::alarm(ctx.sql, &alert)?;
    if !is_later(&alert, last) {
        return Ok(());
    }
    store::set_alarm(ctx.sql, &alert)?;
    let stood = last.is_some_and(|(_, stood)| stood);
    // Whether a person is needed, the workspace is told once, whichever of it waits.
    let is_shared = alert.kind == AlertKind::ReviewNeeded;
    let Some(bell) = bell.filter(|_| is_news(&alert, stood)) else { return Ok(()) };
    if is_shared && store::others_stand(ctx.sql, &alert)? {
        return Ok(());
    }
    if alert.digest.is_some() {
        alert.dead_letters = Some(store::count(ctx.sql)?);
    }
    super::hang(ctx, bell)?;
    let (kind, state) = (alert.kind.as_str(), alert.state.as_str());
    let (workspace, source) = (alert.workspace_id, store::source(&alert));
    let key = format!("{kind}-{workspace}-{source}-{state}-{}", alert.at);
    Ok(ctx.outbox(RING, &key, &Reply::of(&alert)?.0)?)
}

/// Whether it comes after what the one that tells it said last: since when, and that it stood.
fn is_later(alert: &Alert, last: Option<(Millis, bool)>) -> bool {
    let Some((at, stood)) = last else { return true };
    match alert.kind {
        AlertKind::Digest => alert.at - at > DIGEST_MS,
        _ => alert.at > at || (alert.at == at && raises(alert) != stood),
    }
}

/// Whether it says something new. A pause for another reason is another pause.
fn is_news(alert: &Alert, stood: bool) -> bool {
    match alert.kind {
        AlertKind::Digest => true,
        AlertKind::InboxPaused => raises(alert) || stood,
        _ => raises(alert) != stood,
    }
}

fn raises(alert: &Alert) -> bool {
    alert.state == AlertState::Raised
}
