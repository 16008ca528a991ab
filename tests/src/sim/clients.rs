//! Clients over HTTP, and the queue of mail that came in: they try until they are answered.
//!
//! A client sends the same bytes under the same idempotency key until it gets an answer that is
//! final; it gives up after 23 hours, because keys are kept for 24. What it was answered is its
//! record of what was promised to it.

use super::clock::DAY_MS;
use super::faults::Fault;
use super::object::Name;
use super::plan::About;
use super::sockets::SocketId;
use super::world::{Ask, Happening, OpId, Origin, Request, World, short};
use schema::{ActorKind, Answer, Code, Envelope, Millis, Principal, Reject, codec};

/// For how long a client tries again.
pub const PATIENCE_MS: Millis = DAY_MS / 24 * 23;

/// How an operation reaches its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// By request and answer.
    Http,
    /// By frames of a socket.
    Socket(SocketId),
    /// By a queue that delivers at least once, in no order.
    Queue,
}

/// Where an operation stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The client waits.
    Waiting,
    /// It was done; the reply.
    Done(Vec<u8>),
    /// It was refused.
    Refused(Reject),
    /// The client gave up.
    Abandoned,
}

/// Something a client wants.
#[derive(Debug, Clone)]
pub struct Op {
    /// Whom it asks.
    pub to: Name,
    /// As whom.
    pub principal: Principal,
    /// Under which key.
    pub key: Option<String>,
    /// The command, as JSON text.
    pub json: String,
    /// How.
    pub via: Via,
    /// Whether it has one.
    pub keyed: bool,
    /// What the plan wants to know of it.
    pub about: About,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub tries: u32,
    /// The wall time of the first try.
    pub since: Millis,
    bytes: Vec<u8>,
}

/// All operations.
#[derive(Debug, Default)]
pub struct Clients {
    /// In the order of their making.
    pub ops: Vec<Op>,
    /// How many wait.
    pub waiting: usize,
}

impl Op {
    /// An operation over HTTP.
    #[must_use]
    pub fn new(to: Name, principal: Principal, json: String, about: About) -> Self {
        Self {
            to,
            principal,
            key: None,
            json,
            via: Via::Http,
            keyed: true,
            about,
            state: State::Waiting,
            tries: 0,
            since: 0,
            bytes: Vec::new(),
        }
    }

    /// When nobody may try it any more.
    #[must_use]
    pub const fn until(&self) -> Millis {
        self.since + PATIENCE_MS
    }

    /// The same under a key that the plan chose.
    #[must_use]
    pub fn under(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// The same without a key: it is tried once.
    #[must_use]
    pub const fn keyless(mut self) -> Self {
        self.keyed = false;
        self
    }

    /// The same, another way.
    #[must_use]
    pub const fn via(mut self, via: Via) -> Self {
        self.via = via;
        self
    }
}

/// The command, packed as the gateway packs it.
///
/// # Errors
/// What the gateway refuses: unknown fields, wrong types.
fn pack(kind: ActorKind, json: &str) -> Result<Vec<u8>, Reject> {
    fn typed<C: serde::de::DeserializeOwned + serde::Serialize>(
        json: &str,
    ) -> Result<Vec<u8>, Reject> {
        Ok(codec::to_json(&codec::from_json::<C>(json.as_bytes())?))
    }
    match kind {
        ActorKind::WorkspaceRoom => typed::<schema::room::RoomCommand>(json),
        ActorKind::InboxState => typed::<schema::inbox::InboxCommand>(json),
        ActorKind::WarmupCounter => typed::<schema::warmup::WarmupCommand>(json),
        ActorKind::RateLimiter => typed::<schema::limiter::LimiterCommand>(json),
        ActorKind::ProspectDedup => typed::<schema::prospect::ProspectCommand>(json),
    }
}

/// The name of a command, as JSON.
#[must_use]
pub fn name_of(json: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(json).ok()?.split_once('"')?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

impl World {
    /// A client begins an operation.
    pub fn begin_op(&mut self, mut op: Op) -> OpId {
        let id = self.clients.ops.len();
        op.since = self.clock.wall();
        if op.via == Via::Http && op.keyed {
            op.key = op.key.or_else(|| Some(format!("k{id}")));
        }
        self.say(format_args!("op {id} {} {:?} {}", short(&op.to), op.via, op.json));
        match pack(op.to.0, &op.json) {
            Ok(command) => {
                let mut envelope =
                    Envelope::new(op.to.1.as_str(), op.principal.clone(), op.key.clone(), &());
                envelope.command = command;
                op.bytes = envelope.encode();
                self.clients.waiting += 1;
            }
            Err(reject) => op.state = State::Refused(reject),
        }
        let waits = op.state == State::Waiting;
        let via = op.via;
        self.clients.ops.push(op);
        if !waits {
            self.commands += 1;
            self.plan_learns(id);
        } else if let Via::Socket(socket) = via {
            self.push_frame(socket, id);
        } else {
            self.attempt(id);
            if via == Via::Queue {
                self.double(id);
            }
        }
        id
    }

    fn attempt(&mut self, id: OpId) {
        let op = &mut self.clients.ops[id];
        op.tries += 1;
        let tries = op.tries;
        let origin = if op.via == Via::Queue { Origin::Queue(id) } else { Origin::Client(id) };
        let ask = Ask::Call(op.bytes.clone());
        let request = Request { to: op.to.clone(), ask, origin, until: op.until() };
        if op.via == Via::Queue && self.faults.strikes(Fault::QueueReordered) {
            let wait = self.random.between(20, 60_000);
            self.after(wait, Happening::Arrive(Box::new(request)));
        } else {
            self.send(request);
        }
        let patience = self.random.between(5_000, 40_000) * i64::from(tries.min(20));
        self.after(patience, Happening::Impatient(id, tries));
    }

    /// A queue delivers a message more than once.
    fn double(&mut self, id: OpId) {
        let mut waits = Vec::new();
        while waits.len() < 5 && self.faults.strikes(Fault::QueueDoubled) {
            waits.push(self.random.between(1, 120_000));
        }
        if self.faults.strikes(Fault::QueueLate) {
            waits.push(self.random.between(1, 5 * DAY_MS));
        }
        for wait in waits {
            let op = &self.clients.ops[id];
            let ask = Ask::Call(op.bytes.clone());
            let until = Millis::MAX;
            let request = Request { to: op.to.clone(), ask, origin: Origin::Queue(id), until };
            self.after(wait, Happening::Arrive(Box::new(request)));
        }
    }

    /// A client or queue has waited long enough.
    pub(super) fn impatient(&mut self, id: OpId, tries: u32) {
        let now = self.clock.latest();
        let op = &mut self.clients.ops[id];
        if op.state != State::Waiting || op.tries != tries {
            return;
        }
        let stale = now > op.until() && op.via != Via::Queue;
        let banned = match op.via {
            Via::Socket(socket) => self.sockets.clients[socket].banned,
            Via::Http | Via::Queue => false,
        };
        if stale || banned || (op.key.is_none() && op.via == Via::Http) {
            op.state = State::Abandoned;
            self.clients.waiting -= 1;
            self.mark("client gave up");
            return self.plan_learns(id);
        }
        match op.via {
            Via::Http | Via::Queue => self.attempt(id),
            Via::Socket(socket) => {
                op.tries += 1;
                self.push_frame(socket, id);
            }
        }
    }

    /// A client gets an answer.
    pub(super) fn answered(&mut self, id: OpId, answer: Answer) {
        let op = &self.clients.ops[id];
        match (&op.state, answer) {
            (State::Waiting, Answer::Done { json, .. }) => self.finish(id, State::Done(json)),
            (State::Waiting, Answer::Rejected(reject)) => match reject.code {
                Code::Unavailable | Code::Internal => {
                    let (tries, wait) = (op.tries, self.random.between(500, 5_000));
                    self.after(wait, Happening::Impatient(id, tries));
                }
                _ => self.finish(id, State::Refused(reject)),
            },
            (State::Done(known), Answer::Done { json, .. })
                if self.was_kept(op) && *known != json =>
            {
                let text = format!(
                    "op {id} was answered {} and then {}",
                    String::from_utf8_lossy(known),
                    String::from_utf8_lossy(&json)
                );
                self.violate("1 the same key gets the same answer", text);
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, id: OpId, state: State) {
        let brief = match &state {
            State::Done(json) => {
                self.trace.mix(json);
                format!("done {} bytes", json.len())
            }
            other => format!("{other:?}"),
        };
        self.say(format_args!("op {id} {brief}"));
        if matches!(state, State::Done(_)) {
            let op = &self.clients.ops[id];
            self.done.extend(name_of(op.json.as_bytes()).map(|name| (op.to.0, name)));
        }
        self.clients.ops[id].state = state;
        self.clients.waiting -= 1;
        self.plan_learns(id);
    }
}
