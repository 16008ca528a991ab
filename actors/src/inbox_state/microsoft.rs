//! The mailbox at Microsoft: its tokens, and when it may be asked.
//!
//! Tokens are renewed by one outbox entry ([`outbox::TOKEN`]), however many mails wait for it.
//! While there is no token that is good, or Graph wants to be left alone, mails wait in the ledger
//! and nothing is begun; [`flow::pump`] begins again once that is over.

use super::store::ledger;
use super::store::microsoft::{self as store, Microsoft};
use super::{flow, health, keep_inbox, mailbox, outbox, registered, subscription};
use crate::kernel::actor::Settled;
use crate::kernel::store::outbox as entries;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use crate::mail::graph::{GraphError, MicrosoftJob, MicrosoftOutcome, Task, TokenError};
use schema::ids::SendId;
use schema::inbox::SendState;
use schema::{Millis, Reject};

/// How many mails are with Graph at once: it takes four requests of a mailbox, one may be looking
/// what became of a mail, and one may be reading.
pub const AT_ONCE: i64 = 2;
/// How long renewing tokens may take before it is begun anew.
pub const TOKEN_LEASE_MS: Millis = 90_000;
/// How long one look at what became of a mail may take, two requests, before it is begun anew.
pub const LOOK_LEASE_MS: Millis = 150_000;

const FIRST_WAIT_MS: Millis = 5_000;
const WAIT_MS_MAX: Millis = 60 * 60 * 1000;
/// The longest wait where the deployment is at fault: it is mended without a word to this inbox.
const HELD_UP_MS_MAX: Millis = 10 * 60 * 1000;
/// Why an inbox is paused whose tokens are gone.
pub const GONE: &str = "Microsoft asks for a new log-in: connect the mailbox again";

/// Whether mails may be handed to the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They may; at most so many more.
    Open(i64),
    /// Not before a time.
    From(Millis),
    /// Something else has to happen first, and then mails are looked after.
    Shut,
}

/// How things stand now. Where the token is over, a new one is asked for.
pub fn way(ctx: &mut Ctx<'_>) -> Result<Way, Reject> {
    way_beside(ctx, "")
}

/// How things stand for one mail, which may be under way itself.
pub fn way_for(ctx: &mut Ctx<'_>, id: SendId) -> Result<Way, Reject> {
    way_beside(ctx, &id.to_string())
}

fn way_beside(ctx: &mut Ctx<'_>, key: &str) -> Result<Way, Reject> {
    let Some(microsoft) = store::load(ctx.sql)? else { return Ok(Way::Open(i64::MAX)) };
    if microsoft.is_gone {
        return Ok(Way::Shut);
    }
    if microsoft.quiet_until > ctx.now {
        return Ok(Way::From(microsoft.quiet_until));
    }
    if !has_token(&microsoft, ctx.now) {
        ask_for_token(ctx)?;
        return Ok(Way::Shut);
    }
    Ok(Way::Open((AT_ONCE - store::under_way_beside(ctx.sql, key)?).max(0)))
}

/// Whether the mailbox may be asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// It may, with this token; sealed.
    Token(Vec<u8>),
    /// Not before a time.
    From(Millis),
    /// The token is being renewed.
    Renewing,
    /// Only a new log-in helps.
    Gone,
}

/// What the mailbox is asked with. Where the token is over, a new one is asked for.
pub fn access(ctx: &mut Ctx<'_>) -> Result<Access, Reject> {
    let Some(microsoft) = store::load(ctx.sql)?.filter(|it| !it.is_gone) else {
        return Ok(Access::Gone);
    };
    if microsoft.quiet_until > ctx.now {
        return Ok(Access::From(microsoft.quiet_until));
    }
    if !has_token(&microsoft, ctx.now) {
        ask_for_token(ctx)?;
        return Ok(Access::Renewing);
    }
    Ok(Access::Token(microsoft.sealed_access))
}

/// Until when Graph wants to be left alone.
pub fn quiet_until(ctx: &Ctx<'_>) -> Result<Millis, Reject> {
    Ok(store::load(ctx.sql)?.map_or(0, |microsoft| microsoft.quiet_until))
}

const fn has_token(microsoft: &Microsoft, now: Millis) -> bool {
    !microsoft.is_gone && microsoft.access_until > now
}

/// Asked for again while it is under way, it would begin anew after that: so it is not.
fn ask_for_token(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if entries::find(ctx.sql, outbox::TOKEN, "")?.is_none() {
        ctx.outbox(outbox::TOKEN, "", &[])?;
    }
    Ok(())
}

/// A task with the access token of now; none where there is no good one, or Graph wants to be left
/// alone.
pub fn job(ctx: &Ctx<'_>, task: Task) -> Result<Option<Effect>, Reject> {
    let Some(microsoft) = store::load(ctx.sql)? else { return Ok(None) };
    if !has_token(&microsoft, ctx.now) || microsoft.quiet_until > ctx.now {
        return Ok(None);
    }
    let (owner, sealed_token) = (ctx.instance.to_owned(), microsoft.sealed_access);
    Ok(Some(Effect::Microsoft(Box::new(MicrosoftJob { owner, sealed_token, task }))))
}

/// Renews the tokens, unless that is not needed any more.
pub fn begin_token(ctx: &mut Ctx<'_>) -> Result<Effect, Reject> {
    let Some(microsoft) = store::load(ctx.sql)? else { return Ok(Effect::Nothing) };
    if microsoft.is_gone || has_token(&microsoft, ctx.now) {
        return Ok(Effect::Nothing);
    }
    let (owner, sealed_token) = (ctx.instance.to_owned(), microsoft.sealed_refresh);
    Ok(Effect::Microsoft(Box::new(MicrosoftJob { owner, sealed_token, task: Task::Refresh })))
}

/// Keeps the new tokens; where there are none, tries again, or stops the inbox.
pub fn settle_token(
    ctx: &mut Ctx<'_>,
    entry: &Entry,
    outcome: &Outcome,
) -> Result<Settled, Reject> {
    let Some(mut microsoft) = store::load(ctx.sql)? else { return Ok(Settled::Finished) };
    // Connected anew while this was under way: what came of it is of the log-in before.
    if has_token(&microsoft, ctx.now) {
        return Ok(Settled::Finished);
    }
    match outcome {
        Outcome::Microsoft(MicrosoftOutcome::Refreshed(tokens)) => {
            microsoft.sealed_access.clone_from(&tokens.access);
            if let Some(refresh) = &tokens.refresh {
                microsoft.sealed_refresh.clone_from(refresh);
            }
            microsoft.access_until = ctx.now + tokens.good_for_ms;
            show(ctx, &mut microsoft, None)?;
            store::save(ctx.sql, &microsoft)?;
            let now = ctx.now;
            flow::wake_at(ctx, now)?;
            mailbox::ask_microsoft(ctx)?;
            subscription::ensure(ctx)?;
            Ok(Settled::Finished)
        }
        Outcome::Microsoft(MicrosoftOutcome::NoTokens(TokenError::Gone { .. })) => {
            microsoft.is_gone = true;
            show(ctx, &mut microsoft, None)?;
            store::save(ctx.sql, &microsoft)?;
            stop(ctx, GONE)?;
            mailbox::ask_microsoft(ctx)?;
            Ok(Settled::Finished)
        }
        Outcome::Microsoft(MicrosoftOutcome::NoTokens(error)) => {
            show(ctx, &mut microsoft, Some(&error.to_string()))?;
            store::save(ctx.sql, &microsoft)?;
            let at = match error {
                TokenError::Later { retry_after_ms, .. } => {
                    let said = retry_after_ms.and_then(|ms| Millis::try_from(ms).ok());
                    later(ctx, entry.attempts, said)
                }
                _ => at_most(ctx, entry.attempts, HELD_UP_MS_MAX),
            };
            Ok(Settled::Again(at))
        }
        Outcome::Microsoft(MicrosoftOutcome::NotTried { why }) => {
            show(ctx, &mut microsoft, Some(&not_asked(why)))?;
            store::save(ctx.sql, &microsoft)?;
            Ok(Settled::Again(at_most(ctx, entry.attempts, HELD_UP_MS_MAX)))
        }
        _ => Ok(Settled::Again(later(ctx, entry.attempts, None))),
    }
}

/// A time that Graph has named, or one that is further away with each attempt.
fn later(ctx: &mut Ctx<'_>, attempts: i64, said: Option<Millis>) -> Millis {
    match said {
        // Never before the time that was named.
        Some(wait) => ctx.now + wait + ctx.random_below(wait / 4 + 1),
        None => at_most(ctx, attempts, WAIT_MS_MAX),
    }
}

/// A time that is further away with each attempt, up to a longest wait.
fn at_most(ctx: &mut Ctx<'_>, attempts: i64, wait_ms_max: Millis) -> Millis {
    let doublings = u32::try_from(attempts.clamp(0, 12)).unwrap_or(12);
    let wait = (FIRST_WAIT_MS << doublings).min(wait_ms_max);
    ctx.now + wait + ctx.random_below(wait / 4 + 1)
}

/// Takes note of what a failure says about the mailbox: that the token is over, or that Graph wants
/// to be left alone.
pub fn note(ctx: &mut Ctx<'_>, error: &GraphError) -> Result<(), Reject> {
    let Some(mut microsoft) = store::load(ctx.sql)? else { return Ok(()) };
    match error {
        // It was said of the same token before.
        GraphError::Unauthorized if microsoft.access_until == 0 => return Ok(()),
        GraphError::Unauthorized => {
            microsoft.access_until = 0;
            if microsoft.waits > 0 {
                // Another token was no better: it is not renewed at once again.
                let until = later(ctx, microsoft.waits, None);
                microsoft.quiet_until = microsoft.quiet_until.max(until);
            }
            microsoft.waits += 1;
        }
        GraphError::Throttled { retry_after_ms, .. } => {
            let said = retry_after_ms.and_then(|ms| Millis::try_from(ms).ok());
            let until = later(ctx, microsoft.waits, said);
            keep_quiet(ctx, &mut microsoft, until);
        }
        _ => return Ok(()),
    }
    Ok(store::save(ctx.sql, &microsoft)?)
}

/// Nothing was asked of Microsoft: whatever keeps it from that is shown, and nothing is begun for a
/// while.
pub fn hold_up(ctx: &mut Ctx<'_>, why: &str) -> Result<(), Reject> {
    let Some(mut microsoft) = store::load(ctx.sql)? else { return Ok(()) };
    let until = at_most(ctx, microsoft.waits, HELD_UP_MS_MAX);
    keep_quiet(ctx, &mut microsoft, until);
    show(ctx, &mut microsoft, Some(&not_asked(why)))?;
    Ok(store::save(ctx.sql, &microsoft)?)
}

/// A mail has left: whatever kept mail from leaving is over.
pub fn works(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let Some(mut microsoft) = store::load(ctx.sql)? else { return Ok(()) };
    if microsoft.waits == 0 && microsoft.error.is_none() {
        return Ok(());
    }
    microsoft.waits = 0;
    show(ctx, &mut microsoft, None)?;
    Ok(store::save(ctx.sql, &microsoft)?)
}

/// Graph has done something else than to have a mail leave: read the mailbox, made a draft. What is
/// sent it limits apart: while mails wait that it may not have taken, one that leaves tells more.
pub fn answers(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let waiting = [SendState::Reserved, SendState::Permitted, SendState::Sending];
    if trouble(ctx)?.is_none() && ledger::count(ctx.sql, &waiting)? > 0 {
        return Ok(());
    }
    works(ctx)
}

/// Of several requests that were under way together, each is told so: they count as one.
fn keep_quiet(ctx: &Ctx<'_>, microsoft: &mut Microsoft, until: Millis) {
    microsoft.waits += i64::from(microsoft.quiet_until <= ctx.now);
    microsoft.quiet_until = microsoft.quiet_until.max(until);
}

fn not_asked(why: &str) -> String {
    format!("nothing is asked of Microsoft: {why}")
}

/// Has the inbox show what keeps mail from leaving. The caller writes the mailbox down.
fn show(ctx: &mut Ctx<'_>, microsoft: &mut Microsoft, why: Option<&str>) -> Result<(), Reject> {
    let before = microsoft.error.take();
    let since = before.as_ref().map_or(ctx.now, |(_, since)| *since);
    microsoft.error = why.map(|why| (outbox::brief(why), since));
    if microsoft.error != before {
        let mut inbox = registered(ctx)?;
        keep_inbox(ctx, &mut inbox)?;
    }
    Ok(())
}

/// Pauses the inbox, unless it is.
pub fn stop(ctx: &mut Ctx<'_>, reason: &str) -> Result<(), Reject> {
    let mut inbox = registered(ctx)?;
    if inbox.paused.is_none() {
        health::pause(ctx, &mut inbox, reason)?;
        keep_inbox(ctx, &mut inbox)?;
    }
    Ok(())
}

/// What keeps mail from leaving, where something does.
pub fn trouble(ctx: &Ctx<'_>) -> Result<Option<String>, Reject> {
    let microsoft = store::load(ctx.sql)?;
    Ok(microsoft.and_then(|microsoft| microsoft.error).map(|(why, _)| why))
}

/// Whether only a new log-in helps.
pub fn is_gone(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    Ok(store::load(ctx.sql)?.is_some_and(|microsoft| microsoft.is_gone))
}

/// Whether an inbox is paused for what a new log-in mends.
#[must_use]
pub fn is_mended_by_log_in(reason: &str) -> bool {
    reason == GONE
}
