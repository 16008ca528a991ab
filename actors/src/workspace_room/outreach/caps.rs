//! How many mails may leave now, and what binds.
//!
//! The least of all limits holds. A day is one of the workspace's time zone; the campaign's own
//! figure goes by its window's. What was assigned counts from that moment on, so that no two mails
//! are given the same place; what is taken back before it leaves gives it back.

use super::plan;
use super::store::campaigns::{self, Campaign};
use super::store::days;
use super::store::inboxes::Known;
use crate::kernel::{Ctx, Fault};
use crate::warmup_counter::zone::Zone;
use crate::workspace_room::access::store::workspace;
use crate::workspace_room::rules::calendar::Calendar;
use schema::ids::InboxId;
use schema::room::campaign::{InboxCap, Limit, LimitLeft, OutreachSettings};
use schema::{Millis, Reject};

/// How long what an inbox said of itself is believed where mail is to leave.
pub const FRESH_MS: Millis = 5 * 60 * 1000;
/// How long it is shown.
pub const SHOWN_MS: Millis = 24 * 60 * 60 * 1000;
/// For how many days counts are kept.
const DAYS_KEPT: i64 = 7;
/// Within this time of a window's opening, or within a quarter of the window, each inbox begins.
const BEGINNING_MS: Millis = 5 * 60 * 1000;
/// As much as nothing limits.
const ANY: i64 = 1 << 40;

/// A day, and when it ends.
#[derive(Debug, Clone, Copy)]
struct Day {
    day: i64,
    ends_at: Millis,
}

/// What holds for a campaign, whatever the inbox.
#[derive(Debug)]
pub struct Campaigns<'a> {
    campaign: &'a Campaign,
    settings: OutreachSettings,
    /// Of the campaign's window.
    own_day: Day,
    /// Of the workspace.
    day: Day,
    /// Whether the window is open, and until when that stays so.
    window: Option<(bool, Millis)>,
    beginning: Option<Beginning>,
}

/// How the inboxes begin in a window that opens, or has just opened.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    opens_at: Millis,
    takes: Millis,
}

impl Beginning {
    /// The next one of a window that is open, or not, until a time; none that is over. Openings
    /// between which there are only minutes count as one.
    fn of(
        calendar: &Calendar,
        now: Millis,
        window: (bool, Millis),
    ) -> Result<Option<Self>, Reject> {
        let (opens_at, shuts_at) = match window {
            (true, shuts_at) => {
                let open_for = calendar.between(now - BEGINNING_MS, now)?;
                if open_for == BEGINNING_MS {
                    return Ok(None);
                }
                (now - open_for, shuts_at)
            }
            (false, opens_at) => (opens_at, calendar.turn(opens_at)?.map_or(opens_at, |it| it.1)),
        };
        let takes = BEGINNING_MS.min((shuts_at - opens_at) / 4).max(1);
        Ok(Some(Self { opens_at, takes }))
    }

    const fn of_inbox(self, id: InboxId) -> Millis {
        self.opens_at + (id.0.as_u128() % self.takes as u128) as Millis
    }
}

impl<'a> Campaigns<'a> {
    /// What holds now.
    ///
    /// # Errors
    /// A storage fault.
    pub fn load(
        ctx: &Ctx<'_>,
        settings: OutreachSettings,
        campaign: &'a Campaign,
    ) -> Result<Self, Reject> {
        let calendar = plan::calendar(&campaign.plan.window)?;
        let window = calendar.turn(ctx.now)?;
        let beginning = match window {
            Some(window) => Beginning::of(&calendar, ctx.now, window)?,
            None => None,
        };
        let own_day = day(&campaign.plan.window.time_zone, ctx.now)?;
        Ok(Self { campaign, settings, own_day, day: today(ctx, ctx.now)?, window, beginning })
    }

    /// What holds for a mail that a person writes: it is they who say when, within the workspace's
    /// day, for which it counts.
    ///
    /// # Errors
    /// A storage fault.
    pub fn by_hand(ctx: &Ctx<'_>, campaign: &'a Campaign) -> Result<Self, Reject> {
        let day = today(ctx, ctx.now)?;
        let settings = campaigns::settings(ctx.sql)?;
        let window = Some((true, day.ends_at));
        Ok(Self { campaign, settings, own_day: day, day, window, beginning: None })
    }

    /// Whether the window is open; else when the first inbox begins in it.
    #[must_use]
    pub fn shut_until(&self) -> Option<Millis> {
        match self.window {
            Some((true, _)) => None,
            Some((false, until)) => {
                let first =
                    self.campaign.plan.inbox_ids.iter().filter_map(|id| self.begins_at(*id));
                Some(first.min().unwrap_or(until))
            }
            None => Some(Millis::MAX),
        }
    }

    /// When an inbox begins in a window that opens, or has just opened.
    fn begins_at(&self, id: InboxId) -> Option<Millis> {
        self.beginning.map(|beginning| beginning.of_inbox(id))
    }

    /// When the window shuts.
    #[must_use]
    pub fn shuts_at(&self) -> Millis {
        self.window.map_or(0, |(_, until)| until)
    }

    /// What each limit leaves to an inbox, as far as what it said of itself is still believed.
    ///
    /// # Errors
    /// A storage fault.
    pub fn of(&self, ctx: &Ctx<'_>, known: &Known) -> Result<InboxCap, Reject> {
        self.as_of(ctx, known, FRESH_MS)
    }

    /// What each limit leaves to an inbox, by what it said last, if that is no older than so long.
    ///
    /// # Errors
    /// A storage fault.
    pub fn as_of(
        &self,
        ctx: &Ctx<'_>,
        known: &Known,
        believed_ms: Millis,
    ) -> Result<InboxCap, Reject> {
        let used = |scope: &str, day: Day| days::used(ctx.sql, scope, day.day);
        let own = inbox_scope(known.id);
        let used_today = used(&own, self.day)?;
        let daily = |limit, most: i64, used: i64, day: Day| LimitLeft {
            limit,
            left: (most - used).max(0),
            until: Some(day.ends_at),
        };
        let mut limits = Vec::with_capacity(8);
        let begins_at = self.begins_at(known.id).filter(|at| *at > ctx.now);
        let open = matches!(self.window, Some((true, _))) && begins_at.is_none();
        let until = begins_at.or(self.window.map(|(_, until)| until));
        limits.push(LimitLeft { limit: Limit::Window, left: if open { ANY } else { 0 }, until });
        if let Some(most) = self.campaign.plan.daily_max {
            let used = used(&campaign_scope(self.campaign.number), self.own_day)?;
            limits.push(daily(Limit::Campaign, most, used, self.own_day));
        }
        let settings = &self.settings;
        let all = used(WORKSPACE, self.day)?;
        limits.push(daily(Limit::Workspace, settings.daily_max, all, self.day));
        if !known.domain.is_empty() {
            let of_domain = used(&domain_scope(&known.domain), self.day)?;
            limits.push(daily(Limit::Domain, settings.domain_daily_max, of_domain, self.day));
        }
        limits.push(daily(Limit::Inbox, settings.inbox_daily_max, used_today, self.day));
        let of_today = known.warmup_until.is_some_and(|until| until > ctx.now);
        if let Some(left) = known.warmup_left.filter(|_| of_today) {
            limits.push(LimitLeft { limit: Limit::Warmup, left, until: known.warmup_until });
        }
        limits.extend(momentary(ctx, known, believed_ms));
        let LimitLeft { limit, left, until } = binding(&limits);
        Ok(InboxCap {
            inbox_id: known.id,
            left,
            binding: limit,
            until,
            used: used_today,
            known_at: Some(known.known_at).filter(|at| *at > 0),
            limits,
        })
    }
}

/// The limit that leaves the least, of several the widest.
fn binding(limits: &[LimitLeft]) -> LimitLeft {
    let mut binding = &limits[0];
    for limit in &limits[1..] {
        if limit.left < binding.left {
            binding = limit;
        }
    }
    binding.clone()
}

/// What one inbox was given is missing to the others: to the campaign, the workspace, and those of
/// its domain.
pub fn one_less(inboxes: &mut [(InboxCap, Known)], given: usize, domain: &str) {
    for (at, (cap, known)) in inboxes.iter_mut().enumerate() {
        if at == given {
            continue;
        }
        for limit in &mut cap.limits {
            let is_shared = match limit.limit {
                Limit::Campaign | Limit::Workspace => true,
                Limit::Domain => known.domain == domain,
                _ => false,
            };
            limit.left = (limit.left - i64::from(is_shared)).max(0);
        }
        let LimitLeft { limit, left, until } = binding(&cap.limits);
        (cap.left, cap.binding, cap.until) = (left, limit, until);
    }
}

/// What passes by itself, or by a person.
fn momentary(ctx: &Ctx<'_>, known: &Known, believed_ms: Millis) -> Option<LimitLeft> {
    let none = |limit, until| Some(LimitLeft { limit, left: 0, until });
    if known.enrolment.is_some() {
        return none(Limit::Spacing, None);
    }
    if known.next_at > ctx.now {
        return none(Limit::Spacing, Some(known.next_at));
    }
    if known.is_stale(ctx.now, believed_ms) {
        return none(Limit::Asking, None);
    }
    if known.paused.is_some() {
        return none(Limit::Paused, None);
    }
    None
}

const WORKSPACE: &str = "workspace";

fn campaign_scope(number: i64) -> String {
    format!("campaign/{number}")
}

fn domain_scope(domain: &str) -> String {
    format!("domain/{domain}")
}

fn inbox_scope(id: InboxId) -> String {
    format!("inbox/{id}")
}

fn day(zone: &str, at: Millis) -> Result<Day, Reject> {
    let zone = Zone::named(zone)?;
    let day = zone.day_at(at);
    Ok(Day { day, ends_at: zone.begin_of(day + 1)? })
}

fn today(ctx: &Ctx<'_>, at: Millis) -> Result<Day, Reject> {
    let zone = workspace::find(ctx.sql)?.map(|workspace| workspace.time_zone);
    day(zone.as_deref().unwrap_or("UTC"), at)
}

/// Counts a mail that is assigned, or, with -1, one that did not leave, for the day of `at`.
///
/// # Errors
/// A storage fault.
pub fn count(
    ctx: &Ctx<'_>,
    campaign: &Campaign,
    known: &Known,
    at: Millis,
    count: i64,
) -> Result<(), Reject> {
    let own_day = day(&campaign.plan.window.time_zone, at)?.day;
    let day = today(ctx, at)?.day;
    let own = [(campaign_scope(campaign.number), own_day)];
    let shared = [WORKSPACE.to_owned(), domain_scope(&known.domain), inbox_scope(known.id)];
    for (scope, day) in own.into_iter().chain(shared.map(|scope| (scope, day))) {
        add(ctx, &scope, day, count)?;
    }
    Ok(())
}

fn add(ctx: &Ctx<'_>, scope: &str, day: i64, count: i64) -> Result<(), Fault> {
    if days::add(ctx.sql, scope, day, count)? == 1 {
        // The first of a day: others are long gone.
        days::forget(ctx.sql, scope, day - DAYS_KEPT)?;
    }
    Ok(())
}
