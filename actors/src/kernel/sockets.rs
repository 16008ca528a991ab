//! The room's connections: who sits where, joining with replay, frames in, frames out.
//!
//! Nothing here touches a socket. Frames are made as JSON text; a connection that asked for
//! MessagePack gets the same frame in that coding. What is kept in memory (who is connected, how
//! fast a connection sends) is rebuilt from the sockets' attachments when the object wakes.

use super::actor::Actor;
use super::context::{Cast, Ear, Reply};
use super::engine::{Engine, World};
use super::presence::Replayed;
use super::replay::{oldest, replay};
use super::sight::Lens;
use super::sql::Home;
use super::turn::Turn;
use schema::codec;
use schema::envelope::pack;
use schema::frame::{
    ClientFrame, Codec, Connect, FRAME_BYTES_MAX, SEAT_BYTES_MAX, Seat, ServerFrame,
};
use schema::ids::ConnectionId;
use schema::sort::SortSmall;
use schema::view;
use schema::{Answer, Code, Envelope, Reject};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;

pub use super::presence::{FRAMES_PER_SECOND_MAX, SIGNS_PER_SECOND_MAX, UNREAD_BYTES_MAX};
pub use super::replay::{REPLAY_BYTES_MAX, REPLAY_FRAME_MAX, REPLAY_MAX};
pub use super::signs::{TYPING_MS, VIEWING_MS};

/// How many connections one agent may have.
pub const CONNECTIONS_PER_AGENT_MAX: usize = 100;
/// How many requests of one agent may wait for the next event.
pub const POLLS_PER_AGENT_MAX: usize = 10;
/// How many connections a room may have.
pub const CONNECTIONS_MAX: usize = 20_000;
/// The longest id that a client may give to a command, in bytes.
pub const COMMAND_ID_MAX: usize = 100;

/// The close code of a connection that reads too slowly. It may come back at once.
pub const TOO_SLOW: u16 = 4408;

/// A connection that was let in.
#[derive(Debug)]
pub struct Joined {
    /// What the object remembers of it.
    pub seat: Seat,
    /// Its first frames, as JSON text: hello, what it missed, replay_done.
    pub frames: Vec<Vec<u8>>,
    /// Whether it stays; a request that is answered with its first frames does not.
    pub stays: bool,
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
    /// `bad_request` for a negative `since`, `invalid_input` for views that are none,
    /// `rate_limited` where there are too many connections.
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
        view::check(&connect.views)?;
        let asked =
            schema::Principal { workspace: connect.workspace, caller: schema::Caller::Visitor };
        let caller = connect.principal.as_ref().unwrap_or(&asked);
        let (online, viewing) = (self.presence.online(), self.presence.viewers(world.now));
        let (total, counts) = (self.presence.len(), self.presence.counts());
        let replays = self.presence.replays(world.now);
        let ((joined, replayed), told) =
            self.step(home, world, Some((&connect.instance, caller)), &mut |ctx| {
                let welcome = A::connect(ctx, connect)?;
                let seat = Seat {
                    connection: ConnectionId(ctx.uuid()),
                    instance: connect.instance.clone(),
                    principal: welcome.principal,
                    codec: connect.codec,
                    views: connect.views.clone(),
                    viewing: None,
                    waits: connect.poll.is_some(),
                };
                check_length(&seat)?;
                let own = seat.principal.agent().and_then(|agent| counts.get(&agent));
                let full = match own.copied().unwrap_or_default() {
                    (_, waiting) if seat.waits => waiting >= POLLS_PER_AGENT_MAX,
                    (own, _) => own >= CONNECTIONS_PER_AGENT_MAX,
                };
                if total >= CONNECTIONS_MAX || full {
                    return Err(Reject::rate_limited("too many connections", 60_000));
                }
                let mut all = online.clone();
                all.extend(seat.principal.agent().filter(|_| !seat.waits));
                all.sort_small();
                all.dedup();
                let hello = ServerFrame::Hello {
                    connection_id: seat.connection,
                    workspace_id: connect.workspace,
                    agent: &welcome.agent,
                    head: ctx.seq(),
                    oldest: oldest(ctx.seq()),
                    now: ctx.now,
                    online: all,
                    viewing: viewing.clone(),
                    claims: &welcome.claims,
                };
                let mut frames = vec![Reply::of(&hello)?.0];
                let lens = Lens::new(&seat.principal, &seat.views);
                let limit = connect.poll.map_or(usize::MAX, |poll| poll.limit.max(1) as usize);
                let since = connect.since.unwrap_or(ctx.seq());
                let missed = replay::<A>(ctx, &lens, since, limit)?;
                let behind = missed.shown > 0 || missed.reset;
                let stays = connect.poll.is_none_or(|poll| poll.wait && !behind);
                let bytes = missed.frames.iter().map(Vec::len).sum();
                if bytes > replays.room(seat.principal.agent()) {
                    return Err(Reject::rate_limited("too many catch up at once", 5_000));
                }
                frames.extend(missed.frames);
                let replayed = Replayed { bytes, up_to: ctx.seq(), at: ctx.now };
                Ok((Joined { seat, frames, stays }, replayed))
            })?;
        turn.tell(told);
        if joined.stays {
            self.presence.add(&joined.seat);
            self.presence.replayed(joined.seat.connection, replayed);
            let agent = joined.seat.principal.agent().filter(|_| !joined.seat.waits);
            if let Some(agent_id) = agent.filter(|agent| !online.contains(agent)) {
                tell(turn, Ear::All, &ServerFrame::Presence { agent_id, online: true });
            }
        }
        Ok(joined)
    }

    /// Forgets a connection that has ended.
    pub fn leave(&mut self, seat: &Seat, turn: &mut Turn) {
        let Some(seat) = self.presence.remove(seat.connection) else { return };
        let Some(agent_id) = seat.principal.agent() else { return };
        if let Some(viewing) = seat.viewing {
            self.look_away(agent_id, viewing.ticket_id, turn);
        }
        if !seat.waits && !self.presence.online().contains(&agent_id) {
            tell(turn, Ear::All, &ServerFrame::Presence { agent_id, online: false });
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
        // What waited with this frame may have changed what is attached to its socket.
        let seat = self.presence.seat(seat.connection).cloned().unwrap_or_else(|| seat.clone());
        let heard = self.try_hear(home, world, &seat, frame, turn);
        let heard = heard.unwrap_or_else(|reject| {
            let reject = public(&reject);
            let frame = Reply::of(&ServerFrame::Error { error: &reject });
            // Who may read but not type goes on reading.
            let close = Some(reject).filter(|reject| reject.code != Code::Forbidden);
            Heard { frame: frame.ok().map(|reply| reply.0), close }
        });
        let bytes = heard.frame.as_ref().map_or(0, Vec::len);
        self.presence.replied(seat.connection, bytes);
        heard
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
        let id = || {
            let id = frame.id.as_deref().filter(|id| (1..=COMMAND_ID_MAX).contains(&id.len()));
            id.ok_or_else(|| bad("this needs an id of 1 to 100 characters"))
        };
        match frame.kind.as_str() {
            "ping" => {
                let pong = Reply::of(&ServerFrame::Pong { now: world.now })?.0;
                Ok(Heard { frame: Some(pong), close: None })
            }
            "seen" => {
                let seq = frame.seq.filter(|seq| *seq >= 0);
                let seq = seq.ok_or_else(|| bad("seen needs the seq of an event"))?;
                self.presence.seen(seat.connection, seq);
                Ok(Heard::default())
            }
            "typing" => {
                let ticket = frame.ticket_id.ok_or_else(|| bad("typing needs ticketId"))?;
                let typing = frame.typing.ok_or_else(|| bad("typing needs typing"))?;
                self.type_at(home, world, seat, (ticket, typing), turn)
            }
            "viewing" => {
                let ticket = frame.ticket_id.ok_or_else(|| bad("viewing needs ticketId"))?;
                let viewing = frame.viewing.ok_or_else(|| bad("viewing needs viewing"))?;
                self.look_at(home, world, seat, (ticket, viewing), turn)
            }
            "subscribe" => {
                let id = id()?;
                let views = frame.views.as_ref().ok_or_else(|| bad("subscribe needs views"))?;
                let done = self.subscribe(home, world, seat, views, turn);
                answer(id, done.map(|head| json!({ "head": head }).to_string().into_bytes()))
            }
            "command" => {
                let id = id()?;
                let command = frame.command.as_ref();
                let command = command.ok_or_else(|| bad("a command needs a command"))?;
                self.obey(home, world, seat, id, command, turn)
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
        let given = if A::from_socket(command) {
            self.ask(home, world, &envelope, turn)
        } else {
            Err(Reject::forbidden("this is asked over HTTP"))
        };
        match given {
            Ok(Answer::Done { json, .. }) => answer(id, Ok(json)),
            Ok(Answer::Rejected(reject)) | Err(reject) => answer(id, Err(reject)),
        }
    }
}

/// The acknowledgement of what a client named by an id; its connection ends with its session.
fn answer(id: &str, done: Result<Vec<u8>, Reject>) -> Result<Heard, Reject> {
    match done {
        Ok(json) => {
            let data = String::from_utf8(json)
                .ok()
                .and_then(|json| RawValue::from_string(json).ok())
                .ok_or_else(|| Reject::internal("a reply is no JSON"))?;
            let ack = ServerFrame::Ack { id, success: true, data: Some(&data), error: None };
            Ok(Heard { frame: Some(Reply::of(&ack)?.0), close: None })
        }
        Err(reject) => {
            let error = public(&reject);
            let ack = ServerFrame::Ack { id, success: false, data: None, error: Some(&error) };
            let frame = Some(Reply::of(&ack)?.0);
            let close = Some(reject).filter(|reject| reject.code == Code::Unauthorized);
            Ok(Heard { frame, close })
        }
    }
}

pub(super) fn check_length(seat: &Seat) -> Result<(), Reject> {
    // What is not known yet: the ticket that the connection shows.
    let rest = 128;
    if attachment(seat).len() + rest > SEAT_BYTES_MAX {
        return Err(Reject::field(
            "views",
            "are longer than can be kept: name fewer types and ids",
        ));
    }
    Ok(())
}

/// Adds a frame to what a turn tells; it is JSON, whatever is in it.
pub(super) fn tell(turn: &mut Turn, to: Ear, frame: &ServerFrame<'_>) {
    if let Ok(Reply(json)) = Reply::of(frame) {
        turn.casts.push(Cast { to, json });
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

impl<'a> Incoming<'a> {
    /// The frame as JSON text.
    fn json(self, codec: Codec) -> Result<Cow<'a, [u8]>, Reject> {
        let length = match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        };
        if length > FRAME_BYTES_MAX {
            let why = format!("a frame may have at most {FRAME_BYTES_MAX} bytes");
            return Err(Reject::new(Code::TooLarge, why));
        }
        match (self, codec) {
            (Self::Text(text), Codec::Json) => Ok(text.as_bytes().into()),
            (Self::Binary(bytes), Codec::Msgpack) => codec::msgpack_to_json(bytes).map(Cow::Owned),
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
            if (kind == "command" || kind == "subscribe")
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

/// A refusal as a client may see it: the cause of a defect stays in the log.
#[must_use]
pub fn public(reject: &Reject) -> Reject {
    if reject.code == Code::Internal {
        super::log(&reject.message);
        return Reject::new(Code::Internal, "internal error");
    }
    reject.clone()
}
