//! What troubles workspaces, and for what of it it rings.
//!
//! Word of a change may come twice, or after word of a later one: of each that tells, the latest
//! word counts. Of each thing there is one notice, which says what operators are to be told and
//! what they took: a newer alert replaces one that waits, and where what they took is how it
//! stands, none is made. It rings that something stands at most once in [`QUIET_MS`], and for a
//! workspace for [`BUSY`] things in that time; that it is over, at once. What they did not take is
//! rung for as long as it is so.

use super::{QUIET_MS, RETRIED_MS, RETRY_MS, RING, store};
use crate::kernel::actor::Settled;
use crate::kernel::store::outbox;
use crate::kernel::{Ctx, Entry, Reply};
use schema::alert::{self, Alert, AlertKind, AlertState};
use schema::codec::read_json;
use schema::dead_letter::Ring;
use schema::{Millis, Reject};
use store::Notice;

/// For how many things of a workspace it rings within [`QUIET_MS`].
pub const BUSY: i64 = 30;
/// How many it rings for that had nowhere to ring, with each other one.
const UNMUTED_MAX: i64 = 20;

/// Takes note of what begins or ends, and rings where that is new.
///
/// # Errors
/// A storage fault.
pub fn ring(ctx: &mut Ctx<'_>, Ring { alert, bell }: Ring) -> Result<(), Reject> {
    if !is_later(&alert, store::alarm(ctx.sql, &alert)?) {
        return Ok(());
    }
    store::set_alarm(ctx.sql, &alert)?;
    let can_ring = bell.is_some();
    super::hang(ctx, bell)?;
    if !is_shared(&alert) || !store::others_stand(ctx.sql, &alert)? {
        note(ctx, alert)?;
    }
    if can_ring {
        for mut notice in store::mute(ctx.sql, UNMUTED_MAX)? {
            tell(ctx, &mut notice)?;
        }
    }
    Ok(())
}

/// Whether it comes after what the one that tells it said last: since when, and that it stood.
fn is_later(alert: &Alert, last: Option<(Millis, bool)>) -> bool {
    let Some((at, stood)) = last else { return true };
    match alert.kind {
        AlertKind::Digest => alert::week(alert.at) > alert::week(at),
        _ => alert.at > at || (alert.at == at && raises(alert) != stood),
    }
}

/// Whether it is one thing for the workspace: that a person is needed, whichever of it waits.
fn is_shared(alert: &Alert) -> bool {
    alert.kind == AlertKind::ReviewNeeded
}

fn raises(alert: &Alert) -> bool {
    alert.state == AlertState::Raised
}

/// Makes an alert of what changes something. A pause for another reason is another pause.
fn note(ctx: &mut Ctx<'_>, mut alert: Alert) -> Result<(), Reject> {
    let workspace = alert.workspace_id.to_string();
    let kind = alert.kind.as_str();
    let source = if is_shared(&alert) { String::new() } else { store::source(&alert) };
    let known = store::notice(ctx.sql, (&*workspace, kind, &*source))?;
    let new = || Notice { workspace, kind: kind.to_owned(), source, ..Notice::default() };
    let mut notice = known.unwrap_or_else(new);
    let stands = raises(&alert);
    let is_change = match alert.kind {
        AlertKind::Digest => true,
        AlertKind::InboxPaused => stands || notice.stands,
        _ => stands != notice.stands,
    };
    if !is_change {
        return Ok(());
    }
    if alert.digest.is_some() {
        alert.dead_letters = Some(store::count(ctx.sql)?);
    }
    notice.number = super::count_alert(ctx)?;
    alert.number = Some(notice.number);
    (notice.stands, notice.body) = (stands, Reply::of(&alert)?.0);
    tell(ctx, &mut notice)
}

/// Whether operators may not know yet what the latest alert says.
fn is_news(notice: &Notice) -> bool {
    let differs = if notice.kind == AlertKind::Digest.as_str() {
        true
    } else if notice.kind == AlertKind::InboxPaused.as_str() {
        notice.stands || notice.told
    } else {
        notice.stands != notice.told
    };
    notice.number > notice.heard && (differs || notice.open > 0)
}

/// Rings for news: now, or when it has been quiet for long enough. An alert that waits and is none
/// any more finds that out when its time comes: who changes to and fro gains no further try.
fn tell(ctx: &mut Ctx<'_>, notice: &mut Notice) -> Result<(), Reject> {
    let key = key_of(notice);
    ctx.cancel_timer(RING, &key)?;
    let is_news = is_news(notice);
    notice.mute = is_news && store::alert(ctx.sql)?.bell.is_none();
    if is_news && !notice.mute {
        if let Some(at) = quiet_until(ctx, notice)? {
            ctx.set_timer(RING, &key, at, &[])?;
        } else {
            notice.rung_at = ctx.now;
            ctx.outbox(RING, &key, &notice.body)?;
        }
    }
    Ok(store::set_notice(ctx.sql, notice)?)
}

/// Until when it must not ring that something stands; none where it may.
fn quiet_until(ctx: &Ctx<'_>, notice: &Notice) -> Result<Option<Millis>, Reject> {
    let waiting = outbox::find(ctx.sql, RING, &key_of(notice))?;
    // It takes the place, and the time, of one that nobody took.
    if !notice.stands || waiting.is_some_and(|entry| !entry.leased) {
        return Ok(None);
    }
    let busy = store::rung(ctx.sql, &notice.workspace, ctx.now - QUIET_MS, BUSY)?;
    let last = busy.unwrap_or_default().max(notice.rung_at);
    Ok(Some(last + QUIET_MS).filter(|at| ctx.now < *at))
}

/// It has been quiet for long enough.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>, key: &str) -> Result<(), Reject> {
    let Some(mut notice) = noticed(ctx, key)? else { return Ok(()) };
    tell(ctx, &mut notice)
}

/// Whether an entry, or a timer, is of something that begins and ends.
#[must_use]
pub fn is_of(key: &str) -> bool {
    key.contains('/')
}

fn key_of(notice: &Notice) -> String {
    format!("{}/{}/{}", notice.kind, notice.workspace, notice.source)
}

fn noticed(ctx: &Ctx<'_>, key: &str) -> Result<Option<Notice>, Reject> {
    let mut parts = key.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (kind, workspace, source) = (part(), part(), part());
    Ok(store::notice(ctx.sql, (workspace, kind, source))?)
}

/// The name of the alert of an entry, for which a request is made now; none where operators need
/// not be told of it any more.
///
/// # Errors
/// A storage fault.
pub fn begin(ctx: &Ctx<'_>, entry: &Entry) -> Result<Option<String>, Reject> {
    let Some(mut notice) = noticed(ctx, &entry.key)? else { return Ok(None) };
    let alert: Alert = read_json(&entry.body)?;
    if alert.number != Some(notice.number) || !is_news(&notice) {
        return Ok(None);
    }
    notice.mute = store::alert(ctx.sql)?.bell.is_none();
    notice.open += i64::from(!notice.mute);
    store::set_notice(ctx.sql, &notice)?;
    Ok((!notice.mute).then(|| format!("{}-{}", notice.kind, notice.number)))
}

/// Operators have an alert.
///
/// # Errors
/// A storage fault.
pub fn taken(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Settled, Reject> {
    let Some(mut notice) = noticed(ctx, &entry.key)? else { return Ok(Settled::Finished) };
    let alert: Alert = read_json(&entry.body)?;
    (notice.heard, notice.told) = (alert.number.unwrap_or_default(), raises(&alert));
    notice.open = 0;
    if notice.heard == notice.number {
        notice.body.clear();
    }
    tell(ctx, &mut notice)?;
    Ok(Settled::Finished)
}

/// Nobody took an alert, or nobody knows, where there was no answer: it is tried again, after a day
/// more seldom. A digest is old by then.
///
/// # Errors
/// A storage fault.
pub fn missed(ctx: &Ctx<'_>, entry: &Entry, answer: Option<u16>) -> Result<Settled, Reject> {
    let Some(mut notice) = noticed(ctx, &entry.key)? else { return Ok(Settled::Finished) };
    notice.open = (notice.open - i64::from(answer.is_some())).max(0);
    let is_old = ctx.now - notice.rung_at > RETRIED_MS;
    let is_over = is_old && notice.kind == AlertKind::Digest.as_str();
    if is_over {
        notice.heard = notice.number;
        notice.body.clear();
    }
    store::set_notice(ctx.sql, &notice)?;
    let wait = if is_old { QUIET_MS } else { RETRY_MS };
    Ok(if is_over { Settled::Finished } else { Settled::Again(ctx.now + wait) })
}
