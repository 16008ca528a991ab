//! Many identities at once, for tests: calls and outbox effects are delivered in an order drawn
//! from a seed, some of them twice, some lost on the way there, some on the way back; objects die.

use super::Core;
use super::identity::{Identity, instance};
use crate::kernel::testing::{Bench, START_MS, Seeded, WORKSPACE, system};
use crate::kernel::{Effect, Entry, Outcome};
use schema::ids::ProspectId;
use schema::prospect::{
    Fate, Get, Import, Noted, Permit, PermitReply, Prospect, ProspectCommand, Reason, Record,
    Suppress, moved_to,
};
use schema::summary::{Summary, Table};
use schema::{ActorKind, Code, Millis, Principal, Reject};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// An import of a row, as the gateway makes it.
pub fn row(email: Option<&str>, name: Option<&str>, domain: Option<&str>) -> (ProspectId, Import) {
    row_of([email, None, name, domain])
}

/// An import of a row: address, profile, name, domain.
pub fn row_of(row: [Option<&str>; 4]) -> (ProspectId, Import) {
    let [email, linkedin, name, domain] = row;
    let all = Identity::of_row(email, linkedin, name, domain).expect("the row has an identity");
    let import = Import {
        identity: all[0].text.clone(),
        also: all[1..].iter().map(|identity| identity.text.clone()).collect(),
        email: email.map(str::to_owned),
        name: name.map(str::to_owned),
        domain: domain.map(str::to_owned),
        linkedin: linkedin.map(str::to_owned),
        ..Import::default()
    };
    (all[0].id(WORKSPACE), import)
}

/// The id of a profile's prospect.
pub fn id_of_profile(address: &str) -> ProspectId {
    Identity::linkedin(address).expect("a profile").id(WORKSPACE)
}

/// The id of an address's prospect.
pub fn id_of(email: &str) -> ProspectId {
    Identity::email("email", email).expect("an address").id(WORKSPACE)
}

/// Something a client wants; it follows an alias to the owner.
#[derive(Debug, Clone)]
pub struct Wish {
    pub to: ProspectId,
    pub command: ProspectCommand,
    /// Which of the test's wishes this is.
    pub tag: usize,
}

/// What a client was told in the end.
#[derive(Debug, Clone)]
pub struct Told {
    pub tag: usize,
    pub answer: Result<serde_json::Value, Reject>,
}

/// All objects, and what is under way between them.
pub struct Town {
    pub seed: Seeded,
    pub now: Millis,
    pub who: Principal,
    /// Percent of deliveries that go wrong in one way or another.
    pub trouble: u64,
    pub objects: BTreeMap<ProspectId, Bench<Core>>,
    pub wishes: Vec<Wish>,
    pub told: Vec<Told>,
    pub rows: BTreeMap<String, Summary>,
    /// What lies on the queues of the pipeline.
    pub queued: Vec<Vec<u8>>,
    /// Whom campaigns were made to forget.
    pub forgotten: BTreeSet<ProspectId>,
    flying: Vec<(ProspectId, Entry, Effect)>,
}

impl Town {
    pub fn new(seed: u64) -> Self {
        Self {
            seed: Seeded(seed),
            now: START_MS,
            who: system(),
            trouble: seed % 4 * 10,
            objects: BTreeMap::new(),
            wishes: Vec::new(),
            told: Vec::new(),
            rows: BTreeMap::new(),
            queued: Vec::new(),
            forgotten: BTreeSet::new(),
            flying: Vec::new(),
        }
    }

    pub fn wish(&mut self, tag: usize, to: ProspectId, command: ProspectCommand) {
        self.wishes.push(Wish { to, command, tag });
    }

    /// Does one thing of those that can be done; false where nothing is under way.
    pub fn step(&mut self) -> bool {
        self.now += self.seed.below(50) as Millis;
        let (wishes, flying) = (self.wishes.len() as u64, self.flying.len() as u64);
        let objects = self.objects.len() as u64;
        let pick = self.seed.below(wishes + flying + objects);
        if pick < wishes {
            let wish = self.wishes.swap_remove(pick as usize);
            self.grant(wish);
        } else if pick < wishes + flying {
            let (from, entry, effect) = self.flying.swap_remove((pick - wishes) as usize);
            self.deliver(from, &entry, &effect);
        } else if let Some(id) = self.objects.keys().nth((pick - wishes - flying) as usize) {
            self.begin(*id);
        }
        !(self.wishes.is_empty() && self.flying.is_empty())
    }

    /// Goes on until nothing is under way and nothing is left in any outbox.
    pub fn settle(&mut self) {
        while self.step() {}
        self.trouble = 0;
        for _ in 0..200 {
            self.now += 60_000;
            let ids: Vec<_> = self.objects.keys().copied().collect();
            for id in ids {
                self.begin(id);
            }
            while let Some((from, entry, effect)) = self.flying.pop() {
                self.deliver(from, &entry, &effect);
                self.begin(from);
            }
            if self.objects.values().all(|object| object.count("outbox") == 0) {
                return;
            }
        }
        let left: Vec<_> = self.objects.iter().filter(|(_, o)| o.count("outbox") > 0).collect();
        panic!("{} outboxes never empty", left.len());
    }

    fn grant(&mut self, mut wish: Wish) {
        let bytes = self.envelope(wish.to, None, &wish.command);
        if self.seed.below(100) < self.trouble {
            // Asked twice: the first answer was lost.
            self.object(wish.to).answer(&bytes);
        }
        let answer: Result<serde_json::Value, Reject> = self.object(wish.to).answer(&bytes).reply();
        if let Some(to) = answer.as_ref().err().and_then(moved_to) {
            wish.to = to;
            if let ProspectCommand::Import(import) = &mut wish.command {
                import.followed = true;
            }
            self.wishes.push(wish);
            return;
        }
        if let Ok(value) = &answer {
            let noted = serde_json::from_value::<Noted>(value.clone());
            if let Ok(Noted::Forwarded { to }) = noted {
                wish.to = to;
                self.wishes.push(wish);
                return;
            }
        }
        if let Err(Reject { code: Code::Unavailable, .. }) = &answer {
            self.wishes.push(wish);
            return;
        }
        self.told.push(Told { tag: wish.tag, answer });
    }

    fn begin(&mut self, id: ProspectId) {
        let begun = self.object(id).begin();
        self.flying.extend(begun.into_iter().map(|(entry, effect)| (id, entry, effect)));
    }

    fn deliver(&mut self, from: ProspectId, entry: &Entry, effect: &Effect) {
        let outcome = match effect {
            Effect::Summary(row) => {
                let known = self.rows.get(&row.id).map_or(0, |known| known.version);
                if row.version > known {
                    self.rows.insert(row.id.clone(), row.clone());
                }
                Outcome::Done(Vec::new())
            }
            Effect::Call { actor: ActorKind::WorkspaceRoom, command, .. } => {
                let command: serde_json::Value =
                    serde_json::from_slice(command).expect("a command of the room");
                let id = command["forgetProspect"]["prospectId"].as_str().expect("whom?");
                self.forgotten.insert(id.parse().expect("an id"));
                Outcome::Done(b"{}".to_vec())
            }
            Effect::Call { instance, key, command, .. } => {
                match self.call(instance, key, command) {
                    Some(outcome) => outcome,
                    None => return,
                }
            }
            Effect::Queue { queue, body } => {
                schema::pipeline::Work::read(*queue, body).expect("a message of this queue");
                let dice = self.seed.below(100);
                // Some are lost, some come twice.
                let times =
                    if dice < self.trouble / 3 { 0 } else { 1 + dice / (101 - self.trouble) };
                self.queued.extend((0..times).map(|_| body.clone()));
                Outcome::Done(Vec::new())
            }
            other => panic!("a prospect wants {other:?}"),
        };
        self.object(from).settle(entry, &outcome);
    }

    /// None where the object that called dies before it hears the answer.
    fn call(&mut self, instance: &str, key: &str, command: &[u8]) -> Option<Outcome> {
        let to: ProspectId = instance.split_once('/')?.1.parse().ok()?;
        let command: ProspectCommand = schema::codec::read_json(command).expect("a command");
        let bytes = self.envelope(to, Some(key), &command);
        let dice = self.seed.below(100);
        if dice < self.trouble / 3 {
            return Some(Outcome::Failed { why: "lost on the way".to_owned() });
        }
        let answer = self.object(to).answer(&bytes);
        if dice < self.trouble / 2 {
            return None;
        }
        if dice < self.trouble {
            self.object(to).restart();
            self.object(to).answer(&bytes);
        }
        Some(answer.into())
    }

    fn envelope(&self, to: ProspectId, key: Option<&str>, command: &ProspectCommand) -> Vec<u8> {
        let who = if key.is_some() { system() } else { self.who.clone() };
        let key = key.filter(|key| !key.is_empty()).map(str::to_owned);
        schema::Envelope::new(instance(WORKSPACE, to), who, key, command).encode()
    }

    fn object(&mut self, id: ProspectId) -> &mut Bench<Core> {
        let (now, seed) = (self.now, &mut self.seed);
        let object = self.objects.entry(id).or_insert_with(|| {
            let mut object = Bench::new(instance(WORKSPACE, id));
            object.entropy = Seeded(seed.half());
            object
        });
        object.now = now;
        object
    }

    /// Asks now, and follows to the owner.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        id: ProspectId,
        command: &ProspectCommand,
    ) -> Result<T, Reject> {
        let (mut to, mut command) = (id, command.clone());
        for _ in 0..20 {
            let bytes = self.envelope(to, None, &command);
            let answer: Result<serde_json::Value, Reject> = self.object(to).answer(&bytes).reply();
            let next = match &answer {
                Err(reject) => moved_to(reject),
                Ok(value) => moved_in(value),
            };
            if let (Some(_), ProspectCommand::Import(import)) = (next, &mut command) {
                import.followed = true;
            }
            match next {
                Some(next) => to = next,
                None => {
                    return answer.map(|v| serde_json::from_value(v).expect("the reply's type"));
                }
            }
        }
        panic!("aliases in a circle at {id}");
    }

    /// Imports a row now; gives the id that it was imported under.
    pub fn import(&mut self, (id, import): (ProspectId, Import)) -> ProspectId {
        self.ask::<serde_json::Value>(id, &ProspectCommand::Import(import)).expect("imported");
        id
    }

    pub fn get(&mut self, id: ProspectId) -> Prospect {
        self.ask(id, &ProspectCommand::Get(Get {})).expect("there is a prospect")
    }

    pub fn permit(&mut self, id: ProspectId, send_id: &str, step: i64) -> PermitReply {
        self.ask(id, &permit(send_id, step)).expect("an answer")
    }

    /// Asks for something that is noted.
    pub fn note(&mut self, id: ProspectId, command: &ProspectCommand) {
        assert_eq!(self.ask::<Noted>(id, command), Ok(Noted::Here {}));
    }

    /// Lets time pass, and all alarms that are due by then go off.
    pub fn fire_alarms(&mut self, wait: Millis) {
        self.now += wait;
        for object in self.objects.values_mut() {
            object.now = self.now;
            while object.home.alarm().is_some_and(|at| at <= self.now) {
                object.fire_alarm();
                // What waits in the outbox keeps its alarm.
                object.drain(|_, _| crate::kernel::Outcome::Done(b"{\"linked\":{}}".to_vec()));
            }
        }
    }

    /// Lets time pass, and the alarms that are due by then go off; what that puts into outboxes
    /// waits there.
    pub fn pass(&mut self, wait: Millis) {
        self.now += wait;
        for object in self.objects.values_mut() {
            object.now = self.now;
            if object.home.alarm().is_some_and(|at| at <= self.now) {
                object.alarm();
            }
        }
    }

    /// The rows of D1 that a list would show.
    pub fn listed(&self) -> Vec<&Summary> {
        self.rows.values().filter(|r| !r.deleted && r.table == Table::Prospects).collect()
    }

    /// How many objects own a person.
    pub fn owners(&self) -> usize {
        let owns = |object: &Bench<Core>| object.count("me where alias_of is null") == 1;
        self.objects.values().filter(|object| owns(object)).count()
    }
}

/// May a send write a step of the one campaign?
pub fn permit(send_id: &str, step: i64) -> ProspectCommand {
    let (send_id, campaign) = (send_id.to_owned(), "spring".to_owned());
    ProspectCommand::Permit(Permit { send_id, campaign, step, to: None, hold_ms: None })
}

/// A suppression.
pub fn suppress(reason: Reason) -> ProspectCommand {
    ProspectCommand::Suppress(Suppress { reason, note: None, identity: None, id: None })
}

/// What came of a send of the one campaign.
pub fn record(send: &str, step: i64, fate: Fate) -> ProspectCommand {
    let (send_id, campaign) = (send.to_owned(), "spring".to_owned());
    ProspectCommand::Record(Record { send_id, campaign, step, fate, at: None, note: None })
}

fn moved_in(value: &serde_json::Value) -> Option<ProspectId> {
    let to = value.get("moved").or_else(|| value.get("forwarded"))?.get("to")?;
    to.as_str()?.parse().ok()
}
