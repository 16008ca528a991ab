//! From an event to an entry in the outbox, from the entry to requests, from answers to rows.

use super::store::deliveries::{self, Delivery};
use super::store::webhooks::{self, Webhook};
use super::{
    AT_ONCE, FAILING_MS_MAX, KEPT_EVENTS, LEASE_MS, LOOK_MAX, MARK, OUTBOX, SCHEDULE_MS, TIMER,
    WAITING_MAX, payload, view,
};
use crate::kernel::actor::Settled;
use crate::kernel::store::events;
use crate::kernel::{Ctx, Effect, Entry, Outcome, PostFate, PostJob, Posted, Timer};
use schema::ids::WebhookId;
use schema::room::webhook::{Attempt, DeliveryState};
use schema::{Millis, Reject};
use serde::Deserialize;

/// The most tries that a delivery remembers.
const TRIES_MAX: usize = 12;
/// How long a receiver that fails is left alone at first, and at most.
const HOLD_MS: Millis = 5_000;
const HOLD_MS_MAX: Millis = 5 * 60 * 1000;
/// How many old deliveries are forgotten in one go.
const FORGOTTEN_AT_ONCE: i64 = 100;

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: &'a str,
}

/// Looks at a step that has appended events: who wants one of them is woken.
///
/// # Errors
/// A storage fault.
pub fn appended(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if !ctx.is_marked(MARK) {
        return Ok(());
    }
    let kind = |json: &str| {
        Some(serde_json::from_slice::<Kind<'_>>(json.as_bytes()).ok()?.kind.to_owned())
    };
    let kinds: Vec<String> = ctx.appended().iter().filter_map(|event| kind(event.get())).collect();
    for webhook in webhooks::list(ctx.sql)? {
        let wanted = kinds.iter().any(|kind| wants(&webhook, kind));
        if !webhook.active || !wanted {
            continue;
        }
        if webhook.hold_until <= ctx.now {
            wake(ctx, &webhook)?;
        } else {
            come_back(ctx, &webhook)?;
        }
    }
    Ok(())
}

/// Whether a webhook wants events of a kind.
fn wants(webhook: &Webhook, kind: &str) -> bool {
    webhook.kinds.iter().any(|wanted| match wanted.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => wanted == kind,
    })
}

/// Has a webhook's next requests made.
///
/// # Errors
/// A storage fault.
pub fn wake(ctx: &mut Ctx<'_>, webhook: &Webhook) -> Result<(), Reject> {
    Ok(ctx.outbox(OUTBOX, &webhook.id.to_string(), &[])?)
}

/// Comes back to a webhook.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    match known(ctx, &timer.key)? {
        Some(webhook) if webhook.active => wake(ctx, &webhook),
        _ => Ok(()),
    }
}

fn known(ctx: &Ctx<'_>, key: &str) -> Result<Option<Webhook>, Reject> {
    let id: WebhookId =
        key.parse().map_err(|_| Reject::internal(format!("{key} is no webhook's id")))?;
    Ok(webhooks::find(ctx.sql, id)?)
}

/// Says which requests are to be made: those that are due again, then those of new events.
///
/// # Errors
/// A storage fault.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let Some(mut webhook) = known(ctx, &entry.key)?.filter(|webhook| webhook.active) else {
        return Ok(Effect::Nothing);
    };
    let mut jobs = Vec::new();
    for delivery in deliveries::due(ctx.sql, webhook.number, ctx.now, AT_ONCE)? {
        jobs.push(job(ctx, &webhook, delivery)?);
    }
    if webhook.hold_until <= ctx.now {
        look(ctx, &mut webhook, &mut jobs)?;
        webhooks::update(ctx.sql, &webhook)?;
    }
    if jobs.is_empty() {
        come_back(ctx, &webhook)?;
        return Ok(Effect::Nothing);
    }
    Ok(Effect::Post(jobs))
}

/// Looks at the next events of the log, as far as there is room for requests.
fn look(ctx: &mut Ctx<'_>, webhook: &mut Webhook, jobs: &mut Vec<PostJob>) -> Result<(), Reject> {
    for (seq, json) in events::after(ctx.sql, webhook.cursor, LOOK_MAX)? {
        let kind: Kind<'_> = serde_json::from_slice(json.as_bytes())
            .map_err(|error| Reject::internal(format!("event {seq}: {error}")))?;
        if wants(webhook, kind.kind) {
            if jobs.len() as i64 >= AT_ONCE || webhook.waiting >= WAITING_MAX {
                break;
            }
            let kind = kind.kind.to_owned();
            send(ctx, webhook, seq, kind, jobs)?;
        }
        webhook.cursor = seq;
    }
    let old = webhook.cursor - KEPT_EVENTS;
    if old > 0 && !jobs.is_empty() {
        deliveries::forget(ctx.sql, webhook.number, old, FORGOTTEN_AT_ONCE)?;
    }
    Ok(())
}

fn send(
    ctx: &mut Ctx<'_>,
    webhook: &mut Webhook,
    seq: i64,
    kind: String,
    jobs: &mut Vec<PostJob>,
) -> Result<(), Reject> {
    if deliveries::find(ctx.sql, webhook.number, seq)?.is_some() {
        // It was asked for by its number before its turn came.
        return Ok(());
    }
    webhook.waiting += 1;
    jobs.push(job(ctx, webhook, fresh(ctx, seq, kind))?);
    Ok(())
}

/// A delivery that is due now.
#[must_use]
pub fn fresh(ctx: &Ctx<'_>, seq: i64, kind: String) -> Delivery {
    Delivery {
        seq,
        kind,
        state: DeliveryState::Waiting,
        attempts: 0,
        due: Some(ctx.now),
        tries: Vec::new(),
        answer: String::new(),
        created_at: ctx.now,
    }
}

/// A request; should nobody learn what came of it, its delivery is due again later.
fn job(ctx: &Ctx<'_>, webhook: &Webhook, mut delivery: Delivery) -> Result<PostJob, Reject> {
    delivery.due = Some(ctx.now + LEASE_MS);
    deliveries::put(ctx.sql, webhook.number, &delivery)?;
    let found = events::after(ctx.sql, delivery.seq - 1, 1)?;
    let Some((_, json)) = found.first() else {
        return Err(Reject::internal(format!("event {} is gone", delivery.seq)));
    };
    let previous = webhook.previous_until.filter(|until| *until > ctx.now);
    let previous = previous.and(webhook.sealed_previous.clone());
    let secrets = [Some(webhook.sealed_secret.clone()), previous];
    Ok(PostJob {
        id: view::message_id(webhook, delivery.seq),
        url: webhook.url.clone(),
        owner: format!("{}/webhooks", ctx.instance),
        sealed_secrets: secrets.into_iter().flatten().map(Into::into).collect(),
        body: payload::body(ctx, &payload::event(json)?)?,
        asked_at: ctx.now,
    })
}

/// Takes note of what the requests came to.
///
/// # Errors
/// A storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let Some(mut webhook) = known(ctx, &entry.key)? else { return Ok(Settled::Finished) };
    if let Outcome::Posted(posted) = outcome {
        let before = webhook.clone();
        for one in posted {
            take_note(ctx, &mut webhook, one)?;
        }
        if before.active && !webhook.active {
            webhook.version += 1;
            webhook.updated_at = ctx.now;
            switched_off(ctx, &mut webhook)?;
            view::tell(ctx, "webhook.disabled", &webhook, Some(&before))?;
        }
        webhooks::update(ctx.sql, &webhook)?;
    }
    if !webhook.active {
        return Ok(Settled::Finished);
    }
    let more = has_more(ctx, &webhook) && webhook.hold_until <= ctx.now;
    if more || deliveries::next_due(ctx.sql, webhook.number)?.is_some_and(|due| due <= ctx.now) {
        return Ok(Settled::Again(ctx.now));
    }
    come_back(ctx, &webhook)?;
    Ok(Settled::Finished)
}

/// Sets the timer for the next delivery that is due, or for what is held back.
fn come_back(ctx: &mut Ctx<'_>, webhook: &Webhook) -> Result<(), Reject> {
    let held = has_more(ctx, webhook).then_some(webhook.hold_until.max(ctx.now + 1));
    let due = deliveries::next_due(ctx.sql, webhook.number)?;
    if let Some(due) = [held, due].into_iter().flatten().min() {
        ctx.set_timer(TIMER, &webhook.id.to_string(), due, &[])?;
    }
    Ok(())
}

/// Whether there is an event to look at, and room for it.
const fn has_more(ctx: &Ctx<'_>, webhook: &Webhook) -> bool {
    webhook.cursor < ctx.seq() && webhook.waiting < WAITING_MAX
}

fn take_note(ctx: &mut Ctx<'_>, webhook: &mut Webhook, posted: &Posted) -> Result<(), Reject> {
    let seq = posted.id.rsplit_once('_').and_then(|(_, seq)| seq.parse().ok()).unwrap_or(0);
    let Some(mut delivery) = deliveries::find(ctx.sql, webhook.number, seq)? else {
        return Ok(());
    };
    if delivery.state != DeliveryState::Waiting {
        return Ok(());
    }
    // Otherwise its lease has run out and the next request has left, or somebody has asked for one:
    // then when to try again is for that one's answer to say.
    let is_latest = delivery.due == Some(posted.asked_at + LEASE_MS);
    delivery.attempts += i64::from(is_latest);
    let (status, wanted) = keep(&mut delivery, posted);
    if status.is_some_and(|status| (200..300).contains(&status)) {
        delivery.state = DeliveryState::Delivered;
        (webhook.failures, webhook.failing_since, webhook.hold_until) = (0, None, 0);
    } else {
        failed(ctx, webhook, status);
        if is_latest {
            delivery.due = next_try(ctx, delivery.attempts, wanted);
        }
        if delivery.due.is_none() {
            delivery.state = DeliveryState::Failed;
        }
    }
    if delivery.state != DeliveryState::Waiting {
        delivery.due = None;
        webhook.waiting -= 1;
    }
    Ok(deliveries::put(ctx.sql, webhook.number, &delivery)?)
}

/// Keeps a try in the order of their making, and the answer to the last one. Gives the status, and
/// when the receiver wants to be asked again.
fn keep(delivery: &mut Delivery, posted: &Posted) -> (Option<u16>, Option<Millis>) {
    let (status, error, answer, wanted) = match &posted.fate {
        PostFate::Answered { status, answer, retry_after_ms } => {
            (Some(*status), None, clean(answer, 512), *retry_after_ms)
        }
        PostFate::Unanswered { why } => (None, Some(clean(why, 200)), String::new(), None),
    };
    let (at, took_ms) = (posted.asked_at, posted.took_ms.max(0));
    let place = delivery.tries.partition_point(|known| known.at <= at);
    if place == delivery.tries.len() {
        delivery.answer = answer;
    }
    delivery.tries.insert(place, Attempt { at, status, error, took_ms });
    let surplus = delivery.tries.len().saturating_sub(TRIES_MAX);
    delivery.tries.drain(..surplus);
    (status, wanted)
}

/// When a delivery is tried again: by the schedule, with up to a tenth more, and not before the
/// receiver wants to be asked; never after the last try.
fn next_try(ctx: &mut Ctx<'_>, attempts: i64, wanted: Option<Millis>) -> Option<Millis> {
    let index = usize::try_from(attempts - 1).unwrap_or(0);
    let wait = *SCHEDULE_MS.get(index)?;
    let longest = SCHEDULE_MS[SCHEDULE_MS.len() - 1];
    let wait = wait + ctx.random_below(wait / 10);
    Some(ctx.now + wait.max(wanted.unwrap_or(0).clamp(0, longest)))
}

fn failed(ctx: &Ctx<'_>, webhook: &mut Webhook, status: Option<u16>) {
    let since = *webhook.failing_since.get_or_insert(ctx.now);
    webhook.failures += 1;
    let doublings = u32::try_from((webhook.failures - 1).clamp(0, 10)).unwrap_or(10);
    webhook.hold_until = ctx.now + (HOLD_MS << doublings).min(HOLD_MS_MAX);
    let reason = if status == Some(410) {
        "the receiver answered 410 Gone"
    } else if ctx.now - since >= FAILING_MS_MAX {
        "every request of the last five days failed"
    } else {
        return;
    };
    webhook.active = false;
    webhook.disabled_reason = Some(reason.to_owned());
}

/// A webhook that was switched off waits for nothing any more.
///
/// # Errors
/// A storage fault.
pub fn switched_off(ctx: &mut Ctx<'_>, webhook: &mut Webhook) -> Result<(), Reject> {
    webhook.active = false;
    webhook.waiting = 0;
    deliveries::give_up(ctx.sql, webhook.number)?;
    ctx.cancel_timer(TIMER, &webhook.id.to_string())?;
    webhooks::update(ctx.sql, webhook)?;
    remark(ctx)
}

/// Notes whether there is a webhook that is switched on.
///
/// # Errors
/// A storage fault.
pub fn remark(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let any = webhooks::list(ctx.sql)?.iter().any(|webhook| webhook.active);
    ctx.mark(MARK, any);
    Ok(())
}

/// One line of what a stranger's server said.
fn clean(text: &str, chars_max: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect()
}
