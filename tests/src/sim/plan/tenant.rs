//! What the plan knows of a workspace: only what it was answered.

use super::{Counter, Inbox, Person};
use crate::sim::object::Name;
use crate::sim::random::Random;
use schema::ids::{AgentId, CommentId, InboxId, InvitationId, TicketId, WorkspaceId};
use schema::{ActorKind, Principal};
use std::collections::BTreeMap;

/// An agent, as far as the plan knows.
#[derive(Debug, Clone)]
pub struct Member {
    /// As whom it calls.
    pub principal: Principal,
    /// The hash of its refresh token.
    pub refresh: String,
}

/// A workspace, as far as the plan knows.
#[derive(Debug)]
pub struct Tenant {
    /// Its id.
    pub id: WorkspaceId,
    /// Its room.
    pub room: Name,
    /// What stands in every text of this tenant and of no other.
    pub canary: String,
    /// Its agents; the owner is first.
    pub members: Vec<Member>,
    /// Hashes of invitation tokens that nobody has used yet.
    pub invited: Vec<(InvitationId, String)>,
    /// Its tickets.
    pub tickets: Vec<TicketId>,
    /// Comments that wait to be published.
    pub scheduled: Vec<CommentId>,
    /// Its API keys: their ids, and the hashes that programs call with.
    pub keys: Vec<(String, String)>,
    /// What agents were told: whose notification, and its id.
    pub told: Vec<(AgentId, String)>,
    /// Who brought each file.
    pub brought: BTreeMap<String, Principal>,
    /// The ids of what else was made, by kind of thing.
    pub made: BTreeMap<&'static str, Vec<String>>,
    /// Message-Ids of mails that came in.
    pub mails: Vec<String>,
    /// Warm-up counters that are driven directly.
    pub counters: Vec<Counter>,
    /// Its inboxes.
    pub inboxes: Vec<Inbox>,
    /// The people that it may import.
    pub people: Vec<Person>,
}

impl Tenant {
    /// Tenant number `number` of a seed.
    pub fn new(number: usize, random: &mut Random) -> Self {
        let id = WorkspaceId(random_uuid(random));
        let canary = format!("canary{}{:08x}", ["lark", "wren"][number], random.bits() as u32);
        let inbox = |warmup| Inbox::new(InboxId(random_uuid(random)), warmup);
        Self {
            id,
            room: (ActorKind::WorkspaceRoom, id.to_string()),
            inboxes: [true, true, false].map(inbox).into(),
            people: (0..6).map(|number| Person::new(id, &canary, number)).collect(),
            canary,
            members: Vec::new(),
            invited: Vec::new(),
            tickets: Vec::new(),
            scheduled: Vec::new(),
            keys: Vec::new(),
            told: Vec::new(),
            brought: BTreeMap::new(),
            made: BTreeMap::new(),
            mails: Vec::new(),
            counters: (0..2).map(|_| Counter::new(InboxId(random_uuid(random)))).collect(),
        }
    }

    /// An id that the workspace's former helpdesk gave, one for each kind and number.
    #[must_use]
    pub fn id_elsewhere(&self, kind: u8, number: u64) -> String {
        format!("{kind:02x}{}-0000-8000-8000-0000{number:08x}", &self.id.to_string()[..6])
    }

    /// Whether an id is one of those.
    #[must_use]
    pub fn is_from_elsewhere(&self, id: &str) -> bool {
        id.get(2..28) == self.id_elsewhere(0, 0).get(2..28)
    }

    /// The things of a kind that were made.
    #[must_use]
    pub fn all(&self, kind: &str) -> &[String] {
        self.made.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// One of them; none where there is none.
    pub fn one(&self, random: &mut Random, kind: &str) -> Option<String> {
        let all = self.all(kind);
        (!all.is_empty()).then(|| random.pick(all).clone())
    }

    /// Notes one more.
    pub fn make(&mut self, kind: &'static str, id: &str) {
        let all = self.made.entry(kind).or_default();
        if !id.is_empty() && !all.iter().any(|known| known == id) {
            all.push(id.to_owned());
        }
    }

    /// The name of one of its objects.
    #[must_use]
    pub fn object(&self, kind: ActorKind, what: impl std::fmt::Display) -> Name {
        (kind, format!("{}/{what}", self.id))
    }

    /// Postroom itself, acting for it.
    #[must_use]
    pub const fn system(&self) -> Principal {
        Principal::system(self.id)
    }
}

/// A random id.
pub fn random_uuid(random: &mut Random) -> uuid::Uuid {
    let bits = (u128::from(random.bits()) << 64) | u128::from(random.bits());
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}
