//! Health over a rolling window, and the pause that it may cause.
//!
//! The window holds the latest [`WINDOW_SENDS_MAX`] mails that left in the last [`WINDOW_MS`] and
//! since the last resume; a mail whose recipient was refused, or of which nobody knows, counts as
//! one that left. Each address from which one came back, hard or soft, or that complained about
//! one, counts once: a single correspondent can stop no inbox. From [`WINDOW_SENDS_MIN`] mails on,
//! a share strictly over [`BOUNCE_RATE_BP_MAX`] pauses.
//!
//! Complaints count by a window of their own, [`COMPLAINT_SENDS_MAX`] mails in
//! [`COMPLAINT_WINDOW_MS`]: mailbox providers want them under 0.1 % and never at 0.3 %, which two
//! hundred mails cannot show. From [`WINDOW_SENDS_MIN`] mails on, [`COMPLAINT_RATE_BP_WARN`] warns
//! and [`COMPLAINT_RATE_BP_MAX`] pauses, the latter once [`COMPLAINERS_MIN`] people complained: of
//! fifty mails one complaint is 2 %, and a warning. The warning ends by itself, the pause does not.

use super::store::inbox::Inbox;
use super::store::ledger::{self, Window};
use super::{keep_inbox, registered};
use crate::kernel::Ctx;
use schema::inbox::{
    BOUNCE_RATE_BP_MAX, COMPLAINERS_MIN, COMPLAINT_RATE_BP_MAX, COMPLAINT_RATE_BP_WARN,
    COMPLAINT_SENDS_MAX, COMPLAINT_WINDOW_MS, Complaints, Health, WINDOW_MS, WINDOW_SENDS_MAX,
    WINDOW_SENDS_MIN,
};
use schema::{Millis, Reject};
use serde_json::json;

/// How the inbox is now.
pub fn look(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<Health, Reject> {
    let since = inbox.window_from.max(at - WINDOW_MS);
    let window = ledger::window(ctx.sql, since, WINDOW_SENDS_MAX)?;
    let (sends, unwelcome) = (window.sends, window.unwelcome);
    Ok(Health {
        sends,
        bounced: window.bounced,
        complained: window.complained,
        bounce_rate_bp: if sends == 0 { 0 } else { unwelcome * 10_000 / sends },
        bounce_rate_bp_max: BOUNCE_RATE_BP_MAX,
        sends_min: WINDOW_SENDS_MIN,
        since,
        complaints: complaints(ctx, inbox, at)?,
    })
}

/// How complaints stand.
fn complaints(ctx: &Ctx<'_>, inbox: &Inbox, at: Millis) -> Result<Complaints, Reject> {
    let since = inbox.window_from.max(at - COMPLAINT_WINDOW_MS);
    let (sends, people) = ledger::complaints(ctx.sql, since, COMPLAINT_SENDS_MAX)?;
    Ok(Complaints {
        sends,
        people,
        rate_bp: if sends == 0 { 0 } else { people * 10_000 / sends },
        rate_bp_warn: COMPLAINT_RATE_BP_WARN,
        rate_bp_max: COMPLAINT_RATE_BP_MAX,
        warned_at: inbox.warned_at,
    })
}

/// Pauses the inbox where it is not healthy. The caller writes it down.
pub fn judge(ctx: &mut Ctx<'_>, inbox: &mut Inbox) -> Result<(), Reject> {
    if inbox.paused.is_some() {
        return Ok(());
    }
    let since = inbox.window_from.max(ctx.now - WINDOW_MS);
    let Window { sends, bounced, complained, unwelcome } =
        ledger::window(ctx.sql, since, WINDOW_SENDS_MAX)?;
    if sends >= WINDOW_SENDS_MIN && unwelcome * 10_000 > BOUNCE_RATE_BP_MAX * sends {
        let mut reason = format!("by address, {bounced} of the last {sends} mails came back");
        if complained > 0 {
            reason.push_str(&format!(", {complained} were complained about"));
        }
        pause(ctx, inbox, &reason)?;
    }
    judge_complaints(ctx, inbox)
}

/// Warns where people complain, and pauses where too many do. Events `inbox.warned`,
/// `inbox.recovered`, `inbox.paused`.
fn judge_complaints(ctx: &mut Ctx<'_>, inbox: &mut Inbox) -> Result<(), Reject> {
    let Complaints { sends, people, .. } = complaints(ctx, inbox, ctx.now)?;
    let is_over = |limit_bp| sends >= WINDOW_SENDS_MIN && people * 10_000 >= limit_bp * sends;
    let said = || format!("{people} people complained about the last {sends} mails");
    let warns = people > 0 && is_over(COMPLAINT_RATE_BP_WARN);
    if warns && inbox.warned_at.is_none() {
        inbox.warned_at = Some(ctx.now);
        ctx.event("inbox.warned", None, &json!({ "reason": said() }))?;
    } else if !warns && inbox.warned_at.take().is_some() {
        ctx.event("inbox.recovered", None, &json!({}))?;
    }
    if inbox.paused.is_none() && people >= COMPLAINERS_MIN && is_over(COMPLAINT_RATE_BP_MAX) {
        pause(ctx, inbox, &said())?;
    }
    Ok(())
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

/// Pauses the inbox. The caller writes it down.
pub fn pause(ctx: &mut Ctx<'_>, inbox: &mut Inbox, reason: &str) -> Result<(), Reject> {
    inbox.paused = Some((ctx.now, reason.to_owned()));
    ctx.event("inbox.paused", None, &json!({ "reason": reason }))?;
    Ok(())
}
