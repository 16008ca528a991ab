//! The plan: what people and programs ask of Postroom, drawn from the seed as it goes.
//!
//! It knows only what it was answered. Every text that it writes carries its tenant's canary and a
//! token of its own, so that the checks can tell whose it is and count how often it appears.

mod account;
mod attention;
mod bad;
mod bounces;
mod campaigns;
mod catalogue;
mod directory;
mod files;
mod imports;
mod keys;
mod limiter;
mod mailboxes;
mod moves;
mod notifications;
mod operators;
pub mod pipeline;
mod prospects;
mod reads;
mod relays;
pub mod room;
mod rules;
mod sends;
pub mod tenant;
mod transfer;
mod warmup;
mod webhooks;
mod writing;

use super::clients::{Op, State};
use super::clock::DAY_MS;
use super::faults::Fault;
use super::random::Random;
use super::weeks::Told;
use super::world::{Happening, OpId, World};
use schema::ids::{AgentId, CommentId};
use schema::{Millis, Principal};
use std::collections::BTreeMap;

pub use prospects::Person;
pub use sends::{Inbox, Sent, register_inbox};
pub use tenant::{Member, Tenant};
pub use warmup::Counter;

/// What appears in no answer, frame, event or row: part of every secret that the plan makes up.
pub const SECRET: &str = "5ec4e75ec4e7";

/// What the plan wants to know of an operation once it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A workspace begins.
    Register(usize),
    /// A thing of this kind is made.
    Made(usize, &'static str),
    /// A thing of this kind is taken away, and there is no other like it.
    Gone(usize, &'static str, String),
    /// Somebody begins to log in.
    BeginLogin(usize),
    /// Somebody is invited with this token's hash.
    Invite(usize, String),
    /// Somebody becomes an agent, or logs in.
    Enter(usize, String),
    /// A ticket with a subject and perhaps a first comment.
    Ticket(usize),
    /// A comment.
    Comment(usize),
    /// A comment that is to be published at this time.
    Schedule(usize, Millis),
    /// A scheduled comment is changed, perhaps to this time.
    Reschedule(usize, CommentId, Option<Millis>),
    /// A scheduled comment is cancelled.
    Cancel(usize, CommentId),
    /// An agent keeps a draft, under a key that others use as well.
    Me(AgentId),
    /// An agent of a tenant is switched off.
    Fire(usize, AgentId),
    /// A mail that came in.
    MailIn(usize),
    /// A warm-up counter begins, an index into the tenant's.
    WarmupStart(usize, usize),
    /// An inbox begins, an index into the tenant's.
    Inbox(usize, usize),
    /// A mail is to be sent by this inbox of the tenant.
    Send(usize, usize),
    /// A person is imported.
    Import {
        /// By whom.
        tenant: usize,
        /// Who, an index into the tenant's people.
        person: usize,
        /// Whether the row has the address.
        email: bool,
        /// Whether it has the address and the name.
        both: bool,
        /// Whether it has the address and the profile.
        profile: bool,
    },
    /// A work of the pipeline of one of the tenant's people.
    Work(usize),
    /// A text is to be written: its tenant, its number, the try.
    Writing(usize, i64, i64),
    /// Whom a text is written to: the same of the text.
    WrittenTo(usize, i64, i64),
    /// A macro is applied.
    Applied(usize),
    /// Comments go from ticket to ticket.
    Moved(usize),
    /// A key with this hash is made.
    Key(usize, String),
    /// A key with this hash is revoked.
    Revoke(usize, String),
    /// An agent looks at what they were told.
    Told(usize, AgentId),
    /// A file is brought by somebody.
    Upload(usize, Box<Principal>),
    /// A file is all there.
    Finish(usize, String),
    /// A person is erased.
    Erase(usize, String),
    /// Comments are read.
    Read(usize),
    /// A page of an export.
    Export(usize),
    /// Something of the weeks of outreach.
    Outside(Told),
    /// Something that must be refused, and changes nothing.
    Bad,
    /// Something that may be done or refused.
    Other,
}

/// The plan.
#[derive(Debug)]
pub struct Plan {
    /// The stream of what is asked.
    pub random: Random,
    /// The workspaces.
    pub tenants: Vec<Tenant>,
    /// The mails that are steps of a campaign, by token: tenant, address, step.
    pub outreach: BTreeMap<String, (usize, String, u64)>,
    /// How many commands are still to come.
    pub left: u32,
    /// How often each kind of command comes, in this seed.
    weights: [u64; GENERATORS.len()],
    tokens: u64,
}

type Generator = fn(&mut World, usize);

const GENERATORS: [Generator; 25] = [
    room::desk,
    room::people,
    room::mail,
    rules::rules,
    warmup::slots,
    sends::sends,
    prospects::prospects,
    limiter::limits,
    bad::bad,
    webhooks::webhooks,
    directory::directory,
    reads::reads,
    account::account,
    transfer::transfer,
    keys::keys,
    catalogue::catalogue,
    attention::attention,
    moves::moves,
    notifications::notifications,
    files::files,
    files::privacy,
    imports::imports,
    mailboxes::mailboxes,
    campaigns::campaigns,
    operators::operators,
];

/// The number of the last of them.
const OPERATORS: usize = 24;

/// In one seed of so many outreach is most of what is asked: elsewhere a campaign is seldom
/// started, its people enrolled, their texts judged and its steps changed before the plan ends.
const FOCUS: u64 = 10;
/// What is asked there: the generators by number, and how often.
const OF_OUTREACH: [(usize, u64); 5] = [(0, 1), (5, 1), (6, 2), (23, 16), (OPERATORS, 1)];

/// Wall times at which something begins or ends: summer time in Europe and America, a leap day, a
/// year.
const STARTS: [Millis; 6] = [
    1_774_656_000_000, // 2026-03-28
    1_772_841_600_000, // 2026-03-07
    1_792_800_000_000, // 2026-10-24
    1_793_404_800_000, // 2026-10-31
    1_835_222_400_000, // 2028-02-27
    1_798_588_800_000, // 2026-12-30
];

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed, 4);
        let tenants = (0..2).map(|number| Tenant::new(number, &mut random)).collect();
        let mut weights = [0; GENERATORS.len()];
        for weight in &mut weights {
            *weight = [0, 1, 3, 10][random.index(4)];
        }
        weights[0] += 2;
        // What operators do concerns outreach alone.
        weights[OPERATORS] = weights[OPERATORS].min(1);
        if Random::new(seed, 8).below(FOCUS) == 0 {
            weights = [0; GENERATORS.len()];
            for (generator, weight) in OF_OUTREACH {
                weights[generator] = weight;
            }
        }
        let left = random.between(50, 180) as u32;
        Self { random, tenants, outreach: BTreeMap::new(), left, weights, tokens: 0 }
    }

    /// When the seed's world begins.
    pub fn start(&mut self) -> Millis {
        STARTS[self.random.index(STARTS.len())] + self.random.between(0, DAY_MS)
    }

    /// A text of a tenant that nobody has written before.
    pub fn text(&mut self, tenant: usize) -> String {
        self.tokens += 1;
        format!("{} tk{}x", self.tenants[tenant].canary, self.tokens)
    }

    /// A hash of a secret: 64 hexadecimal digits.
    pub fn secret_hash(&mut self) -> String {
        let (a, b) = (self.random.bits(), self.random.bits());
        let (c, d) = (self.random.bits(), self.random.bits());
        format!("{SECRET}{a:016x}{b:016x}{c:016x}{:04x}", d & 0xffff)
    }

    /// What is stored of a password.
    pub fn password_hash(&mut self) -> String {
        let bits = self.random.bits();
        format!("$argon2id$v=19$m=19456,t=2,p=1${SECRET}${bits:016x}")
    }

    /// A new id.
    pub fn uuid(&mut self) -> uuid::Uuid {
        tenant::random_uuid(&mut self.random)
    }

    fn draw(&mut self) -> Generator {
        let mut at = self.random.below(self.weights.iter().sum());
        for (weight, generator) in self.weights.iter().zip(GENERATORS) {
            if at < *weight {
                return generator;
            }
            at -= weight;
        }
        room::desk
    }
}

impl World {
    /// The first things that happen: both workspaces register.
    pub fn set_out(&mut self) {
        for tenant in 0..self.plan.tenants.len() {
            room::register(self, tenant);
        }
        self.after(1_000, Happening::Plan);
        self.after(super::turns::WATCHDOG_MS, Happening::Watchdog);
    }

    /// The plan's next command, and what goes wrong with the clock meanwhile.
    pub(super) fn plan_next(&mut self) {
        if self.plan.left == 0 {
            return;
        }
        self.plan.left -= 1;
        self.disturb();
        let generate = self.plan.draw();
        let tenant = self.plan.random.index(self.plan.tenants.len());
        generate(self, tenant);
        let random = &mut self.plan.random;
        let wait = match random.below(1000) {
            0..600 => random.between(0, 500),
            600..850 => random.between(1_000, 30_000),
            850..960 => random.between(60_000, 1_800_000),
            960..992 => random.between(DAY_MS / 24, DAY_MS / 3),
            _ => random.between(DAY_MS / 2, DAY_MS * 3 / 2),
        };
        self.after(wait, Happening::Plan);
    }

    /// What goes wrong with the clock, and with all sockets at once.
    pub(super) fn disturb(&mut self) {
        if self.faults.strikes(Fault::ClockForward) {
            self.clock.jump(DAY_MS);
            self.say("the clock jumps a day ahead");
            self.rearm_all();
        }
        if self.faults.strikes(Fault::ClockBack) {
            self.clock.jump(-DAY_MS);
            self.say("the clock jumps a day back");
            self.rearm_all();
            let wait = self.random.between(1, DAY_MS / 12);
            self.after(wait, Happening::Correct(DAY_MS));
        }
        if self.faults.strikes(Fault::ClockFrozen) {
            self.clock.freeze();
            self.say("the clock stands still");
            let wait = self.random.between(1, 600_000);
            self.after(wait, Happening::Thaw);
        }
        if self.faults.strikes(Fault::SocketStorm) {
            let room = self.plan.random.index(self.plan.tenants.len());
            let room = self.plan.tenants[room].room.clone();
            self.say("all sockets of a room are cut");
            self.cut_room(&room);
            if self.objects.contains_key(&room) {
                self.object(&room).evict();
            }
        }
    }

    /// The plan learns what became of an operation.
    pub(super) fn plan_learns(&mut self, id: OpId) {
        let op = self.clients.ops[id].clone();
        if op.about == About::Bad {
            return self.check_bad(id, &op);
        }
        if let State::Refused(reject) = &op.state
            && let Some(to) = schema::prospect::moved_to(reject)
        {
            match op.about {
                About::Import { .. } => return prospects::follow(self, &op, to),
                About::Work(tenant) => return pipeline::follow(self, tenant, &op, to),
                _ => {}
            }
        }
        if let (State::Refused(reject), About::WrittenTo(tenant, number, attempt)) =
            (&op.state, &op.about)
        {
            return writing::refused(self, (*tenant, *number, *attempt), reject);
        }
        if let State::Done(reply) = &op.state {
            self.check_effect(id);
            let reply: serde_json::Value = serde_json::from_slice(reply).unwrap_or_default();
            self.learn(&op, &reply);
        }
    }

    fn learn(&mut self, op: &Op, reply: &serde_json::Value) {
        match &op.about {
            About::WarmupStart(tenant, index) => {
                self.plan.tenants[*tenant].counters[*index].started = true;
            }
            About::Inbox(tenant, index) => {
                self.plan.tenants[*tenant].inboxes[*index].registered = true;
            }
            About::Send(tenant, index) => {
                let sends = &mut self.plan.tenants[*tenant].inboxes[*index].sends;
                sends.extend(Sent::of(reply));
            }
            About::Import { .. } => prospects::learn(self, &op.about),
            About::Work(tenant) => pipeline::learn(self, *tenant, op, reply),
            About::Writing(tenant, number, attempt) => {
                writing::learn_order(self, (*tenant, *number, *attempt), reply);
            }
            About::WrittenTo(tenant, number, attempt) => {
                writing::learn_person(self, (*tenant, *number, *attempt), reply);
            }
            About::Key(tenant, hash) => {
                let id = reply["id"].as_str().unwrap_or_default().to_owned();
                self.plan.tenants[*tenant].keys.push((id, hash.clone()));
            }
            About::Revoke(tenant, hash) => keys::revoked(self, *tenant, hash),
            About::Told(tenant, agent) => notifications::learn(self, *tenant, *agent, reply),
            About::Upload(..) | About::Finish(..) | About::Erase(..) => {
                files::learn(self, &op.about, reply);
            }
            About::Outside(told) => self.outside_learns(told, reply),
            About::Moved(tenant) => moves::learn(&mut self.plan.tenants[*tenant], reply),
            About::Read(tenant) => reads::learn(&mut self.plan.tenants[*tenant], reply),
            About::Export(tenant) => transfer::go_on(self, *tenant, reply),
            _ => room::learn(self, op, reply),
        }
    }
}
