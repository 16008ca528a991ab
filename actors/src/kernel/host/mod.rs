//! The Durable Object that an actor lives in; wasm only.
//!
//! The entry file (`gateway/entry.js`) owns the sockets, the queue of waiting commands and the
//! promises; it calls in here with whatever waits, once a turn, and gets back what to answer and
//! what to send. Everything up to [`Host::carry_out`] is synchronous, so that a panic is thrown
//! straight at the entry file, which can answer everybody, instead of leaving a promise that never
//! settles.

pub mod charset;
mod class;
pub mod fetch;
pub mod files;
pub mod metrics;
mod microsoft;
pub mod outside;
mod post;
mod storage;
pub(super) mod unicode;
pub(super) mod url;
pub(super) mod zones;

use self::storage::{DurableHome, ObjectState};
use super::allowance::Allowance;
use super::context::{Entropy, Expelled};
use super::engine::{COMMANDS_PER_TURN_MAX, Engine, World};
use super::sockets::{Incoming, TOO_SLOW, attachment, encode};
use super::turn::Turn;
use super::{Actor, Effect, Entry, MailJob, MailOutcome, Outcome};
use crate::mail::mailbox::{MailboxJob, MailboxRead};
use crate::mail::seal::SealKey;
use js_sys::{Array, Object, Reflect, Uint8Array};
use schema::codec::read_msgpack;
use schema::frame::{Codec, Connect, Seat};
use schema::ids::ConnectionId;
use schema::{ActorKind, Answer, Code, Envelope, Reject};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Env, State};

/// What will be known once it is done.
pub type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// How an actor's mail leaves, and how mail comes in.
#[derive(Clone, Copy)]
pub struct Transport {
    /// Sends a mail.
    pub send: fn(Env, MailJob) -> Work<MailOutcome>,
    /// Reads a mailbox.
    pub read: fn(Env, MailboxJob) -> Work<MailboxRead>,
}

/// The deployment's keys: the current one, and the one before while secrets are sealed anew.
///
/// # Errors
/// Where there is none, or one is none.
pub fn seal_keys(env: &Env) -> Result<Vec<SealKey>, String> {
    let mut keys = Vec::new();
    for name in ["SECRETS_KEY", "SECRETS_KEY_PREVIOUS"] {
        if let Ok(text) = env.secret(name) {
            let key = SealKey::parse(&text.to_string());
            keys.push(key.map_err(|error| format!("{name}: {error}"))?);
        }
    }
    if keys.is_empty() { Err("the secret SECRETS_KEY is missing".into()) } else { Ok(keys) }
}

/// What a class's methods give to the entry file.
pub type JsResult = Result<JsValue, JsValue>;

/// What a turn gives to the entry file beside what it tells.
type Fields = Vec<(&'static str, JsValue)>;

/// An actor in its Durable Object.
pub struct Host<A> {
    home: DurableHome,
    object: ObjectState,
    env: Env,
    engine: RefCell<Option<Engine<A>>>,
    transport: Option<Transport>,
    /// What was begun, until [`Host::carry_out`] does it.
    begun: RefCell<Vec<(Entry, Effect)>>,
    /// What was begun and takes long, until [`Host::slow`] does it.
    slow: RefCell<Vec<(Entry, Effect)>>,
}

struct Crypto;

impl Entropy for Crypto {
    fn next(&mut self) -> u128 {
        uuid::Uuid::new_v4().as_u128() ^ (uuid::Uuid::new_v4().as_u128() << 61)
    }
}

impl<A: Actor> Host<A> {
    /// The host of one object. Storage is first touched by the first event.
    #[must_use]
    pub fn new(state: &State, env: Env, transport: Option<Transport>) -> Self {
        let object: &ObjectState = state.as_raw().unchecked_ref();
        let object = object.clone();
        let (engine, begun, slow) = (RefCell::new(None), RefCell::default(), RefCell::default());
        Self { home: DurableHome::new(state), object, env, engine, transport, begun, slow }
    }

    /// Runs what waits: each item is an envelope (bytes), or a socket's attachment and its frame.
    /// Gives `{ given, … }` and what [`Host::tell`] adds: for an envelope the answer, for a frame
    /// `[frame or null, close code or 0, reason]`.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub fn run(&self, batch: &Array) -> Result<JsValue, JsValue> {
        self.turn(|engine, world, turn| {
            let given = Array::new();
            for item in batch.iter() {
                if let Some(pair) = item.dyn_ref::<Array>() {
                    given.push(&self.hear(engine, world, pair, turn));
                } else {
                    let bytes = Uint8Array::from(item).to_vec();
                    let answer = self.answer(engine, world, &bytes, turn);
                    given.push(&Uint8Array::from(&answer[..]).into());
                }
            }
            vec![("given", given.into())]
        })
    }

    /// The answer to an envelope, with its price where the caller is told: never who is not let in.
    fn answer(
        &self,
        engine: &mut Engine<A>,
        world: &mut World<'_>,
        bytes: &[u8],
        turn: &mut Turn,
    ) -> Vec<u8> {
        let envelope = match Envelope::decode(bytes) {
            Ok(envelope) => envelope,
            Err(reject) => return Answer::Rejected(reject).encode(),
        };
        self.home.meter(engine.prices(&envelope));
        let answer = engine.ask(&self.home, world, &envelope, turn);
        let answer = answer.unwrap_or_else(Answer::Rejected);
        let out = matches!(&answer, Answer::Rejected(why) if why.code == Code::Unauthorized);
        match self.home.meter(false).filter(|_| !out && engine.prices(&envelope)) {
            Some(price) => answer.encode_priced(price),
            None => answer.encode(),
        }
    }

    fn hear(
        &self,
        engine: &mut Engine<A>,
        world: &mut World<'_>,
        pair: &Array,
        turn: &mut Turn,
    ) -> JsValue {
        let given = Array::new();
        let Some(seat) = read_seat(&pair.get(0)) else {
            given.push(&JsValue::NULL);
            given.push(&JsValue::from(Code::Unauthorized.close_code()));
            given.push(&JsValue::from_str("unknown connection"));
            return given.into();
        };
        let data = pair.get(1);
        let heard = match data.as_string() {
            Some(text) => engine.hear(&self.home, world, &seat, Incoming::Text(&text), turn),
            None => {
                let bytes = Uint8Array::new(&data).to_vec();
                engine.hear(&self.home, world, &seat, Incoming::Binary(&bytes), turn)
            }
        };
        given.push(&heard.frame.map_or(JsValue::NULL, |json| wire(json, seat.codec)));
        given.push(&heard.close.as_ref().map_or(0, |reject| reject.code.close_code()).into());
        given.push(&heard.close.map_or(JsValue::NULL, |reject| reason(&reject).into()));
        given.into()
    }

    /// Lets a connection in. Gives `{ seat, tags, frames, … }`, or `{ close, reason, frames }`.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub fn join(&self, connect: &[u8]) -> Result<JsValue, JsValue> {
        self.turn(|engine, world, turn| {
            let joined = read_msgpack::<Connect>(connect)
                .map_err(|error| Reject::new(Code::BadRequest, error.message))
                .and_then(|connect| engine.join(&self.home, world, &connect, turn));
            let joined = match joined {
                Ok(joined) => joined,
                Err(reject) => {
                    let reason = reason(&super::sockets::public(&reject));
                    return vec![
                        ("close", reject.code.close_code().into()),
                        ("reason", reason.into()),
                    ];
                }
            };
            let frames = Array::new();
            for frame in joined.frames {
                frames.push(&wire(frame, joined.seat.codec));
            }
            if !joined.stays {
                return vec![
                    ("close", 1000.into()),
                    ("reason", "this is all".into()),
                    ("frames", frames.into()),
                ];
            }
            let tags = Array::new();
            tags.push(&codec_tag(joined.seat.codec).into());
            tags.push(&connection_tag(joined.seat.connection).into());
            if let schema::Caller::Agent { agent, session, .. } = &joined.seat.principal.caller {
                tags.push(&format!("a:{agent}").into());
                tags.push(&format!("s:{session}").into());
            }
            vec![
                ("seat", Uint8Array::from(&attachment(&joined.seat)[..]).into()),
                ("tags", tags.into()),
                ("frames", frames.into()),
            ]
        })
    }

    /// Forgets a connection that has ended, by its attachment.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub fn leave(&self, seat: &JsValue) -> Result<JsValue, JsValue> {
        self.turn(|engine, _, turn| {
            if let Some(seat) = read_seat(seat) {
                engine.leave(&seat, turn);
            }
            Vec::new()
        })
    }

    /// Runs the timers that are due. After a run that ended in a trap, `skip` puts off the timer
    /// that was first in line, so that the others get their turn.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub fn alarm(&self, skip: bool) -> Result<JsValue, JsValue> {
        self.turn(|engine, world, turn| {
            if skip {
                engine.skip_timer(&self.home, world);
            }
            engine.alarm(&self.home, world, turn);
            Vec::new()
        })
    }

    /// Begins what the outbox asks for. In the result, `begun` says whether to call
    /// [`Host::carry_out`], once; `slow` how often to call [`Host::slow`], without waiting for it;
    /// and `full` whether there may be more than was begun.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub fn begin(&self) -> Result<JsValue, JsValue> {
        self.turn(|engine, world, turn| {
            let mut begun = engine.begin(&self.home, world, turn);
            let slow = begun.extract_if(.., |(_, effect)| effect.is_slow());
            let slow: Vec<_> = slow.collect();
            turn.drain |= !slow.is_empty() && begun.is_empty();
            let fields = vec![
                ("begun", (!begun.is_empty()).into()),
                ("slow", (slow.len() as u32).into()),
                ("full", turn.full.into()),
            ];
            self.slow.borrow_mut().extend(slow);
            *self.begun.borrow_mut() = begun;
            fields
        })
    }

    /// Does what was begun.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub async fn carry_out(&self) -> Result<JsValue, JsValue> {
        let begun = self.begun.take();
        self.perform(begun).await
    }

    /// Does one of the things that take long.
    ///
    /// # Errors
    /// Where the object cannot be woken.
    pub async fn slow(&self) -> Result<JsValue, JsValue> {
        let next = self.slow.borrow_mut().pop();
        self.perform(next.into_iter().collect()).await
    }

    async fn perform(&self, begun: Vec<(Entry, Effect)>) -> Result<JsValue, JsValue> {
        let (entries, effects): (Vec<_>, Vec<Effect>) = begun.into_iter().unzip();
        let outcomes = outside::perform(&self.env, self.transport, effects).await;
        let progress = outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Failed { .. }));
        self.turn(|engine, world, turn| {
            engine.settle_all(&self.home, world, turn, &entries, &outcomes);
            turn.drain |= progress;
            Vec::new()
        })
    }

    /// One turn: wakes the engine where it sleeps, runs, and says what there is to send.
    fn turn(
        &self,
        body: impl FnOnce(&mut Engine<A>, &mut World<'_>, &mut Turn) -> Fields,
    ) -> Result<JsValue, JsValue> {
        let mut held = self.engine.borrow_mut();
        if held.is_none() {
            *held = Some(self.wake().map_err(|reject| js_sys::Error::new(&reject.message))?);
        }
        let Some(engine) = held.as_mut() else {
            return Err(js_sys::Error::new("not awake").into());
        };
        let mut world = World { now: js_sys::Date::now() as i64, entropy: &mut Crypto };
        let mut turn = Turn::default();
        let fields = body(engine, &mut world, &mut turn);
        let out = Object::new();
        for (name, value) in fields {
            Reflect::set(&out, &name.into(), &value)?;
        }
        self.tell(engine, turn, &out)?;
        Ok(out.into())
    }

    fn wake(&self) -> Result<Engine<A>, Reject> {
        let mut engine = Engine::wake(&self.home)?;
        engine.per_turn = Some(COMMANDS_PER_TURN_MAX);
        if A::KIND == ActorKind::WorkspaceRoom {
            let var = |name: &str| self.env.var(name).ok().map(|value| value.to_string());
            let (workspace, agent) = (var("WORKSPACE_LIMIT"), var("AGENT_LIMIT"));
            engine.allowance = Some(Allowance::written(workspace.as_deref(), agent.as_deref()));
        }
        for socket in self.object.get_web_sockets().iter() {
            let socket: storage::Socket = socket.unchecked_into();
            if let Some(seat) = socket.deserialize_attachment().ok().as_ref().and_then(read_seat) {
                engine.presence.add(&seat);
            }
        }
        Ok(engine)
    }

    /// What a turn has to tell, where it has: whether to `drain`, whether storage is `stuck` and
    /// whether the alarm is `unarmed`; `parcels` of `[tags, frames]`;
    /// the tags in `late` are of sockets that are closed for reading too slowly, `seats` are
    /// attached anew, and whoever is `expelled` hears nothing more.
    fn tell(&self, engine: &mut Engine<A>, turn: Turn, out: &Object) -> Result<(), JsValue> {
        let set = |name: &str, value: &JsValue| Reflect::set(out, &name.into(), value).map(drop);
        let marks = [("drain", turn.drain), ("stuck", turn.stuck), ("unarmed", turn.unarmed)];
        for (name, _) in marks.into_iter().filter(|(_, marked)| *marked) {
            set(name, &JsValue::TRUE)?;
        }
        let (parcels, late) = engine.presence.address(&turn);
        let parcels = parcels.into_iter().map(|parcel| {
            let tags: Array = match parcel.to {
                None => Array::of1(&codec_tag(parcel.codec).into()),
                Some(to) => to.into_iter().map(|id| JsValue::from(connection_tag(id))).collect(),
            };
            let frames = parcel.frames.into_iter().map(|json| wire(json, parcel.codec));
            Array::of2(&tags, &frames.collect::<Array>())
        });
        let some = |name: &str, list: Array| match list.length() {
            0 => Ok(()),
            _ => set(name, &list),
        };
        some("parcels", parcels.collect())?;
        let late: Array = late.into_iter().map(|id| JsValue::from(connection_tag(id))).collect();
        if late.length() > 0 {
            some("late", Array::of2(&TOO_SLOW.into(), &late))?;
        }
        let seats = turn.seats.values().map(|seat| {
            let bytes = Uint8Array::from(&attachment(seat)[..]);
            Array::of2(&connection_tag(seat.connection).into(), &bytes)
        });
        some("seats", seats.collect())?;
        let expelled = turn.expelled.iter().map(|whose| match whose {
            Expelled::Agent(agent) => JsValue::from(format!("a:{agent}")),
            Expelled::Session(session) => JsValue::from(format!("s:{session}")),
        });
        some("expelled", expelled.collect())
    }
}

fn connection_tag(connection: ConnectionId) -> String {
    format!("c:{connection}")
}

const fn codec_tag(codec: Codec) -> &'static str {
    match codec {
        Codec::Json => "json",
        Codec::Msgpack => "msgpack",
    }
}

fn read_seat(attachment: &JsValue) -> Option<Seat> {
    let bytes = attachment.dyn_ref::<Uint8Array>()?.to_vec();
    read_msgpack(&bytes).ok()
}

fn wire(json: Vec<u8>, codec: Codec) -> JsValue {
    let bytes = encode(json, codec);
    match codec {
        Codec::Json => JsValue::from_str(&String::from_utf8_lossy(&bytes)),
        Codec::Msgpack => Uint8Array::from(&bytes[..]).into(),
    }
}

/// A close reason: at most 123 bytes.
fn reason(reject: &Reject) -> String {
    let mut text = reject.message.clone();
    while text.len() > 120 {
        text.pop();
    }
    text
}
