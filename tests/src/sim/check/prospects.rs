//! Invariant 5: one identity, one prospect; nobody waits for ever; no automated mail after
//! a no, nor to whom operators suppress; no step twice.

use crate::sim::d1::COMMON;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use actors::kernel::MailJob;
use schema::codec::read_json;
use schema::prospect::{Noted, Permit, PermitReply, ProspectCommand};
use schema::suppression;
use schema::{ActorKind, Answer, Envelope, Millis};
use std::collections::{BTreeMap, BTreeSet};

const ONE: &str = "5 one identity, one prospect";
const WAITS: &str = "5 nobody waits for ever";
const NO: &str = "5 no automated mail after a no";
const LISTED: &str = "5 no outreach to whom operators suppress";
const STEP: &str = "5 no step of a campaign twice";

/// What the operators' list has of an address or its domain, however it is written there.
const ENTRY: &str = "select id from suppressions
    where lower(trim(value)) in (?1, ?2) and at <= ?3 order by id limit 1";
/// How long an entry is on the list before it counts: what is asked twice may be answered late.
const LISTED_MS: Millis = 60_000;

/// What prospects have said.
#[derive(Debug, Default)]
pub struct Prospects {
    /// Owners that have a suppression for certain.
    suppressed: BTreeSet<Name>,
    /// Sends that were permitted: for which step of which campaign.
    permitted: BTreeMap<String, (String, i64)>,
    /// Of those, the ones whose latest permission was given while the operators' list had whom they
    /// go to: by which entry.
    listed: BTreeMap<String, String>,
    /// The mails that were handed over for a step of a campaign to an address.
    steps: BTreeMap<(String, i64, String), BTreeSet<String>>,
}

impl World {
    /// An answer of a prospect. A permit that was given before the no, and is only told again,
    /// stands: the mail may be on its way.
    pub(super) fn check_prospect(&mut self, from: &Name, envelope: &Envelope, answer: &Answer) {
        if from.0 != ActorKind::ProspectDedup {
            return;
        }
        let Answer::Done { json, replayed } = answer else { return };
        let Ok(command) = read_json::<ProspectCommand>(&envelope.command) else {
            return;
        };
        let prospects = &mut self.checks.prospects;
        match command {
            ProspectCommand::Suppress(_) if !replayed => {
                if let Ok(Noted::Here {}) = serde_json::from_slice(json) {
                    prospects.suppressed.insert(from.clone());
                    self.mark("prospect suppressed");
                }
            }
            ProspectCommand::Record(record) if !replayed && record.fate.suppresses().is_some() => {
                if let Ok(Noted::Here {}) = serde_json::from_slice(json) {
                    prospects.suppressed.insert(from.clone());
                    self.mark("prospect bounced or complained");
                }
            }
            ProspectCommand::Unsuppress(_) => {
                prospects.suppressed.remove(from);
            }
            ProspectCommand::Permit(permit) => {
                let Ok(PermitReply::Granted { .. }) = serde_json::from_slice(json) else { return };
                let step = (permit.campaign.clone(), permit.step);
                prospects.permitted.insert(permit.send_id.clone(), step);
                if !replayed && prospects.suppressed.contains(from) {
                    let text = format!("{} permits {}", short(from), permit.send_id);
                    self.violate(NO, text);
                }
                self.mark("outreach permitted");
                if !replayed {
                    self.note_listed(&permit);
                }
            }
            _ => {}
        }
    }

    /// A prospect gives a permission. The inbox asks the operators' list after that: whoever is on
    /// it now, and stays on it, gets no mail by this permission. Told once more under the same key,
    /// it was given before.
    fn note_listed(&mut self, permit: &Permit) {
        let entry = permit.to.as_deref().and_then(|to| self.entry_of(to));
        let listed = &mut self.checks.prospects.listed;
        match entry {
            Some(entry) => {
                listed.insert(permit.send_id.clone(), entry);
                self.mark("permitted whom operators suppress");
            }
            None => drop(listed.remove(&permit.send_id)),
        }
    }

    /// The entry of the operators' list that has an address, for a while already.
    fn entry_of(&self, address: &str) -> Option<String> {
        let address = address.trim().to_lowercase();
        let (_, domain) = address.rsplit_once('@')?;
        let list = self.objects.get(&(ActorKind::RateLimiter, suppression::instance()))?;
        let mut entry = list.storage.connection().prepare_cached(ENTRY).ok()?;
        let at = self.clock.wall() - LISTED_MS;
        entry.query_row((&*address, domain, at), |row| row.get(0)).ok()
    }

    /// A mail is handed over: outreach needs a permit, and a step has one mail.
    pub(super) fn check_outreach(&mut self, job: &MailJob) {
        let content = String::from_utf8_lossy(&job.content);
        let link = content.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: <"));
        let link = link.and_then(|line| line.split_once('>')).map(|(link, _)| link.to_owned());
        let token = super::log::tokens(&content).into_iter().next().unwrap_or_default();
        if link.is_none() && !self.plan.outreach.contains_key(&token) {
            return;
        }
        self.mark(if link.is_some() { "campaign's mail" } else { "outreach handed over" });
        self.links.extend(link);
        let entry = self.checks.prospects.listed.get(&job.send_id);
        let to = job.to.join(",").to_lowercase();
        if entry.is_some() && entry == self.entry_of(&to).as_ref() {
            return self.violate(LISTED, format!("{} leaves to {to}", job.send_id));
        }
        let Some((campaign, step)) = self.checks.prospects.permitted.get(&job.send_id) else {
            return self.violate(NO, format!("{} leaves without a permit", job.send_id));
        };
        let step = (campaign.clone(), *step, to);
        let sends = self.checks.prospects.steps.entry(step.clone()).or_default();
        sends.insert(job.send_id.clone());
        let left: Vec<_> = sends
            .iter()
            .map(|send| (send.clone(), self.post.get(send)))
            .filter(|(send, known)| *send == job.send_id || known.accepted > 0 || known.open)
            .collect();
        if left.len() > 1 {
            self.violate(STEP, format!("{step:?}: {left:?}"));
        }
    }

    /// In the end, D1 has each person once.
    pub(super) fn check_people(&mut self) {
        let rows = self.d1.rows();
        for tenant in 0..self.plan.tenants.len() {
            let own = &self.plan.tenants[tenant];
            let id = own.id.to_string();
            for person in own.people.iter().filter(|person| !person.deleted) {
                let mine = |value: &str, wanted: &str| {
                    value.to_lowercase().contains(&format!("\"{}\"", wanted.to_lowercase()))
                };
                let found: Vec<_> = rows
                    .iter()
                    .filter(|(key, row)| key.0 == "prospects" && key.1 == id && row.len() > COMMON)
                    .filter(|(_, row)| {
                        mine(&row[COMMON], &person.email) || mine(&row[COMMON + 1], &person.name)
                    })
                    .collect();
                let by_email =
                    found.iter().filter(|(_, row)| mine(&row[COMMON], &person.email)).count();
                let most = if person.joined { 1 } else { 2 };
                let least = usize::from(person.known);
                // A profile alone has neither address nor name by which its row would be found.
                let profile = person.by_profile(own.id).map(|id| id.to_string());
                let is_apart = person.profiled
                    && rows.iter().any(|(key, row)| {
                        let at = key.0 == "prospects" && key.1 == id;
                        at && Some(&key.2) == profile.as_ref() && row.len() > COMMON
                    });
                if found.len() > most || by_email > 1 || by_email < least || is_apart {
                    let text = format!("{person:?} is {found:?}");
                    return self.violate(ONE, text);
                }
            }
        }
    }

    /// All is quiet, so no claim is under way: whoever waits for one could never be written to.
    pub(super) fn check_claims(&mut self) {
        const PENDING: &str = "select i.id from identities i, me
            where i.state = 'pending' and me.alias_of is null";
        let people = self.objects.values().filter(|it| it.name.0 == ActorKind::ProspectDedup);
        let waiting = people.filter_map(|person| {
            let connection = person.storage.connection();
            let mut pending = connection.prepare(PENDING).ok()?;
            let other = pending.query_row([], |row| row.get::<_, String>(0)).ok()?;
            Some(format!("{} waits for {other}", short(&person.name)))
        });
        if let Some(text) = waiting.collect::<Vec<_>>().pop() {
            self.violate(WAITS, text);
        }
    }
}
