//! How rules react to what a step has done, within that step.
//!
//! | bound | value |
//! | --- | --- |
//! | rounds in one step | 3: what a person did, what rules did about it, and once more |
//! | the same rule on the same ticket in one step | once |
//! | rules that act on one ticket | 20 an hour |
//!
//! So two rules that undo each other's work end, in one step and over steps. What is held back is
//! in the run log with its reason.

use super::actions::{Doer, Mode};
use super::facts::{Facts, Happening, happening};
use super::store::active::{self, Active};
use super::store::definitions;
use super::store::passes::{self, Pass};
use super::{conditions, sla, sweep, waits, workflows};
use crate::kernel::Ctx;
use crate::workspace_room::tickets;
use schema::event::By;
use schema::ids::AutomationId;
use schema::room::automation::{Automation, AutomationFired, Occasion, RuleOutcome, RuleResult};
use schema::room::ticket::Ticket;
use schema::{Millis, Reject};

/// How deep a cascade goes.
pub const ROUNDS_MAX: i64 = 3;
/// How often rules act on one ticket in an hour.
pub const FIRED_PER_HOUR_MAX: i64 = 20;

const HOUR_MS: Millis = 60 * 60 * 1000;

/// What has acted in this step: rule and ticket.
#[derive(Debug, Default)]
pub struct Cascade(Vec<(AutomationId, i64)>);

/// Reacts to everything that this step has appended to the log. A workspace in which nothing reacts
/// reads one row.
///
/// # Errors
/// A storage fault.
pub fn react(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    cascade(ctx, &mut Cascade::default())
}

/// Reacts, and gives the ticket as it is then.
///
/// # Errors
/// A storage fault.
pub fn settle(ctx: &mut Ctx<'_>, ticket: Ticket) -> Result<Ticket, Reject> {
    let seq = ctx.seq();
    react(ctx)?;
    if ctx.seq() == seq { Ok(ticket) } else { tickets::find(ctx, ticket.id) }
}

fn cascade(ctx: &mut Ctx<'_>, cascade: &mut Cascade) -> Result<(), Reject> {
    // One round more than rules run in: clocks heed what the last rules did.
    for round in 1..=ROUNDS_MAX + 1 {
        if !ctx.has_news() {
            return Ok(());
        }
        let active = active::find(ctx.sql)?;
        if !active.any() {
            return Ok(());
        }
        for event in ctx.take_news() {
            if let Some(happening) = happening(&event)? {
                heed(ctx, active, &happening)?;
                if active.automations > 0 && !happening.quiet {
                    run(ctx, cascade, round, &happening)?;
                }
            }
        }
    }
    Ok(())
}

/// The clocks and workflows that a happening moves.
fn heed(ctx: &mut Ctx<'_>, active: Active, happening: &Happening) -> Result<(), Reject> {
    if active.runs > 0 {
        workflows::heed(ctx, happening)?;
    }
    if active.policies > 0 {
        sla::heed(ctx, happening)?;
    }
    if active.silences > 0 {
        waits::heed(ctx, happening)?;
    }
    Ok(())
}

/// Asks the rules of a happening, in their order.
fn run(
    ctx: &mut Ctx<'_>,
    cascade: &mut Cascade,
    round: i64,
    happening: &Happening,
) -> Result<(), Reject> {
    let rules = definitions::of_occasion(ctx.sql, happening.on)?;
    if rules.is_empty() {
        return Ok(());
    }
    let Some(ticket) = tickets::in_work(ctx, happening.ticket)? else { return Ok(()) };
    let asked = Asked { on: happening.on, happening: Some(happening), round };
    ask(ctx, cascade, &asked, ticket, &rules)
}

/// Asks rules about a silence on a ticket; what they do is reacted to.
///
/// # Errors
/// A storage fault.
pub fn silence(ctx: &mut Ctx<'_>, ticket: Ticket, rules: &[Automation]) -> Result<(), Reject> {
    let mut done = Cascade::default();
    for rule in rules {
        let asked = Asked { on: rule.trigger.on, happening: None, round: 1 };
        let Some(ticket) = tickets::in_work(ctx, ticket.id)? else { break };
        ask(ctx, &mut done, &asked, ticket, std::slice::from_ref(rule))?;
    }
    cascade(ctx, &mut done)
}

/// About what rules are asked.
struct Asked<'h> {
    on: Occasion,
    happening: Option<&'h Happening>,
    round: i64,
}

fn ask(
    ctx: &mut Ctx<'_>,
    cascade: &mut Cascade,
    asked: &Asked<'_>,
    mut ticket: Ticket,
    rules: &[Automation],
) -> Result<(), Reject> {
    let number = ticket.number;
    let mut fired = 0;
    let mut results = Vec::with_capacity(rules.len());
    for rule in rules {
        let facts = Facts::of(&ticket, ctx.now, asked.happening);
        let unmet = conditions::unmet(ctx, &facts, &rule.conditions)?;
        let result = |outcome, why| RuleResult {
            automation_id: Some(rule.id),
            name: rule.name.clone(),
            outcome,
            why,
            actions: Vec::new(),
        };
        if unmet.is_some() {
            results.push(result(RuleOutcome::NotMatched, unmet));
            continue;
        }
        if let Some(why) = held_back(ctx, cascade, asked.round, rule.id, number, fired)? {
            results.push(result(RuleOutcome::Stopped, Some(why)));
            continue;
        }
        cascade.0.push((rule.id, number));
        fired += 1;
        let mut result = result(RuleOutcome::Fired, None);
        ticket = fire(ctx, asked.on, rule, ticket, &mut result)?;
        results.push(result);
    }
    let seq = asked.happening.map(|it| it.seq);
    let pass = Pass { at: ctx.now, on: asked.on, seq, round: asked.round, results };
    passes::insert(ctx.sql, number, &pass, fired)?;
    sweep::arm(ctx)
}

/// Why a rule may not act now, though its conditions hold.
fn held_back(
    ctx: &Ctx<'_>,
    cascade: &Cascade,
    round: i64,
    rule: AutomationId,
    ticket: i64,
    fired: i64,
) -> Result<Option<String>, Reject> {
    if cascade.0.contains(&(rule, ticket)) {
        return Ok(Some("it has acted on this ticket in this step already".into()));
    }
    if round > ROUNDS_MAX {
        return Ok(Some(format!("rules react to rules {ROUNDS_MAX} rounds deep at most")));
    }
    let before = passes::fired_since(ctx.sql, ticket, ctx.now - HOUR_MS)?;
    if before + fired >= FIRED_PER_HOUR_MAX {
        let why = format!("rules act on a ticket {FIRED_PER_HOUR_MAX} times an hour at most");
        return Ok(Some(why));
    }
    Ok(None)
}

fn fire(
    ctx: &mut Ctx<'_>,
    on: Occasion,
    rule: &Automation,
    ticket: Ticket,
    result: &mut RuleResult,
) -> Result<Ticket, Reject> {
    let mut doer = Doer::new(Mode::Real, &rule.name, ticket);
    for action in &rule.actions {
        result.actions.push(doer.act(ctx, action)?);
    }
    let ticket = doer.finish(ctx)?;
    let data = AutomationFired { on, result: result.clone() };
    ctx.event_by(&By::System, "automation.fired", Some(ticket.id), &data)?;
    Ok(ticket)
}

/// What a rule would do to a ticket, as if it were the only one; nothing is written.
///
/// # Errors
/// A storage fault.
pub fn dry(
    ctx: &mut Ctx<'_>,
    rule: &Automation,
    draft: bool,
    ticket: &Ticket,
) -> Result<RuleResult, Reject> {
    let facts = Facts::of(ticket, ctx.now, None);
    let why = conditions::unmet(ctx, &facts, &rule.conditions)?;
    let outcome = if why.is_none() { RuleOutcome::Fired } else { RuleOutcome::NotMatched };
    let mut actions = Vec::new();
    if why.is_none() {
        let mut doer = Doer::new(Mode::Dry, &rule.name, ticket.clone());
        for action in &rule.actions {
            actions.push(doer.act(ctx, action)?);
        }
    }
    let automation_id = (!draft).then_some(rule.id);
    Ok(RuleResult { automation_id, name: rule.name.clone(), outcome, why, actions })
}
