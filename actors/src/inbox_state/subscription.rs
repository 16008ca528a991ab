//! Graph tells of new mail, where the deployment has a public address: a hint to read the mailbox
//! before its time, and no more. What is lost, late or told twice changes nothing.
//!
//! The subscription is made once a mailbox at Microsoft is read, and goes on by a timer of the
//! inbox, at half of its life. After some weeks another one takes its place, so that a sealing key
//! that was replaced is not needed for ever.

use super::store::subscription::{self as store, Subscription};
use super::{mailbox, microsoft, outbox, registered, store as stores};
use crate::kernel::actor::Settled;
use crate::kernel::store::{outbox as entries, timers};
use crate::kernel::{Ctx, Effect, Outcome};
use crate::mail::graph::{GraphError, MicrosoftOutcome, Subscribe, Task};
use schema::microsoft::{ChangeNoted, Lifecycle, NoteChange};
use schema::{Millis, Reject};

/// The timer that has the subscription go on.
pub const TIMER: &str = "subscription";

const MINUTE_MS: Millis = 60 * 1000;
/// How long Graph tells without being asked again: it allows 4,230 minutes.
const LIFE_MS: Millis = 4_200 * MINUTE_MS;
/// After so long another subscription takes its place.
const AGE_MS_MAX: Millis = 20 * 24 * 60 * MINUTE_MS;
/// When it is tried again, or looked whether there is a public address now.
const AGAIN_MS: Millis = 60 * MINUTE_MS;
const UNWANTED_MS: Millis = 24 * 60 * MINUTE_MS;
const BUSY_MS: Millis = 5_000;
/// Notifications that come within it have the mailbox read once.
const TOGETHER_MS: Millis = 2_000;

/// Has Graph tell of new mail, unless that is seen to.
pub fn ensure(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let is_seen_to = timers::due_of(ctx.sql, TIMER, "")?.is_some()
        || entries::find(ctx.sql, outbox::SUBSCRIBE, "")?.is_some();
    if is_seen_to || !is_wanted(ctx)? {
        return Ok(());
    }
    Ok(ctx.outbox(outbox::SUBSCRIBE, "", &[])?)
}

/// Asks Graph, where a mailbox there is read.
pub fn begin(ctx: &mut Ctx<'_>) -> Result<Effect, Reject> {
    if !is_wanted(ctx)? {
        store::remove(ctx.sql)?;
        return Ok(Effect::Nothing);
    }
    if stores::microsoft::is_looking(ctx.sql)? {
        ctx.set_timer(TIMER, "", ctx.now + BUSY_MS, &[])?;
        return Ok(Effect::Nothing);
    }
    let young = |one: &Subscription| ctx.now - one.since < AGE_MS_MAX;
    let known = store::load(ctx.sql)?.filter(young).map(|one| one.id);
    let asked = Subscribe { known, until_ms: ctx.now + LIFE_MS, url: String::new() };
    if let Some(effect) = microsoft::job(ctx, Task::Subscribe(asked))? {
        return Ok(effect);
    }
    ctx.set_timer(TIMER, "", ctx.now + AGAIN_MS, &[])?;
    Ok(Effect::Nothing)
}

/// Whether the mailbox at Microsoft is read, in whatever way.
fn is_wanted(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    let is_connected = stores::microsoft::load(ctx.sql)?.is_some_and(|it| !it.is_gone);
    Ok(is_connected && stores::mailbox::load(ctx.sql)?.is_some())
}

/// Keeps the subscription, and has it go on at half of its life.
pub fn settle(ctx: &mut Ctx<'_>, outcome: &Outcome) -> Result<Settled, Reject> {
    let wait = match outcome {
        Outcome::Microsoft(MicrosoftOutcome::Subscribed(id)) => {
            let known = store::load(ctx.sql)?.filter(|one| one.id == *id);
            let since = known.map_or(ctx.now, |one| one.since);
            store::save(ctx.sql, &Subscription { id: id.clone(), since })?;
            LIFE_MS / 2
        }
        Outcome::Microsoft(MicrosoftOutcome::NoAddress) => UNWANTED_MS,
        // Mail need not wait for what is a hint alone.
        Outcome::Microsoft(MicrosoftOutcome::Failed(GraphError::Throttled {
            retry_after_ms,
            ..
        })) => retry_after_ms.and_then(|ms| Millis::try_from(ms).ok()).unwrap_or(0).max(AGAIN_MS),
        _ => AGAIN_MS,
    };
    let wait = wait + ctx.random_below(wait / 8);
    ctx.set_timer(TIMER, "", ctx.now + wait, &[])?;
    Ok(Settled::Finished)
}

/// Graph tells that something has changed. For Postroom itself. What is told of another
/// subscription changes nothing.
///
/// # Errors
/// `forbidden`; `not_found` where there is no inbox.
pub fn note(ctx: &mut Ctx<'_>, input: &NoteChange) -> Result<ChangeNoted, Reject> {
    ctx.require_system()?;
    registered(ctx)?;
    let known = store::load(ctx.sql)?.is_some_and(|one| one.id == input.subscription_id);
    if !known || !is_wanted(ctx)? {
        return Ok(ChangeNoted { known: false });
    }
    match input.lifecycle {
        Some(Lifecycle::ReauthorizationRequired) => ctx.outbox(outbox::SUBSCRIBE, "", &[])?,
        Some(Lifecycle::SubscriptionRemoved) => {
            store::remove(ctx.sql)?;
            ctx.outbox(outbox::SUBSCRIBE, "", &[])?;
        }
        Some(Lifecycle::Missed) | None => {}
    }
    hint(ctx)?;
    Ok(ChangeNoted { known: true })
}

/// Has the mailbox read soon: what is told together is one reading.
fn hint(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if mailbox::is_failing(ctx)? {
        // It is tried again at its own time, so that a fault that is short stays one.
        return Ok(());
    }
    if mailbox::is_asked(ctx)? {
        // One that is under way may have passed what is told now: another follows it.
        return mailbox::ask(ctx);
    }
    let soon = ctx.now + TOGETHER_MS;
    if timers::due_of(ctx.sql, mailbox::TIMER, "")?.is_none_or(|due| due > soon) {
        ctx.set_timer(mailbox::TIMER, "", soon, &[])?;
    }
    Ok(())
}
