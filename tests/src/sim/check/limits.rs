//! Invariant 4: slots of a local day, and requests of a limited thing, counted by what was granted.
//!
//! A slot counts for the day that its grant names, until somebody asks for it to be released; what
//! was granted and never heard of is not counted here, but it is in the counter's own tables.

use super::calendar::{day_number, local_day};
use crate::sim::clock::DAY_MS;
use crate::sim::object::Name;
use crate::sim::world::{Ask, Request, World, short};
use schema::codec::read_json;
use schema::limiter::{CheckReply, LimitKind, LimiterCommand};
use schema::warmup::{ReserveReply, WarmupCommand};
use schema::{ActorKind, Answer, Envelope, Millis, Reject};
use std::collections::{BTreeMap, BTreeSet};

const ALLOWED: &str = "4 no more sends in a local day than allowed";
const RATE: &str = "9 no more requests than the quota lets through";
const FORGOTTEN: &str = "18 what has nothing left to remember forgets itself";
/// How long a limiter is kept after its buckets are full, at most: it looks once a day.
const KEPT_MS: Millis = 2 * DAY_MS + 3_600_000;
/// When the last bucket is full, of a limiter that knows of no provider.
const FULL_AT: &str = "select max(cast(substr(arrival, 1, length(arrival) - 6) as integer))
    from buckets where not exists (select 1 from provider)";
/// What a day of each week may send; written down here once more.
const WEEKS: [usize; 5] = [5, 10, 15, 18, 20];

/// The slots that were granted.
#[derive(Debug, Default)]
pub struct Slots {
    days: BTreeMap<Name, BTreeMap<String, BTreeSet<String>>>,
    released: BTreeSet<String>,
    /// The mails that somebody said had left, heard or not: they keep the day they count for.
    committed: BTreeSet<String>,
    /// When each reservation was first asked for, by mail and key: an answer under a key is kept.
    asked: BTreeMap<(String, Option<String>), Millis>,
    /// The mails that were handed over, by the day of their latest slot.
    handed: BTreeMap<(Name, String), BTreeSet<String>>,
}

/// The requests that were let through: when (earliest and latest), and how many.
#[derive(Debug, Default)]
pub struct Cells {
    through: BTreeMap<Name, Vec<(Millis, Millis, u64)>>,
}

impl World {
    /// Something is asked of a counter; it may be done whether or not anybody hears of it.
    pub(in crate::sim) fn check_asked(&mut self, request: &Request) {
        let Ask::Call(bytes) = &request.ask else { return };
        if request.to.0 != ActorKind::WarmupCounter {
            return;
        }
        let Ok(envelope) = Envelope::decode(bytes) else { return };
        let slots = &mut self.checks.slots;
        match read_json(&envelope.command) {
            Ok(WarmupCommand::Commit(slot)) => {
                slots.committed.insert(slot.send_id.to_string());
            }
            Ok(WarmupCommand::Reserve(slot)) => {
                let asked = (slot.send_id.to_string(), envelope.key);
                slots.asked.entry(asked).or_insert_with(|| self.clock.wall());
            }
            _ => {}
        }
    }

    /// Something may have been done that nobody was told of: a slot may be free again.
    pub(in crate::sim) fn check_unheard(&mut self, request: &Request) {
        let Ask::Call(bytes) = &request.ask else { return };
        if request.to.0 != ActorKind::WarmupCounter {
            return;
        }
        let Ok(envelope) = Envelope::decode(bytes) else { return };
        if let Ok(WarmupCommand::Release(_)) = read_json(&envelope.command) {
            let refused = Answer::Rejected(Reject::not_found("answer"));
            self.check_slot(&request.to, &envelope, &refused);
        }
    }

    /// An answer of a warm-up counter.
    pub(super) fn check_slot(&mut self, from: &Name, envelope: &Envelope, answer: &Answer) {
        if from.0 != ActorKind::WarmupCounter {
            return;
        }
        let Ok(command) = read_json::<WarmupCommand>(&envelope.command) else { return };
        let slots = &mut self.checks.slots;
        match (command, answer) {
            (WarmupCommand::Release(slot), _) => {
                let id = slot.send_id.to_string();
                for day in slots.days.values_mut().flat_map(BTreeMap::values_mut) {
                    day.remove(&id);
                }
                slots.released.insert(id);
            }
            (WarmupCommand::Reserve(slot), Answer::Done { json, .. }) => {
                let Ok(reply) = serde_json::from_slice::<ReserveReply>(json) else { return };
                let id = slot.send_id.to_string();
                if reply.granted && !slots.released.contains(&id) {
                    self.granted(from, &id, envelope.key.clone(), &reply);
                }
            }
            _ => {}
        }
    }

    fn granted(&mut self, from: &Name, id: &str, key: Option<String>, reply: &ReserveReply) {
        let slots = &mut self.checks.slots;
        let days = slots.days.entry(from.clone()).or_default();
        let fresh = days.entry(reply.day.clone()).or_default().insert(id.to_owned());
        let count = days[&reply.day].len();
        let Some(day) = day_number(&reply.day) else {
            return self.violate(ALLOWED, format!("{} is no day", reply.day));
        };
        self.mark("slot granted");
        let first = self.warmup_began(from).unwrap_or(day);
        let week = usize::try_from((day - first) / 7).unwrap_or(0).min(WEEKS.len() - 1);
        if count > WEEKS[week] {
            let text =
                format!("{}: {count} slots on {} (week {})", short(from), reply.day, week + 1);
            self.violate(ALLOWED, text);
        }
        // A mail that counts as sent is told the day that it counts for.
        let slots = &self.checks.slots;
        let fresh = fresh && !slots.committed.contains(id);
        let asked = slots.asked.get(&(id.to_owned(), key)).copied();
        let Some(zone) = self.zone_of(from).filter(|_| fresh) else { return };
        let since = asked.unwrap_or_else(|| self.clock.wall()).min(self.clock.wall());
        let (early, late) = (local_day(zone, since), local_day(zone, self.clock.latest()));
        if !(early..=late).contains(&day) {
            let text = format!("{}: a slot of {} in {zone}, not of now", short(from), reply.day);
            self.violate(ALLOWED, text);
        }
    }

    /// The zone of a counter, by the plan: nobody moves an inbox.
    fn zone_of(&self, from: &Name) -> Option<&'static str> {
        let id = from.1.split('/').nth(1)?;
        self.plan.tenants.iter().find_map(|tenant| {
            let counter = tenant.counters.iter().find(|one| one.id.to_string() == id);
            let inbox = tenant.inboxes.iter().find(|one| one.id.to_string() == id);
            counter.map(|one| one.zone).or(inbox.map(|one| one.zone))
        })
    }

    /// A mail of an inbox that warms up is handed over. It counts for the day of its latest slot;
    /// what was accepted counts, and what nobody knows of.
    pub(super) fn check_day(&mut self, inbox: &Name, send: &str) {
        let counter = (ActorKind::WarmupCounter, inbox.1.clone());
        let days = self.checks.slots.days.get(&counter);
        let has = |(_, sends): &(&String, &BTreeSet<String>)| sends.contains(send);
        let Some((day, _)) = days.and_then(|days| days.iter().rev().find(has)) else {
            return self.violate(ALLOWED, format!("{send} leaves without a slot"));
        };
        let day = day.clone();
        let key = (counter.clone(), day.clone());
        let handed = self.checks.slots.handed.entry(key).or_default();
        handed.insert(send.to_owned());
        let counts = |other: &&String| {
            let known = self.post.get(other);
            *other == send || known.accepted > 0 || known.open
        };
        let count = handed.iter().filter(counts).count();
        let day = day_number(&day).unwrap_or_default();
        let today = self.zone_of(&counter).map_or(day, |zone| local_day(zone, self.clock.wall()));
        if day < today {
            let text = format!("{}: {send} leaves after the day of its slot", short(inbox));
            return self.violate(ALLOWED, text);
        }
        let first = self.warmup_began(&counter).unwrap_or(day);
        let week = usize::try_from((day - first) / 7).unwrap_or(0).min(WEEKS.len() - 1);
        if count > WEEKS[week] {
            let text = format!("{}: {count} mails in week {}", short(inbox), week + 1);
            self.violate(ALLOWED, text);
        }
    }

    /// The first day of a counter's warm-up.
    fn warmup_began(&self, from: &Name) -> Option<i64> {
        let connection = self.objects.get(from)?.storage.connection();
        let mut row = connection.prepare_cached("select started_on from counter").ok()?;
        row.query_row([], |row| row.get(0)).ok()
    }

    /// In the end: no limiter is kept for addresses that nobody comes from any more.
    pub(super) fn check_forgotten(&mut self) {
        let limiters = self.objects.iter().filter(|(name, _)| name.0 == ActorKind::RateLimiter);
        let mut late = Vec::new();
        let mut forgotten = 0;
        for (name, object) in limiters {
            let connection = object.storage.connection();
            let Ok(mut full_at) = connection.prepare(FULL_AT) else {
                forgotten += u64::from(self.checks.cells.through.contains_key(name));
                continue;
            };
            let full_at = full_at.query_row([], |row| row.get::<_, Option<Millis>>(0));
            if full_at.ok().flatten().is_some_and(|at| at + KEPT_MS < self.clock.wall()) {
                late.push(short(name));
            }
        }
        if forgotten > 0 {
            self.mark("limiter forgotten");
        }
        if let Some(name) = late.first() {
            self.violate(FORGOTTEN, format!("{name} is kept for nothing"));
        }
    }

    /// An answer of a rate limiter.
    pub(super) fn check_cell(&mut self, from: &Name, envelope: &Envelope, answer: &Answer) {
        if from.0 != ActorKind::RateLimiter {
            return;
        }
        let Ok(LimiterCommand::Check(check)) = read_json(&envelope.command) else {
            return;
        };
        let Answer::Done { json, .. } = answer else { return };
        let Ok(reply) = serde_json::from_slice::<CheckReply>(json) else { return };
        if !reply.allowed {
            return self.mark("request limited");
        }
        let cost = u64::from(check.cost.unwrap_or(1));
        let now = (self.clock.wall(), self.clock.latest(), cost);
        let through = self.checks.cells.through.entry(from.clone()).or_default();
        through.push(now);
        let through = through.clone();
        for (burst, period_ms) in quotas(check.kind) {
            let mut sum = 0;
            for (start, _, cost) in through.iter().rev() {
                sum += cost;
                let filled = (now.1 - start).max(0) as u64 * burst / period_ms as u64;
                if sum > burst + filled {
                    let text = format!("{}: {sum} where {burst} + {filled} may", short(from));
                    return self.violate(RATE, text);
                }
            }
        }
    }
}

/// The quotas; written down here once more.
fn quotas(kind: LimitKind) -> Vec<(u64, Millis)> {
    match kind {
        LimitKind::Login => vec![(10, 60_000), (100, 3_600_000)],
        LimitKind::Account => vec![(10, 900_000)],
        LimitKind::Register => vec![(10, 3_600_000)],
        LimitKind::Token => vec![(60, 60_000)],
        LimitKind::OptOut => vec![(120, 60_000)],
        LimitKind::Api => vec![(1_000, 10_000)],
        LimitKind::Ai => vec![(60, 60_000), (10_000, DAY_MS)],
        LimitKind::AiTokens => vec![(200_000, 60_000), (20_000_000, DAY_MS)],
        LimitKind::Data => vec![(50, 60_000), (600, DAY_MS), (4, 700)],
        LimitKind::Cron => vec![(1, 30_000)],
        LimitKind::Sites => vec![(10_000, DAY_MS)],
        LimitKind::Site => vec![(20, 3_600_000), (100, DAY_MS)],
    }
}
