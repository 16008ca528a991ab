//! Health over a rolling window, and the pause that it may cause.
//!
//! The window holds the latest [`WINDOW_SENDS_MAX`] mails that left in the last [`WINDOW_MS`] and
//! since the last resume; a mail whose recipient was refused, or of which nobody knows, counts as
//! one that left. Each address from which one came back, hard or soft, or that complained about
//! one, counts once: a single correspondent can stop no inbox. From [`WINDOW_SENDS_MIN`] mails on,
//! a share strictly over [`BOUNCE_RATE_BP_MAX`] pauses.

use super::store::inbox::Inbox;
use super::store::ledger::{self, Window};
use super::{keep_inbox, registered};
use crate::kernel::Ctx;
use schema::inbox::{BOUNCE_RATE_BP_MAX, Health, WINDOW_MS, WINDOW_SENDS_MAX, WINDOW_SENDS_MIN};
use schema::{Millis, Reject};

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
    ctx.event("inbox.paused", None, &serde_json::json!({ "reason": reason }))?;
    Ok(())
}
