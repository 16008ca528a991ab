//! The dead letters of the deployment's queues: which there are, and who is told.
//!
//! Only the object of the name [`NAME`] is asked this, and only by Postroom itself. Operators are
//! told by a signed request to the address that they have set: at most once an hour that there are
//! dead letters, however many come, and once that none is left; of each prospect who wants to meet;
//! and of what begins and ends in a workspace ([`alarms`]). A request that nobody takes is made
//! again: for a day, or as long as what it says is so.

mod alarms;
mod store;
#[cfg(test)]
mod tests;

use crate::kernel::actor::Settled;
use crate::kernel::store::outbox;
use crate::kernel::{Ctx, Effect, Entry, Outcome, PostFate, PostJob, Reply};
use schema::dead_letter::{
    Bell, DropLetter, KeepLetter, Left, Letters, Meeting, NAME, PipelineCommand, QueueStatus,
    Queues,
};
use schema::pipeline::{MeetingAsked, Queue};
use schema::{Millis, Reject, check};
use serde_json::json;
use store::Alert;

/// The timer and the outbox entries of alerts.
pub const RING: &str = "ring";
const DEAD_LETTER: &str = "deadLetter";
/// How long a request may take; the host gives up before.
pub const RING_MS: Millis = 60_000;
/// It does not ring twice within this time.
const QUIET_MS: Millis = 60 * 60 * 1000;
/// When a request that nobody took is made again, and for how long.
const RETRY_MS: Millis = 5 * 60 * 1000;
const RETRIED_MS: Millis = 24 * 60 * 60 * 1000;
/// How many letters a page has at most.
const PAGE_MAX: i64 = 500;

/// Answers what only this object knows.
///
/// # Errors
/// `forbidden` for anybody but Postroom itself; `not_found` for another object; `invalid_input`.
pub fn handle(ctx: &mut Ctx<'_>, command: PipelineCommand) -> Result<Reply, Reject> {
    ctx.require_system()?;
    if ctx.instance.split_once('/').map(|(_, name)| name) != Some(NAME) {
        return Err(Reject::not_found("limiter"));
    }
    match command {
        PipelineCommand::Consumed(batch) => {
            store::add(ctx.sql, ctx.now, &batch)?;
            Reply::of(&json!({}))
        }
        PipelineCommand::KeepLetter(input) => Reply::of(&keep(ctx, input)?),
        PipelineCommand::DropLetter(input) => Reply::of(&drop_letter(ctx, input)?),
        PipelineCommand::Meeting(input) => {
            meeting(ctx, input)?;
            Reply::of(&json!({}))
        }
        PipelineCommand::Ring(input) => {
            alarms::ring(ctx, input)?;
            Reply::of(&json!({}))
        }
        PipelineCommand::ListLetters(input) => {
            let limit = input.limit.clamp(1, PAGE_MAX);
            Reply::of(&Letters { letters: store::after(ctx.sql, input.after, limit)? })
        }
        PipelineCommand::GetQueues(_) => Reply::of(&Queues { queues: queues(ctx)? }),
    }
}

/// Takes note of a dead letter, and rings where it is a new one.
fn keep(ctx: &mut Ctx<'_>, input: KeepLetter) -> Result<Left, Reject> {
    let mut letter = input.letter;
    letter.reason = letter.reason.chars().take(schema::dead_letter::REASON_CHARS_MAX).collect();
    letter.reason = check::line("reason", &letter.reason, schema::dead_letter::REASON_CHARS_MAX)?;
    let is_new = store::find(ctx.sql, letter.id)?.is_none();
    store::put(ctx.sql, &letter)?;
    if is_new {
        let mut alert = store::alert(ctx.sql)?;
        (alert.unheard, alert.bell) = (alert.unheard + 1, input.bell);
        ring_or_wait(ctx, alert)?;
    }
    Ok(Left { left: store::count(ctx.sql)? })
}

/// Forgets a dead letter, and says so where it was the last.
fn drop_letter(ctx: &mut Ctx<'_>, input: DropLetter) -> Result<Left, Reject> {
    store::remove(ctx.sql, input.id)?;
    let left = store::count(ctx.sql)?;
    if left == 0 {
        let mut alert = store::alert(ctx.sql)?;
        ctx.cancel_timer(RING, "")?;
        if alert.told {
            ask(ctx, "recovered", &alert)?;
        }
        (alert.told, alert.unheard, alert.bell) = (false, 0, input.bell);
        store::save(ctx.sql, &alert)?;
    }
    Ok(Left { left })
}

/// Rings for somebody who wants to meet, however often it has rung for others. There is no
/// recovery: it is no trouble that ends.
fn meeting(ctx: &mut Ctx<'_>, Meeting { asked, bell }: Meeting) -> Result<(), Reject> {
    hang(ctx, Some(bell))?;
    let MeetingAsked { workspace_id, campaign_id, prospect_id, ticket_id, at } = asked;
    let body = json!({
        "type": "meeting",
        "state": "raised",
        "at": at,
        "workspaceId": workspace_id,
        "campaignId": campaign_id,
        "prospectId": prospect_id,
        "ticketId": ticket_id,
    });
    // The same however often the message comes: whoever is rung can tell.
    let key = format!("meeting-{campaign_id}-{prospect_id}-{at}");
    Ok(ctx.outbox(RING, &key, &Reply::of(&body)?.0)?)
}

/// From now on it rings there, or nowhere.
fn hang(ctx: &Ctx<'_>, bell: Option<Bell>) -> Result<(), Reject> {
    let mut alert = store::alert(ctx.sql)?;
    alert.bell = bell;
    Ok(store::save(ctx.sql, &alert)?)
}

/// The number of the next alert of what begins and ends: a later one has a greater.
fn count_alert(ctx: &Ctx<'_>) -> Result<i64, Reject> {
    let mut alert = store::alert(ctx.sql)?;
    alert.number += 1;
    store::save(ctx.sql, &alert)?;
    Ok(alert.number)
}

fn queues(ctx: &Ctx<'_>) -> Result<Vec<QueueStatus>, Reject> {
    let queues = Queue::ALL.into_iter().map(|queue| store::queue(ctx.sql, queue));
    Ok(queues.collect::<Result<_, _>>()?)
}

/// Rings now, or when it has been quiet for long enough.
fn ring_or_wait(ctx: &mut Ctx<'_>, mut alert: Alert) -> Result<(), Reject> {
    if alert.bell.is_some() {
        let free_at = alert.rung_at + QUIET_MS;
        if ctx.now < free_at {
            ctx.set_timer(RING, "", free_at, &[])?;
        } else {
            ask(ctx, "raised", &alert)?;
            (alert.rung_at, alert.told, alert.unheard) = (ctx.now, true, 0);
        }
    }
    Ok(store::save(ctx.sql, &alert)?)
}

/// Rings for what came while it had to be quiet: of dead letters, or of what a key names.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>, key: &str) -> Result<(), Reject> {
    if alarms::is_of(key) {
        return alarms::timer(ctx, key);
    }
    let alert = store::alert(ctx.sql)?;
    if alert.unheard == 0 {
        return Ok(());
    }
    ring_or_wait(ctx, alert)
}

/// Asks for a request, in place of one that waits. What it says is of now, also where it is made
/// later.
fn ask(ctx: &mut Ctx<'_>, state: &str, alert: &Alert) -> Result<(), Reject> {
    for entry in outbox::of_kind(ctx.sql, RING)? {
        if entry.key.starts_with(DEAD_LETTER) && !entry.leased {
            outbox::remove(ctx.sql, &entry)?;
        }
    }
    let body = json!({
        "type": DEAD_LETTER,
        "state": state,
        "at": ctx.now,
        "new": alert.unheard,
        "deadLetters": store::count(ctx.sql)?,
        "queues": queues(ctx)?.iter().filter(|queue| queue.dead_letters > 0).map(|queue| {
            json!({ "queue": queue.queue, "deadLetters": queue.dead_letters, "error": queue.error })
        }).collect::<Vec<_>>(),
    });
    let key = format!("{DEAD_LETTER}-{state}-{}", ctx.now);
    Ok(ctx.outbox(RING, &key, &Reply::of(&body)?.0)?)
}

/// The request of an alert.
///
/// # Errors
/// A storage fault.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let name = if alarms::is_of(&entry.key) {
        alarms::begin(ctx, entry)?
    } else {
        Some(entry.key.clone())
    };
    let Some(name) = name else { return Ok(Effect::Nothing) };
    let Some(Bell { url, sealed_secret }) = store::alert(ctx.sql)?.bell else {
        return Ok(Effect::Nothing);
    };
    Ok(Effect::Post(vec![PostJob {
        id: format!("alert-{name}"),
        url,
        owner: ctx.instance.to_owned(),
        sealed_secrets: sealed_secret.into_iter().collect(),
        body: entry.body.clone(),
        asked_at: ctx.now,
    }]))
}

/// An alert that nobody took is tried again, for a day; of what begins and ends longer.
///
/// # Errors
/// A storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let answer = status(outcome);
    let taken = answer.is_some_and(|status| (200..300).contains(&status));
    if alarms::is_of(&entry.key) {
        return if taken { alarms::taken(ctx, entry) } else { alarms::missed(ctx, entry, answer) };
    }
    let at = entry.key.rsplit_once('-').and_then(|(_, at)| at.parse::<Millis>().ok());
    if taken || at.is_none_or(|at| ctx.now - at > RETRIED_MS) {
        return Ok(Settled::Finished);
    }
    Ok(Settled::Again(ctx.now + RETRY_MS))
}

/// How a request was answered, if it was.
fn status(outcome: &Outcome) -> Option<u16> {
    let Outcome::Posted(all) = outcome else { return None };
    match all.first()?.fate {
        PostFate::Answered { status, .. } => Some(status),
        PostFate::Unanswered { .. } => None,
    }
}
