//! Who is written to now.
//!
//! A turn goes through the active campaigns and assigns as many mails as the limits leave: those
//! that are due the longest first, each to the inbox that wrote to the person before, or else to
//! the one that sent least today. It is taken by a timer whenever something may have changed, and
//! by the cron's beat; taken twice, the second finds nothing more to do.

use super::caps::Campaigns;
use super::store::campaigns::{self, Campaign};
use super::store::decisions;
use super::store::enrolments::{self, Enrolment};
use super::store::inboxes::{self, Known};
use super::{TIMER, asking, caps, decide, keep, person, texts};
use crate::kernel::Ctx;
use crate::kernel::store::timers;
use crate::workspace_room::store::TOP;
use schema::ids::InboxId;
use schema::room::campaign::{CAMPAIGNS_MAX, CampaignStatus, InboxCap, Limit, OutreachSettings};
use schema::room::enrolment::{EnrolmentState, Turns, TurnsTaken};
use schema::{Millis, Reject};

/// No turn sets the next one earlier than that: what may change meanwhile sets its own.
const SOON_MS: Millis = 1_000;
/// A turn that waits for nothing that has a time is taken again after this long.
const IDLE_MS: Millis = 15 * 60 * 1000;

/// Sets the timer of the next turn to a time, unless it goes off earlier.
///
/// # Errors
/// A storage fault.
pub fn at_latest(ctx: &mut Ctx<'_>, at: Millis) -> Result<(), Reject> {
    if timers::due_of(ctx.sql, TIMER, "")?.is_none_or(|due| at < due) {
        ctx.set_timer(TIMER, "", at, &[])?;
    }
    Ok(())
}

/// Takes a turn for every active campaign.
///
/// # Errors
/// A storage fault.
pub fn take(ctx: &mut Ctx<'_>) -> Result<TurnsTaken, Reject> {
    let settings = campaigns::settings(ctx.sql)?;
    let active = campaigns::of_status(ctx.sql, CampaignStatus::Active, TOP, CAMPAIGNS_MAX)?;
    let mut taken = TurnsTaken { campaigns: active.len() as i64, ..TurnsTaken::default() };
    for campaign in &active {
        let ended = of_campaign(ctx, settings, campaign)?;
        taken.assigned += ended.assigned;
        taken.next_at = [taken.next_at, ended.until].into_iter().flatten().min();
        note(ctx, campaign.number, ended)?;
    }
    let asked_at = texts::ask_again(ctx)?;
    if let Some(at) = [taken.next_at, asked_at].into_iter().flatten().min() {
        let at = at.max(ctx.now + SOON_MS);
        at_latest(ctx, at)?;
    }
    Ok(taken)
}

/// A campaign's turn: how it ended.
fn of_campaign(
    ctx: &mut Ctx<'_>,
    settings: OutreachSettings,
    campaign: &Campaign,
) -> Result<Turns, Reject> {
    let (from_at, to_at) = (ctx.now, ctx.now);
    let ended =
        |why: String, until, assigned| Turns { from_at, to_at, turns: 1, why, until, assigned };
    let Some(next) = enrolments::next_due(ctx.sql, campaign.number)? else {
        return Ok(ended("nothingDue".into(), None, 0));
    };
    if next > ctx.now {
        return Ok(ended("nothingDue".into(), Some(next), 0));
    }
    let caps = Campaigns::load(ctx, settings, campaign)?;
    if let Some(until) = caps.shut_until() {
        let until = Some(until).filter(|at| *at < Millis::MAX);
        return Ok(ended(Limit::Window.as_str().into(), until, 0));
    }
    let mut inboxes = Vec::with_capacity(campaign.plan.inbox_ids.len());
    for id in &campaign.plan.inbox_ids {
        let mut known = inboxes::find(ctx.sql, *id)?;
        let cap = caps.of(ctx, &known)?;
        // Where something else binds, what it would say changes nothing.
        if cap.binding == Limit::Asking {
            asking::ask(ctx, &mut known)?;
        }
        inboxes.push((cap, known));
    }
    let (mut assigned, mut textless) = (0, 0);
    while let Some(mut one) = next_one(ctx, campaign, &inboxes)? {
        if textless == texts::TEXTLESS_MAX {
            return Ok(ended(texts::WAITS.into(), Some(ctx.now), assigned));
        }
        if !texts::is_there(ctx, campaign, &mut one)? {
            textless += 1;
            continue;
        }
        let Some(place) = pick(&inboxes, &one) else { break };
        let (cap, known) = &mut inboxes[place];
        assign(ctx, campaign, known, &mut one)?;
        *cap = caps.of(ctx, known)?;
        assigned += 1;
        let domain = known.domain.clone();
        caps::one_less(&mut inboxes, place, &domain);
    }
    let left = enrolments::next_due(ctx.sql, campaign.number)?;
    let (why, until) = match left {
        Some(next) if next <= ctx.now => held(&inboxes, ctx.now),
        left => ("nothingDue".into(), left),
    };
    Ok(ended(why, until, assigned))
}

/// The one that is due the longest, of those that a free inbox may write to.
fn next_one(
    ctx: &Ctx<'_>,
    campaign: &Campaign,
    inboxes: &[(InboxCap, Known)],
) -> Result<Option<Enrolment>, Reject> {
    let is_held = |(cap, known): &(InboxCap, Known)| (cap.left <= 0).then_some(known.id);
    let held: Vec<InboxId> = inboxes.iter().filter_map(is_held).collect();
    if held.len() == inboxes.len() {
        return Ok(None);
    }
    Ok(enrolments::due(ctx.sql, (campaign.number, ctx.now), &held, 1)?.pop())
}

/// The inbox that a prospect is written to from: its own, or else the free one that sent least.
fn pick(inboxes: &[(InboxCap, Known)], one: &Enrolment) -> Option<usize> {
    let free = |(cap, _): &&(InboxCap, Known)| cap.left > 0;
    let own = |id: InboxId| inboxes.iter().position(|(_, known)| known.id == id);
    if let Some(place) = one.inbox_id.and_then(own) {
        return Some(place).filter(|place| free(&&inboxes[*place]));
    }
    let all = inboxes.iter().enumerate().filter(|(_, it)| free(it));
    all.min_by_key(|(_, (cap, _))| cap.used).map(|(place, _)| place)
}

/// What holds back those that are due: of the inboxes' limits, the one that passes first.
fn held(inboxes: &[(InboxCap, Known)], now: Millis) -> (String, Option<Millis>) {
    let first = |cap: &&InboxCap| cap.until.unwrap_or(Millis::MAX);
    let cap = inboxes.iter().map(|(cap, _)| cap).min_by_key(first);
    let why = cap.map_or("nothingDue", |cap| cap.binding.as_str());
    let until = cap.and_then(|cap| cap.until);
    (why.into(), Some(until.unwrap_or(now + IDLE_MS).min(now + IDLE_MS)))
}

fn assign(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    known: &mut Known,
    one: &mut Enrolment,
) -> Result<(), Reject> {
    take_place(ctx, campaign, known, one)?;
    Ok(ctx.outbox(person::OUTBOX, &one.number.to_string(), &[])?)
}

/// Gives the next try of an enrolment's step to an inbox: it counts from now on.
///
/// # Errors
/// A storage fault.
pub fn take_place(
    ctx: &mut Ctx<'_>,
    campaign: &Campaign,
    known: &mut Known,
    one: &mut Enrolment,
) -> Result<(), Reject> {
    caps::count(ctx, campaign, known, ctx.now, 1)?;
    let spacing = campaign.plan.spacing_s * 1000;
    known.next_at = ctx.now + spacing + ctx.random_below(spacing / 2 + 1);
    known.enrolment = Some(one.number);
    inboxes::put(ctx.sql, known)?;
    one.state = EnrolmentState::Sending;
    one.reason = None;
    one.inbox_id = Some(known.id);
    one.assigned_at = Some(ctx.now);
    one.attempt += 1;
    one.send_id = None;
    one.send_version = 0;
    keep(ctx, one)?;
    Ok(decide(ctx, one, "assigned", Some(&known.id.to_string()))?)
}

/// Writes down how a turn ended; one that ended like the one before is counted with it.
fn note(ctx: &Ctx<'_>, campaign: i64, ended: Turns) -> Result<(), Reject> {
    let last = decisions::turns(ctx.sql, campaign, TOP, 1)?.pop();
    match last {
        Some((number, mut last)) if last.why == ended.why => {
            last.to_at = ended.to_at;
            last.turns += 1;
            last.until = ended.until;
            last.assigned += ended.assigned;
            decisions::more_turns(ctx.sql, number, &last)?;
        }
        _ => decisions::add_turns(ctx.sql, campaign, &ended)?,
    }
    Ok(())
}
