//! The room's connections: who sits where, joining with replay, frames in, frames out.
//!
//! Nothing here touches a socket. Frames are made as JSON text; a connection that asked for
//! MessagePack gets the same frame in that coding. What is kept in memory (who is connected, how
//! fast a connection sends) is rebuilt from the sockets' attachments when the object wakes.

use super::actor::Actor;
use super::context::Reply;
use super::engine::{Engine, Turn, World};
use super::sql::Home;
use super::store::events;
use schema::codec;
use schema::envelope::pack;
use schema::frame::{ClientFrame, Codec, Connect, FRAME_BYTES_MAX, Seat, ServerFrame};
use schema::ids::{AgentId, ConnectionId};
use schema::{Answer, Code, Envelope, Millis, Permission, Reject};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// How many of the latest events can be replayed; a client further behind starts from a snapshot.
pub const REPLAY_MAX: i64 = 10_000;
/// How many bytes of events a replay may have: it is made in memory, of which an isolate has
/// little. A client that missed more starts from a snapshot.
pub const REPLAY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many events go into one frame of a replay.
pub const REPLAY_FRAME_MAX: i64 = 200;
/// How many connections one agent may have.
pub const CONNECTIONS_PER_AGENT_MAX: usize = 100;
/// How many connections a room may have.
pub const CONNECTIONS_MAX: usize = 20_000;
/// How many frames a connection may send in a second.
pub const FRAMES_PER_SECOND_MAX: u32 = 200;

/// The longest id that a client may give to a command, in bytes.
pub const COMMAND_ID_MAX: usize = 100;

/// Who is connected.
#[derive(Debug, Default)]
pub struct Presence {
    seats: BTreeMap<ConnectionId, Place>,
}

#[derive(Debug)]
struct Place {
    agent: Option<AgentId>,
    codec: Codec,
    second: Millis,
    frames: u32,
}

impl Presence {
    /// Notes a connection.
    pub fn add(&mut self, seat: &Seat) {
        let place =
            Place { agent: seat.principal.agent(), codec: seat.codec, second: 0, frames: 0 };
        self.seats.insert(seat.connection, place);
    }

    /// Forgets a connection; true where it was known.
    pub fn remove(&mut self, connection: ConnectionId) -> bool {
        self.seats.remove(&connection).is_some()
    }

    /// The agents that are connected.
    #[must_use]
    pub fn online(&self) -> Vec<AgentId> {
        let mut agents: Vec<_> = self.seats.values().filter_map(|place| place.agent).collect();
        agents.sort_unstable();
        agents.dedup();
        agents
    }

    /// How many connections an agent has.
    #[must_use]
    pub fn count(&self, agent: AgentId) -> usize {
        self.seats.values().filter(|place| place.agent == Some(agent)).count()
    }

    /// Whether anybody takes frames in this coding.
    #[must_use]
    pub fn any(&self, codec: Codec) -> bool {
        self.seats.values().any(|place| place.codec == codec)
    }

    /// Counts a frame; false where the connection sends too fast.
    fn admit(&mut self, connection: ConnectionId, now: Millis) -> bool {
        let Some(place) = self.seats.get_mut(&connection) else { return true };
        if place.second != now / 1000 {
            place.second = now / 1000;
            place.frames = 0;
        }
        place.frames += 1;
        place.frames <= FRAMES_PER_SECOND_MAX
    }
}

/// A connection that was let in.
#[derive(Debug)]
pub struct Joined {
    /// What the object remembers of it.
    pub seat: Seat,
    /// Its first frames, as JSON text: hello, what it missed, replay_done.
    pub frames: Vec<Vec<u8>>,
}

/// What a frame from a client leads to, for that client.
#[derive(Debug, Default)]
pub struct Heard {
    /// A frame for it, as JSON text.
    pub frame: Option<Vec<u8>>,
    /// Its connection ends, for this reason.
    pub close: Option<Reject>,
}

impl<A: Actor> Engine<A> {
    /// Lets a connection in, and gives it what it missed.
    ///
    /// # Errors
    /// `unauthorized` without a valid ticket or token, `not_found` for another tenant,
    /// `bad_request` for a negative `since`, `rate_limited` where there are too many connections.
    pub fn join(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        connect: &Connect,
        turn: &mut Turn,
    ) -> Result<Joined, Reject> {
        if connect.since.is_some_and(|since| since < 0) {
            return Err(Reject::new(Code::BadRequest, "since must not be negative"));
        }
        let asked =
            schema::Principal { workspace: connect.workspace, caller: schema::Caller::Visitor };
        let caller = connect.principal.as_ref().unwrap_or(&asked);
        let (online, total) = (self.presence.online(), self.presence.seats.len());
        let counts: BTreeMap<AgentId, usize> =
            online.iter().map(|agent| (*agent, self.presence.count(*agent))).collect();
        let ((seat, frames), told) =
            self.step(home, world, Some((&connect.instance, caller)), &mut |ctx| {
                let welcome = A::connect(ctx, connect)?;
                let agent = welcome.principal.agent();
                let own = agent.and_then(|agent| counts.get(&agent)).copied().unwrap_or(0);
                if total >= CONNECTIONS_MAX || own >= CONNECTIONS_PER_AGENT_MAX {
                    return Err(Reject::rate_limited("too many connections", 60_000));
                }
                let seat = Seat {
                    connection: ConnectionId(ctx.uuid()),
                    instance: connect.instance.clone(),
                    principal: welcome.principal,
                    codec: connect.codec,
                };
                let mut all = online.clone();
                all.extend(agent);
                all.sort_unstable();
                all.dedup();
                let hello = ServerFrame::Hello {
                    connection_id: seat.connection,
                    workspace_id: connect.workspace,
                    agent: &welcome.agent,
                    head: ctx.seq(),
                    oldest: oldest(ctx.seq()),
                    now: ctx.now,
                    online: all,
                };
                let mut frames = vec![Reply::of(&hello)?.0];
                replay(ctx, connect.since.unwrap_or(ctx.seq()), &mut frames)?;
                Ok((seat, frames))
            })?;
        turn.tell(told);
        let agent = seat.principal.agent();
        let first = agent.is_some_and(|agent| !counts.contains_key(&agent));
        self.presence.add(&seat);
        if let Some(agent_id) = agent.filter(|_| first) {
            turn.casts.push(Reply::of(&ServerFrame::Presence { agent_id, online: true })?.0);
        }
        Ok(Joined { seat, frames })
    }

    /// Forgets a connection that has ended.
    pub fn leave(&mut self, seat: &Seat, turn: &mut Turn) {
        let known = self.presence.remove(seat.connection);
        let Some(agent_id) = seat.principal.agent() else { return };
        if known && self.presence.count(agent_id) == 0 {
            let frame = ServerFrame::Presence { agent_id, online: false };
            if let Ok(Reply(json)) = Reply::of(&frame) {
                turn.casts.push(json);
            }
        }
    }

    /// Takes a frame from a client.
    pub fn hear(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        frame: Incoming<'_>,
        turn: &mut Turn,
    ) -> Heard {
        let heard = self.try_hear(home, world, seat, frame, turn);
        heard.unwrap_or_else(|reject| {
            let reject = public(&reject);
            let frame = Reply::of(&ServerFrame::Error { error: &reject });
            // Who may read but not type goes on reading.
            let close = Some(reject).filter(|reject| reject.code != Code::Forbidden);
            Heard { frame: frame.ok().map(|reply| reply.0), close }
        })
    }

    fn try_hear(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        frame: Incoming<'_>,
        turn: &mut Turn,
    ) -> Result<Heard, Reject> {
        if !self.presence.admit(seat.connection, world.now) {
            return Err(Reject::rate_limited("too many frames", 1000));
        }
        let json = frame.json(seat.codec)?;
        let frame: ClientFrame<A::Command> = match codec::from_json(&json) {
            Ok(frame) => frame,
            Err(reject) => return misread(&json, reject),
        };
        let bad = |why: &str| Reject::new(Code::BadRequest, why);
        match frame.kind.as_str() {
            "ping" => {
                let pong = Reply::of(&ServerFrame::Pong { now: world.now })?.0;
                Ok(Heard { frame: Some(pong), close: None })
            }
            "typing" => {
                let ticket = frame.ticket_id.ok_or_else(|| bad("typing needs ticketId"))?;
                let typing = frame.typing.ok_or_else(|| bad("typing needs typing"))?;
                let agent = seat.principal.agent().ok_or_else(|| bad("only agents type"))?;
                let envelope = Some((seat.instance.as_str(), &seat.principal));
                let (_, told) = self.step(home, world, envelope, &mut |ctx| {
                    A::authorise(ctx, Permission::Work)?;
                    ctx.cast(&ServerFrame::Typing { agent_id: agent, ticket_id: ticket, typing })
                })?;
                turn.tell(told);
                Ok(Heard::default())
            }
            "command" => {
                let id = frame.id.filter(|id| (1..=COMMAND_ID_MAX).contains(&id.len()));
                let id = id.ok_or_else(|| bad("a command needs an id of 1 to 100 characters"))?;
                let command = frame.command.ok_or_else(|| bad("a command needs a command"))?;
                self.obey(home, world, seat, &id, &command, turn)
            }
            _ => Err(bad("unknown type of frame")),
        }
    }

    fn obey(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        id: &str,
        command: &A::Command,
        turn: &mut Turn,
    ) -> Result<Heard, Reject> {
        let key = Some(format!("ws:{id}"));
        let envelope = Envelope::new(&*seat.instance, seat.principal.clone(), key, command);
        let answer = if A::from_socket(command) {
            self.call(home, world, &envelope.encode(), turn)
        } else {
            Answer::Rejected(Reject::forbidden("this is asked over HTTP"))
        };
        match answer {
            Answer::Done { json, .. } => {
                let data = String::from_utf8(json)
                    .ok()
                    .and_then(|json| RawValue::from_string(json).ok())
                    .ok_or_else(|| Reject::internal("a reply is no JSON"))?;
                let ack = ServerFrame::Ack { id, success: true, data: Some(&data), error: None };
                Ok(Heard { frame: Some(Reply::of(&ack)?.0), close: None })
            }
            Answer::Rejected(reject) => {
                let error = public(&reject);
                let ack = ServerFrame::Ack { id, success: false, data: None, error: Some(&error) };
                let frame = Some(Reply::of(&ack)?.0);
                let close = Some(reject).filter(|reject| reject.code == Code::Unauthorized);
                Ok(Heard { frame, close })
            }
        }
    }
}

/// A frame as it came.
#[derive(Debug, Clone, Copy)]
pub enum Incoming<'a> {
    /// A text frame.
    Text(&'a str),
    /// A binary frame.
    Binary(&'a [u8]),
}

impl Incoming<'_> {
    /// The frame as JSON text.
    fn json(self, codec: Codec) -> Result<Vec<u8>, Reject> {
        let length = match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        };
        if length > FRAME_BYTES_MAX {
            let why = format!("a frame may have at most {FRAME_BYTES_MAX} bytes");
            return Err(Reject::new(Code::TooLarge, why));
        }
        match (self, codec) {
            (Self::Text(text), Codec::Json) => Ok(text.as_bytes().to_vec()),
            (Self::Binary(bytes), Codec::Msgpack) => codec::msgpack_to_json(bytes),
            (Self::Text(_), Codec::Msgpack) => {
                Err(Reject::new(Code::BadRequest, "this connection takes binary frames"))
            }
            (Self::Binary(_), Codec::Json) => {
                Err(Reject::new(Code::BadRequest, "this connection takes text frames"))
            }
        }
    }
}

/// What of a frame can be read whatever its command is.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

/// A command with a wrong field is refused by its id, and the connection goes on; anything else
/// that cannot be read ends it.
fn misread(json: &[u8], reject: Reject) -> Result<Heard, Reject> {
    match codec::read_json::<Named>(json) {
        Ok(Named { kind, id })
            if kind == "command"
                && reject.code == Code::InvalidInput
                && (1..=COMMAND_ID_MAX).contains(&id.len()) =>
        {
            let ack =
                ServerFrame::Ack { id: &id, success: false, data: None, error: Some(&reject) };
            Ok(Heard { frame: Some(Reply::of(&ack)?.0), close: None })
        }
        _ => Err(Reject::new(Code::BadRequest, reject.message)),
    }
}

fn replay(ctx: &super::Ctx<'_>, since: i64, frames: &mut Vec<Vec<u8>>) -> Result<(), Reject> {
    let head = ctx.seq();
    let reset = || Reply::of(&ServerFrame::Reset { head, oldest: oldest(head) });
    if since > head || head - since > REPLAY_MAX {
        frames.push(reset()?.0);
        return Ok(());
    }
    let (mut last, mut bytes, first) = (since, 0, frames.len());
    while last < head {
        let page = events::after(ctx.sql, last, REPLAY_FRAME_MAX)?;
        let Some((seq, _)) = page.last() else {
            return Err(Reject::internal(format!("event {} is missing", last + 1)));
        };
        last = *seq;
        bytes += page.iter().map(|(_, json)| json.len()).sum::<usize>();
        if bytes > REPLAY_BYTES_MAX {
            frames.truncate(first);
            frames.push(reset()?.0);
            return Ok(());
        }
        let events: Result<Vec<_>, _> =
            page.into_iter().map(|(_, json)| RawValue::from_string(json)).collect();
        let events = events.map_err(|error| Reject::internal(error.to_string()))?;
        frames.push(events_frame(&events));
    }
    frames.push(Reply::of(&ServerFrame::ReplayDone { head })?.0);
    Ok(())
}

/// One frame of events, as JSON text.
#[must_use]
pub fn events_frame(events: &[Box<RawValue>]) -> Vec<u8> {
    serde_json::to_vec(&ServerFrame::Events { events }).unwrap_or_default()
}

/// A frame in the coding of a connection.
#[must_use]
pub fn encode(json: Vec<u8>, codec: Codec) -> Vec<u8> {
    match codec {
        Codec::Json => json,
        Codec::Msgpack => codec::json_to_msgpack(&json).unwrap_or_default(),
    }
}

/// What the socket's attachment holds.
#[must_use]
pub fn attachment(seat: &Seat) -> Vec<u8> {
    pack(seat)
}

/// The oldest event that can be replayed.
fn oldest(head: i64) -> i64 {
    (head - REPLAY_MAX + 1).max(1)
}

/// A refusal as a client may see it: the cause of a defect stays in the log.
#[must_use]
pub fn public(reject: &Reject) -> Reject {
    if reject.code == Code::Internal {
        super::log(&reject.message);
        return Reject::new(Code::Internal, "internal error");
    }
    reject.clone()
}
