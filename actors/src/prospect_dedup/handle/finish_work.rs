//! What came of a work of the pipeline, from whoever carried it out.
//!
//! For consumers of queues. What comes late, or again, changes nothing, but that the person wants
//! none of it. What a provider said and what is no address, or no line of text, is passed over:
//! asking again would not make it better.
//! Rejects: `invalid_input`, `not_found`, `gone` with `movedTo` (say it there), `gone` with
//! `erased`.

use crate::kernel::Ctx;
use crate::mail::identity::bare_address;
use crate::prospect_dedup::handle::suppress;
use crate::prospect_dedup::pipeline::{self, TURN_MS, UNKNOWNS_MAX, brief};
use crate::prospect_dedup::store::{fields, me::Me, pipeline as store, suppressions};
use crate::prospect_dedup::{FIELD_CHARS_MAX, person, site};
use schema::prospect::{
    Fact, FactField, FieldRow, FinishWork, Found, Noted, PipelineRow, PipelineState, Reason,
    RetryAt, Verdict, Verified, WorkKind, WorkOutcome,
};
use schema::{Millis, Reject, check};

/// The most that one work may cost, in millionths of a dollar: a million dollars.
const COST_MICROS_MAX: i64 = 1_000_000_000_000;
/// For how long, and how often at least, enriching is tried.
const ENRICH_MS: Millis = 60 * 60 * 1000;
const ENRICH_TRIES_MIN: i64 = 4;
/// When a verifier that could not tell is asked again; twice as long each time.
const UNKNOWN_MS: Millis = 60 * 60 * 1000;

/// Takes note of what came of a work.
///
/// # Errors
/// See above; `forbidden` (only for Postroom itself).
pub fn finish_work(ctx: &mut Ctx<'_>, input: FinishWork) -> Result<Noted, Reject> {
    ctx.require_system()?;
    if !(0..=COST_MICROS_MAX).contains(&input.cost_micros) {
        return Err(Reject::field("costMicros", "must be 0 to a million dollars"));
    }
    if work_of(&input.outcome).is_some_and(|work| work != input.work) {
        return Err(Reject::field("outcome", "must be one of this work"));
    }
    let mut me = person::owner(ctx)?;
    let leased =
        |row: &PipelineRow| row.state == input.work.leased_state() && row.attempt == input.attempt;
    let row = store::load(ctx.sql)?.filter(leased).map(|row| {
        let cost_micros = row.cost_micros.saturating_add(input.cost_micros);
        PipelineRow { cost_micros, ..row }
    });
    let mut is_news = true;
    match (row, input.outcome) {
        (row, WorkOutcome::Refused { source }) => return refused(ctx, me, row, &source),
        (None, _) => return Ok(Noted::Here {}),
        (Some(row), WorkOutcome::Facts(found)) => enriched(ctx, row, &found.facts)?,
        (Some(row), WorkOutcome::Found(found)) => address_found(ctx, row, &found)?,
        (Some(row), WorkOutcome::NotFound { reason }) => {
            end(ctx, row, PipelineState::NotFound, &reason)?;
        }
        (Some(row), WorkOutcome::Verified(verified)) => judged(ctx, row, &verified)?,
        (Some(row), WorkOutcome::RetryAt(retry)) => {
            is_news = put_off(ctx, row, input.work, &retry)?
        }
    }
    if let Some(read) = input.site.filter(|_| input.work == WorkKind::Enrich) {
        is_news |= site::learn(ctx, read)?;
    }
    if is_news {
        person::touch(ctx, &mut me)?;
    }
    Ok(Noted::Here {})
}

/// The work that an outcome is of; none where it may be of any.
const fn work_of(outcome: &WorkOutcome) -> Option<WorkKind> {
    match outcome {
        WorkOutcome::Facts(_) => Some(WorkKind::Enrich),
        WorkOutcome::Found(_) | WorkOutcome::NotFound { .. } => Some(WorkKind::Find),
        WorkOutcome::Verified(_) => Some(WorkKind::Verify),
        WorkOutcome::RetryAt(_) | WorkOutcome::Refused { .. } => None,
    }
}

/// Nobody writes to the person any more, however late that is said; a lease that stands is ended.
fn refused(
    ctx: &mut Ctx<'_>,
    mut me: Me,
    row: Option<PipelineRow>,
    source: &str,
) -> Result<Noted, Reject> {
    if row.is_none() && suppressions::is_active(ctx.sql, Reason::OptOut)? {
        return Ok(Noted::Here {});
    }
    let why = brief(&format!("the person has asked {source} not to be processed"));
    suppress::add(ctx, &mut me, Reason::OptOut, Some(why.clone()), None)?;
    if let Some(row) = row {
        end(ctx, row, PipelineState::GivenUp, &why)?;
    }
    person::touch(ctx, &mut me)?;
    Ok(Noted::Here {})
}

/// Enters a state for a reason, which the history tells too.
fn end(
    ctx: &mut Ctx<'_>,
    row: PipelineRow,
    state: PipelineState,
    reason: &str,
) -> Result<(), Reject> {
    let reason = brief(reason);
    person::note(ctx, &format!("pipeline.{}", state.as_str()), Some(reason.clone()))?;
    pipeline::enter(ctx, row, state, Some(reason))
}

/// Fills fields that are empty; what was known stays.
fn enriched(ctx: &mut Ctx<'_>, row: PipelineRow, facts: &[Fact]) -> Result<(), Reject> {
    let told = learn(ctx, facts)?;
    let reason = if told.is_empty() { "nothing new".to_owned() } else { told.join(", ") };
    go_on(ctx, row, &reason)
}

/// Fills fields that are empty, and claims address and profile; says what by whom.
fn learn(ctx: &mut Ctx<'_>, facts: &[Fact]) -> Result<Vec<String>, Reject> {
    let mut told = Vec::new();
    for fact in facts {
        if fill(ctx, fact.field, &fact.value)? {
            told.push(format!("{} by {}", fact.field.as_str(), brief(&fact.source)));
        }
    }
    let known = pipeline::known(ctx)?;
    if let Some(address) = known.email {
        pipeline::claim_address(ctx, &address)?;
    }
    if let Some(profile) = known.linkedin {
        person::claim_profile(ctx, &profile)?;
    }
    Ok(told)
}

/// Goes on from enriching: to the address that is known, or to looking for one.
fn go_on(ctx: &mut Ctx<'_>, row: PipelineRow, reason: &str) -> Result<(), Reject> {
    let address = pipeline::known(ctx)?.email;
    let state = if address.is_some() { PipelineState::Found } else { PipelineState::Enriched };
    end(ctx, PipelineRow { address, ..row }, state, reason)
}

/// Tries again later; says whether there is more to tell of the person than that.
fn put_off(
    ctx: &mut Ctx<'_>,
    row: PipelineRow,
    work: WorkKind,
    retry: &RetryAt,
) -> Result<bool, Reject> {
    let mut is_news = false;
    if work == WorkKind::Enrich {
        is_news = !learn(ctx, &retry.facts)?.is_empty();
        if is_over(ctx, &row, retry)? {
            go_on(ctx, row, &format!("not enriched: {}", retry.reason))?;
            return Ok(true);
        }
    }
    let reason = brief(&retry.reason);
    if retry.is_quota {
        pipeline::await_turn(ctx, row, retry.at, reason)?;
    } else {
        pipeline::retry(ctx, row, retry.at, reason)?;
    }
    let waits = store::load(ctx.sql)?.is_some_and(|row| row.state == work.due_state());
    Ok(is_news || !waits)
}

/// Whether it was tried for long enough to enrich. Mail needs no more than an address: whose is
/// known waits for a provider's limit no longer than for one that fails.
fn is_over(ctx: &Ctx<'_>, row: &PipelineRow, retry: &RetryAt) -> Result<bool, Reject> {
    let waited = ctx.now - row.since;
    Ok(if retry.is_quota {
        waited >= TURN_MS || waited >= ENRICH_MS && pipeline::known(ctx)?.email.is_some()
    } else {
        waited >= ENRICH_MS && row.tries >= ENRICH_TRIES_MIN
    })
}

/// Writes what a provider said into a field that is empty; says whether it did.
fn fill(ctx: &Ctx<'_>, field: FactField, value: &str) -> Result<bool, Reject> {
    let name = field.as_str();
    let Ok(mut value) = check::line(name, value, FIELD_CHARS_MAX) else { return Ok(false) };
    if field == FactField::Email {
        match usable(&value) {
            Some(address) => value = address,
            None => return Ok(false),
        }
    }
    if fields::all(ctx.sql)?.iter().any(|known| known.name == name) {
        return Ok(false);
    }
    Ok(fields::join(
        ctx.sql,
        &FieldRow { name: name.to_owned(), value, by_hand: false, at: ctx.now },
    )?)
}

/// The address, where it is one that mail can be sent to.
fn usable(text: &str) -> Option<String> {
    let address = bare_address(text).ok()?.to_lowercase();
    crate::mail::identity::email_key(&address).is_ok().then_some(address)
}

fn address_found(ctx: &mut Ctx<'_>, row: PipelineRow, found: &Found) -> Result<(), Reject> {
    let source = brief(&found.source);
    if !fill(ctx, FactField::Email, &found.address)? {
        // An address came from elsewhere meanwhile, or this is none.
        return match pipeline::known(ctx)?.email {
            Some(address) => {
                let row = PipelineRow { address: Some(address), ..row };
                end(ctx, row, PipelineState::Found, "the address is known")
            }
            None => {
                let why = format!("what {source} found is no address");
                end(ctx, row, PipelineState::NotFound, &why)
            }
        };
    }
    let address = pipeline::known(ctx)?.email.unwrap_or_default();
    pipeline::claim_address(ctx, &address)?;
    let row = PipelineRow { address: Some(address), ..row };
    let reason = format!("{source}, score {}", found.score);
    let state = if found.is_verified { PipelineState::Verified } else { PipelineState::Found };
    end(ctx, row, state, &reason)
}

fn judged(ctx: &mut Ctx<'_>, row: PipelineRow, verified: &Verified) -> Result<(), Reject> {
    let state = match verified.verdict {
        Verdict::Valid => PipelineState::Verified,
        Verdict::CatchAll => PipelineState::CatchAll,
        Verdict::Invalid => PipelineState::Invalid,
        Verdict::Unasked => PipelineState::GivenUp,
        Verdict::Unknown if row.unknowns + 1 >= UNKNOWNS_MAX => PipelineState::GivenUp,
        Verdict::Unknown => {
            let at = ctx.now + (UNKNOWN_MS << row.unknowns);
            let row = PipelineRow { unknowns: row.unknowns + 1, ..row };
            return pipeline::retry(ctx, row, at, brief(&verified.source));
        }
    };
    end(ctx, row, state, &verified.source)
}
