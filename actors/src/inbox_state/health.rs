//! Health over a rolling window, and the pause that it may cause.
//!
//! The window holds the latest [`WINDOW_SENDS_MAX`] mails that left in the last [`WINDOW_MS`] and
//! since it was begun anew; a mail whose recipient was refused, or of which nobody knows, counts as
//! one that left. Each person from whom one came back, hard or soft, or who complained about one,
//! counts once, by [`person`](crate::mail::identity::person): a single correspondent can stop no
//! inbox, by however many addresses. From [`WINDOW_SENDS_MIN`] mails on, a share strictly over
//! [`BOUNCE_RATE_BP_MAX`] pauses.
//!
//! Complaints count by a window of their own, [`COMPLAINT_SENDS_MAX`] mails of outreach in
//! [`COMPLAINT_WINDOW_MS`]: mailbox providers want them under 0.1 % and never at 0.3 %, which two
//! hundred mails cannot show. From [`WINDOW_SENDS_MIN`] mails on, [`COMPLAINT_RATE_BP_WARN`] warns
//! and [`COMPLAINT_RATE_BP_MAX`] pauses, the latter once [`COMPLAINERS_MIN`] people complained who
//! cannot be one: of fifty mails one complaint is 2 %, and a warning. Whoever has a domain has as
//! many addresses as they like, so a domain counts once there, but for providers whom many share
//! ([`source`](crate::mail::identity::source)). Which complaints count, [`super::handle`] says.
//!
//! A warning ends once the share is lower again: as more mails leave, or, by a timer, as the window
//! moves on. A pause ends by a person alone. The end of a pause for health begins both windows
//! anew, since who ends it was told why; the end of any other forgives nothing: what came in before
//! it or meanwhile is judged then, and may pause the inbox again, for that.

use super::store::complaints;
use super::store::inbox::Inbox;
use super::store::ledger::{self, Complained, Window};
use super::{keep_inbox, registered};
use crate::kernel::Ctx;
use crate::kernel::store::timers;
use schema::inbox::{
    BOUNCE_RATE_BP_MAX, COMPLAINERS_MIN, COMPLAINT_RATE_BP_MAX, COMPLAINT_RATE_BP_WARN,
    COMPLAINT_SENDS_MAX, COMPLAINT_WINDOW_MS, Complaints, Health, WINDOW_MS, WINDOW_SENDS_MAX,
    WINDOW_SENDS_MIN,
};
use schema::{Millis, Reject};
use serde_json::json;

/// The timer that looks whether a warning is over.
pub const TIMER: &str = "health";

/// How the inbox is now.
pub fn look(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<Health, Reject> {
    let (since, window) = window(ctx, inbox, at)?;
    Ok(Health {
        sends: window.sends,
        bounced: window.bounced,
        complained: window.complained,
        bounce_rate_bp: rate_bp(&window),
        bounce_rate_bp_max: BOUNCE_RATE_BP_MAX,
        sends_min: WINDOW_SENDS_MIN,
        since,
        complaints: complaints_of(ctx, inbox, at)?,
    })
}

/// The share of mails that came back or were complained about, and no more of how the inbox is.
pub fn bounce_rate_bp(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<i64, Reject> {
    Ok(rate_bp(&window(ctx, inbox, at)?.1))
}

const fn rate_bp(window: &Window) -> i64 {
    if window.sends == 0 { 0 } else { window.unwelcome * 10_000 / window.sends }
}

/// The mails that count, and since when.
fn window(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<(Millis, Window), Reject> {
    let since = inbox.window_from.max(at - WINDOW_MS);
    Ok((since, ledger::window(ctx.sql, since, WINDOW_SENDS_MAX)?))
}

/// How complaints stand.
fn complaints_of(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<Complaints, Reject> {
    let Complained { sends, people, .. } = complained(ctx, inbox, at)?;
    Ok(Complaints {
        sends,
        people,
        rate_bp: if sends == 0 { 0 } else { people * 10_000 / sends },
        rate_bp_warn: COMPLAINT_RATE_BP_WARN,
        rate_bp_max: COMPLAINT_RATE_BP_MAX,
        warned_at: inbox.warned_at,
    })
}

fn complained(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<Complained, Reject> {
    let since = inbox.window_from.max(at - COMPLAINT_WINDOW_MS);
    Ok(ledger::complained(ctx.sql, since, COMPLAINT_SENDS_MAX)?)
}

/// Pauses the inbox where it is not healthy, warns, or ends a warning. The caller writes it down.
pub fn judge(ctx: &mut Ctx<'_>, inbox: &mut Inbox) -> Result<(), Reject> {
    if inbox.paused.is_none() {
        judge_bounces(ctx, inbox)?;
    }
    judge_complaints(ctx, inbox)
}

fn judge_bounces(ctx: &mut Ctx<'_>, inbox: &mut Inbox) -> Result<(), Reject> {
    let (_, Window { sends, bounced, complained, unwelcome }) = window(ctx, inbox, ctx.now)?;
    if sends < WINDOW_SENDS_MIN || unwelcome * 10_000 <= BOUNCE_RATE_BP_MAX * sends {
        return Ok(());
    }
    let mut reason = format!("by address, {bounced} of the last {sends} mails came back");
    if complained > 0 {
        reason.push_str(&format!(", {complained} were complained about"));
    }
    pause_for_health(ctx, inbox, &reason)
}

/// Warns where people complain, and pauses where too many do. Events `inbox.warned`,
/// `inbox.recovered`, `inbox.paused`.
fn judge_complaints(ctx: &mut Ctx<'_>, inbox: &mut Inbox) -> Result<(), Reject> {
    let Complained { sends, people, sources, first } = complained(ctx, inbox, ctx.now)?;
    let is_over = |limit_bp| people > 0 && people * 10_000 >= limit_bp * sends;
    let is_sample = sends >= WINDOW_SENDS_MIN;
    let said = || say(people, sends);
    // Few mails end no warning: their share is no lower for it.
    if is_over(COMPLAINT_RATE_BP_WARN) && (is_sample || inbox.warned_at.is_some()) {
        if inbox.warned_at.is_none() {
            inbox.warned_at = Some(ctx.now);
            ctx.event("inbox.warned", None, &json!({ "reason": said() }))?;
        }
        let over = first.map(|first| first + COMPLAINT_WINDOW_MS);
        if let Some(at) = over.filter(|at| *at > ctx.now)
            && timers::due_of(ctx.sql, TIMER, "")? != Some(at)
        {
            ctx.set_timer(TIMER, "", at, &[])?;
        }
    } else if inbox.warned_at.take().is_some() {
        ctx.event("inbox.recovered", None, &json!({}))?;
    }
    let is_too_much = sources >= COMPLAINERS_MIN && is_sample && is_over(COMPLAINT_RATE_BP_MAX);
    if inbox.paused.is_none() && is_too_much {
        pause_for_health(ctx, inbox, &said())?;
    }
    Ok(())
}

fn say(people: i64, sends: i64) -> String {
    format!("{people} people complained about the last {sends} mails of outreach")
}

/// How many people complain, in words.
pub fn complaint(ctx: &Ctx<'_>, inbox: &Inbox) -> Result<String, Reject> {
    let Complained { sends, people, .. } = complained(ctx, inbox, ctx.now)?;
    Ok(say(people, sends))
}

/// The window has moved on: a warning may be over, and what is behind it counts no more.
pub fn look_again(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    complaints::forget(ctx.sql, ctx.now - COMPLAINT_WINDOW_MS)?;
    let mut inbox = registered(ctx)?;
    let before = (inbox.warned_at, inbox.paused.is_some());
    judge(ctx, &mut inbox)?;
    if before == (inbox.warned_at, inbox.paused.is_some()) {
        return Ok(());
    }
    keep_inbox(ctx, &mut inbox)
}

/// The server refuses the log-in: pauses the inbox, unless it is.
pub fn log_in_refused(ctx: &mut Ctx<'_>, code: u16) -> Result<(), Reject> {
    let mut inbox = registered(ctx)?;
    if inbox.paused.is_none() {
        pause(ctx, &mut inbox, &format!("the server refuses the log-in: {code}"))?;
        keep_inbox(ctx, &mut inbox)?;
    }
    Ok(())
}

fn pause_for_health(ctx: &mut Ctx<'_>, inbox: &mut Inbox, reason: &str) -> Result<(), Reject> {
    pause(ctx, inbox, reason)?;
    inbox.paused_for_health = true;
    Ok(())
}

/// Pauses the inbox, for another reason than its health. The caller writes it down.
pub fn pause(ctx: &mut Ctx<'_>, inbox: &mut Inbox, reason: &str) -> Result<(), Reject> {
    inbox.paused_for_health = false;
    inbox.paused = Some((ctx.now, reason.to_owned()));
    ctx.event("inbox.paused", None, &json!({ "reason": reason }))?;
    Ok(())
}
