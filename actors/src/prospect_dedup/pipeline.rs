//! The person's place in the pipeline: which work is due, who has it, and the moves in between.
//!
//! What is to be done is said on a queue, which may lose it: the object's own timer says it again.
//! A work is leased, and what comes of an older lease changes nothing; so a message that comes
//! twice, late or out of order costs time only. The states are in [`schema::prospect::WorkKind`]'s
//! file.

use super::identity::Identity;
use super::person;
use super::store::{fields, pipeline as store, suppressions};
use crate::kernel::{Ctx, Effect};
use schema::pipeline::{OfProspect, Work};
use schema::prospect::{Known, Pipeline, PipelineRow, PipelineState, WorkKind};
use schema::{Millis, Reject};

/// The outbox entry that puts the due work on its queue, and the timer that looks after it.
pub const WORK: &str = "work";
/// How long a work may take: some requests to providers, each of a minute at most.
pub const LEASE_MS: Millis = 5 * 60 * 1000;
/// How long a message of a queue is waited for.
pub const HINT_MS: Millis = 30 * 60 * 1000;
/// When it is asked again whether all claims are settled.
pub const SETTLE_MS: Millis = 2_000;
/// After how long a work that cannot be done is given up.
pub const PATIENCE_MS: Millis = 14 * DAY_MS;
/// After so many tries at least: who has waited for a provider's limit has not been tried.
const TRIES_MIN: i64 = 20;
/// After how long nobody waits any more for a provider's limit to leave room.
pub const TURN_MS: Millis = 90 * DAY_MS;
/// After so many times that a verifier could not tell, it is given up.
pub const UNKNOWNS_MAX: i64 = 4;
/// Why nothing is tried for somebody who is not to be written to.
pub const SUPPRESSED: &str = "the person is not to be written to";

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
const HOUR_MS: Millis = 60 * 60 * 1000;
const REASON_CHARS_MAX: usize = 200;

/// Lets the person enter the pipeline, unless they are in it.
///
/// # Errors
/// A storage fault.
pub fn start(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if store::load(ctx.sql)?.is_some() {
        return Ok(());
    }
    enter(ctx, fresh(ctx.now), PipelineState::New, None)
}

/// A place at the beginning.
#[must_use]
pub const fn fresh(now: Millis) -> PipelineRow {
    PipelineRow {
        state: PipelineState::New,
        reason: None,
        since: now,
        address: None,
        attempt: 0,
        tries: 0,
        unknowns: 0,
        due_at: now,
        cost_micros: 0,
    }
}

/// Enters a state whose work is due now, or an end.
///
/// # Errors
/// A storage fault.
pub fn enter(
    ctx: &mut Ctx<'_>,
    row: PipelineRow,
    state: PipelineState,
    reason: Option<String>,
) -> Result<(), Reject> {
    let (since, due_at) = (ctx.now, ctx.now);
    put(ctx, &PipelineRow { state, reason, since, due_at, tries: 0, unknowns: 0, ..row })
}

/// Leases the due work.
///
/// # Errors
/// A storage fault.
pub fn lease(ctx: &mut Ctx<'_>, row: PipelineRow, work: WorkKind) -> Result<PipelineRow, Reject> {
    let row = PipelineRow {
        state: work.leased_state(),
        attempt: row.attempt + 1,
        tries: row.tries + 1,
        due_at: ctx.now + LEASE_MS,
        ..row
    };
    put(ctx, &row)?;
    Ok(row)
}

/// The due work waits until claims are settled. That is no try of it.
///
/// # Errors
/// A storage fault.
pub fn wait(ctx: &mut Ctx<'_>, row: PipelineRow) -> Result<(), Reject> {
    let due_at = ctx.now + SETTLE_MS;
    put(ctx, &PipelineRow { due_at, ..row })
}

/// The leased work is due again at a time: never at once, ever later, and not all at the same
/// moment. After [`PATIENCE_MS`] and some tries it is given up.
///
/// # Errors
/// A storage fault.
pub fn retry(
    ctx: &mut Ctx<'_>,
    row: PipelineRow,
    at: Millis,
    reason: String,
) -> Result<(), Reject> {
    let Some(work) = row.state.work() else { return Ok(()) };
    if ctx.now - row.since >= PATIENCE_MS && row.tries >= TRIES_MIN {
        let why = Some(format!("tried for too long: {reason}"));
        return enter(ctx, row, PipelineState::GivenUp, why);
    }
    let least = (1_000 << row.tries.clamp(1, 12)).min(HOUR_MS);
    let wait = at.saturating_sub(ctx.now).clamp(least, DAY_MS);
    let due_at = ctx.now + wait + ctx.random_below((wait / 8).min(60_000) + 1);
    put(ctx, &PipelineRow { state: work.due_state(), reason: Some(reason), due_at, ..row })
}

/// The leased work waits until a limit leaves room for it. Many wait for the same: the longer they
/// have waited, the further apart they come back, up to a day, so that few come in vain. That is no
/// try. After [`TURN_MS`] it is given up.
///
/// # Errors
/// A storage fault.
pub fn await_turn(
    ctx: &mut Ctx<'_>,
    row: PipelineRow,
    at: Millis,
    reason: String,
) -> Result<(), Reject> {
    let Some(work) = row.state.work() else { return Ok(()) };
    let waited = ctx.now - row.since;
    if waited >= TURN_MS {
        let why = Some(format!("waited for too long: {reason}"));
        return enter(ctx, row, PipelineState::GivenUp, why);
    }
    let wait = at.saturating_sub(ctx.now).clamp(1_000, DAY_MS);
    let due_at = ctx.now + wait + ctx.random_below(waited.clamp(10_000, DAY_MS));
    let (state, tries) = (work.due_state(), row.tries - 1);
    put(ctx, &PipelineRow { state, reason: Some(reason), due_at, tries, ..row })
}

/// Writes the row, and sees to it that it goes on.
fn put(ctx: &mut Ctx<'_>, row: &PipelineRow) -> Result<(), Reject> {
    store::save(ctx.sql, row)?;
    match row.state.work() {
        None => ctx.cancel_timer(WORK, "")?,
        Some(_) if row.state.is_leased() || ctx.now < row.due_at => {
            ctx.set_timer(WORK, "", row.due_at, &[])?;
        }
        Some(_) => {
            ctx.outbox(WORK, "", &[])?;
            ctx.set_timer(WORK, "", ctx.now + HINT_MS, &[])?;
        }
    }
    Ok(())
}

/// A lease is over, a work is due, or its message was waited for long enough.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let Some(row) = store::load(ctx.sql)? else { return Ok(()) };
    if row.state.is_leased() && row.due_at <= ctx.now {
        return retry(ctx, row, ctx.now, "it was begun and did not end".to_owned());
    }
    put(ctx, &row)
}

/// The message that asks for the due work.
///
/// # Errors
/// A storage fault.
pub fn effect(ctx: &Ctx<'_>) -> Result<Effect, Reject> {
    let row = store::load(ctx.sql)?;
    let due = row.filter(|row| !row.state.is_leased() && row.due_at <= ctx.now);
    let Some(work) = due.and_then(|row| row.state.work()) else { return Ok(Effect::Nothing) };
    let (workspace_id, prospect_id) = (ctx.principal.workspace, person::own_id(ctx)?);
    let message = Work::on_prospect(work, OfProspect { workspace_id, prospect_id });
    Ok(Effect::Queue { queue: message.queue(), body: message.write() })
}

/// Whether a field helps to find an address, or is one: only that is news.
#[must_use]
pub fn is_clue(field: &str) -> bool {
    matches!(field, "name" | "company" | "domain" | "linkedin" | "email")
}

/// More is known of the person: an address that was not verified is, and what was at its end
/// without one begins anew.
///
/// # Errors
/// A storage fault.
pub fn news(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let Some(row) = store::load(ctx.sql)? else { return Ok(()) };
    if fit_address(ctx, &row)? {
        return Ok(());
    }
    let ended = matches!(row.state, PipelineState::NotFound | PipelineState::GivenUp);
    if ended && suppressions::strongest(ctx.sql)?.is_none() {
        return enter(ctx, row, PipelineState::New, None);
    }
    Ok(())
}

/// Has the person's address verified, where it is another than the one that was. Says whether it
/// was so.
///
/// # Errors
/// A storage fault.
fn fit_address(ctx: &mut Ctx<'_>, row: &PipelineRow) -> Result<bool, Reject> {
    if row.state.work() == Some(WorkKind::Enrich) || row.state == PipelineState::GivenUp {
        return Ok(false);
    }
    let address = known(ctx)?.email;
    if address.is_none() || address == row.address {
        return Ok(false);
    }
    let row = PipelineRow { address, ..row.clone() };
    enter(ctx, row, PipelineState::Found, Some("the address is another".to_owned()))?;
    Ok(true)
}

/// Joins the place of another record of the person: the one that is further counts. A work of
/// either that is under way, where both have a place, is begun anew: it may be about another
/// address.
///
/// # Errors
/// A storage fault.
pub fn join(ctx: &mut Ctx<'_>, theirs: Option<&PipelineRow>) -> Result<(), Reject> {
    let row = match (store::load(ctx.sql)?, theirs.cloned()) {
        (None, None) => return Ok(()),
        (Some(mine), None) => mine,
        (None, Some(theirs)) => theirs,
        (Some(mine), Some(theirs)) => {
            let cost_micros = mine.cost_micros.saturating_add(theirs.cost_micros);
            let attempt = mine.attempt.max(theirs.attempt);
            let further = if mine.state < theirs.state { theirs } else { mine };
            let state = further.state.work().map_or(further.state, WorkKind::due_state);
            let due_at = ctx.now;
            PipelineRow { state, attempt, due_at, cost_micros, ..further }
        }
    };
    put(ctx, &row)?;
    fit_address(ctx, &row).map(drop)
}

/// Takes the person out of the pipeline.
///
/// # Errors
/// A storage fault.
pub fn leave(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    store::clear(ctx.sql)?;
    Ok(ctx.cancel_timer(WORK, "")?)
}

/// Claims an address as the person's.
///
/// # Errors
/// `invalid_input` where it is none; a storage fault.
pub fn claim_address(ctx: &mut Ctx<'_>, address: &str) -> Result<(), Reject> {
    let identity = Identity::email("address", address)?;
    let id = identity.id(ctx.principal.workspace);
    person::claim(ctx, id, Some(&identity.text), true).map(drop)
}

/// What is known of the person.
///
/// # Errors
/// A storage fault.
pub fn known(ctx: &Ctx<'_>) -> Result<Known, Reject> {
    let mut known = Known::default();
    for field in fields::all(ctx.sql)? {
        let place = match field.name.as_str() {
            "email" => &mut known.email,
            "name" => &mut known.name,
            "company" => &mut known.company,
            "domain" => &mut known.domain,
            "title" => &mut known.title,
            "linkedin" => &mut known.linkedin,
            _ => continue,
        };
        *place = Some(field.value).filter(|value| !value.is_empty());
    }
    Ok(known)
}

/// The place, as the HTTP API shows it.
///
/// # Errors
/// A storage fault.
pub fn shown(ctx: &Ctx<'_>) -> Result<Option<Pipeline>, Reject> {
    let row = store::load(ctx.sql)?;
    Ok(row.map(|PipelineRow { state, reason, since, cost_micros, .. }| Pipeline {
        state,
        reason,
        since,
        cost_micros,
    }))
}

/// Somebody else's words, in one line and not too many.
#[must_use]
pub fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}
