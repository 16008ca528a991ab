//! Sockets that sit in rooms and listen.

use super::clock::now_ns;
use super::net::Net;
use super::scene::{Outcome, Scene};
use super::speech::Heard;
use super::tally::Recorder;
use super::{http, ws};
use std::io;

/// How many sockets may be on their way in at once.
const AT_ONCE: usize = 128;
/// How long sockets may take to come in.
const JOIN_NS: u64 = 60_000_000_000;
/// How long the server may take to agree to the end.
const LEAVE_NS: u64 = 3_000_000_000;
/// After how many bytes a socket says what it has read.
const SEEN_BYTES: usize = 128 * 1024;
/// What masks frames: any word will do against a server that runs here.
const MASK: u32 = 0x5a17_c3e9;

/// Where a socket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Upgrading,
    Greeting,
    Joined,
    Over,
}

/// One socket.
struct Seat {
    room: usize,
    token: usize,
    stage: Stage,
    asked_ns: u64,
    last: Option<i64>,
    unseen: usize,
}

/// What happened on a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Happening {
    /// A comment was delivered: the number in its mark.
    Comment(u64),
    /// A comment of its own is durable, or was refused.
    Ack(u64, bool),
}

/// All sockets of a phase: connections `0..` of its net.
pub struct Seats<'a> {
    scene: &'a Scene,
    /// The connections, these sockets' first.
    pub net: Net,
    seats: Vec<Seat>,
}

impl<'a> Seats<'a> {
    /// Nobody yet.
    pub fn new(scene: &'a Scene) -> io::Result<Self> {
        Ok(Self { scene, net: Net::new(scene.port)?, seats: Vec::new() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// The room of a socket.
    pub fn room(&self, at: usize) -> usize {
        self.seats[at].room
    }

    /// Lets `count` sockets into each of the first `rooms` rooms, and waits until they sit there;
    /// gives how many do.
    pub fn join(
        &mut self,
        rooms: usize,
        count: usize,
        outcome: &mut Outcome,
        recorder: &mut Recorder,
    ) -> io::Result<usize> {
        let total = rooms * count;
        let until = now_ns() + JOIN_NS;
        let mut ready = Vec::new();
        let (mut under_way, mut joined) = (0, 0);
        while (self.len() < total || under_way > 0) && now_ns() < until {
            while self.len() < total && under_way < AT_ONCE {
                self.ask(self.len() % rooms, self.len() / rooms)?;
                under_way += 1;
            }
            self.net.wait(20_000_000, &mut ready)?;
            for at in ready.iter().copied() {
                let before = self.seats[at].stage;
                self.read(at, outcome, &mut |_| {});
                let after = self.seats[at].stage;
                if before == after || matches!(before, Stage::Joined | Stage::Over) {
                    continue;
                }
                if after == Stage::Joined {
                    joined += 1;
                    recorder.note_ns(now_ns() - self.seats[at].asked_ns);
                }
                if matches!(after, Stage::Joined | Stage::Over) {
                    under_way -= 1;
                }
            }
        }
        outcome.failed("not joined", (total - joined) as u64);
        Ok(joined)
    }

    fn ask(&mut self, room: usize, index: usize) -> io::Result<()> {
        let of = &self.scene.rooms[room];
        let token = index % of.tokens.len();
        let at = self.net.open()?;
        let asked_ns = now_ns();
        let stage = Stage::Upgrading;
        self.seats.push(Seat { room, token, stage, asked_ns, last: None, unseen: 0 });
        self.net.send(at, &self.scene.upgrade(of, &of.tokens[token]));
        Ok(())
    }

    /// Sends a text frame.
    pub fn say(&mut self, at: usize, text: &str) {
        let mut frame = Vec::with_capacity(text.len() + 14);
        ws::write_text(&mut frame, text.as_bytes(), MASK);
        self.net.send(at, &frame);
    }

    /// Reads whatever has come on a socket.
    pub fn read(&mut self, at: usize, outcome: &mut Outcome, tell: &mut dyn FnMut(Happening)) {
        while self.seats[at].stage != Stage::Over {
            let more = match self.seats[at].stage {
                Stage::Upgrading => self.read_upgrade(at, outcome),
                _ => self.read_frame(at, outcome, tell),
            };
            if !more {
                break;
            }
        }
        if self.net.is_over(at) && self.seats[at].stage != Stage::Over {
            outcome.error("socket closed");
            self.seats[at].stage = Stage::Over;
        }
        if self.seats[at].stage == Stage::Over && !self.net.is_over(at) {
            self.net.close(at);
        }
    }

    /// Reads the answer to the upgrade; false where there is nothing more to read.
    fn read_upgrade(&mut self, at: usize, outcome: &mut Outcome) -> bool {
        let seat = &mut self.seats[at];
        match http::read(self.net.unread(at)) {
            Ok(None) => return false,
            Ok(Some(response)) if response.status == 101 => {
                self.net.take(at, response.to);
                let sits = self.scene.joins_at_once();
                seat.stage = if sits { Stage::Joined } else { Stage::Greeting };
            }
            Ok(Some(response)) => {
                outcome.error(format!("upgrade {}", response.status));
                seat.stage = Stage::Over;
            }
            Err(_) => {
                outcome.error("no HTTP");
                seat.stage = Stage::Over;
            }
        }
        true
    }

    /// Reads a frame; false where there is none.
    fn read_frame(
        &mut self,
        at: usize,
        outcome: &mut Outcome,
        tell: &mut dyn FnMut(Happening),
    ) -> bool {
        let Self { scene, net, seats } = self;
        let seat = &mut seats[at];
        let bytes = net.unread(at);
        let Some(frame) = ws::read(bytes) else { return false };
        let payload = &bytes[frame.from..frame.to];
        let room = &scene.rooms[seat.room];
        let mut answer = None;
        match frame.kind {
            ws::Kind::Text => match scene.hear(payload, room, &room.tokens[seat.token]) {
                Heard::Nothing => {}
                Heard::Answer(text) => answer = Some(text),
                Heard::Joined => seat.stage = Stage::Joined,
                Heard::Ack(n, good) => tell(Happening::Ack(n, good)),
                Heard::Refused => {
                    outcome.error("refused");
                    seat.stage = Stage::Over;
                }
                Heard::Events => {
                    outcome.frames += 1;
                    seat.unseen += payload.len();
                    scene.events(payload, |told| {
                        if seat.last.is_some_and(|last| told.from <= last) {
                            outcome.disordered += 1;
                        }
                        seat.last = seat.last.max(Some(told.to));
                        if let Some(mark) = told.mark {
                            tell(Happening::Comment(mark));
                        }
                    });
                }
            },
            ws::Kind::Close => {
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                outcome.error(format!("close {code}"));
                seat.stage = Stage::Over;
            }
            ws::Kind::Ping => {
                let mut pong = Vec::new();
                ws::write_pong(&mut pong, payload, MASK);
                net.take(at, frame.to);
                net.send(at, &pong);
                return true;
            }
            ws::Kind::Other => outcome.error("unknown frame"),
        }
        net.take(at, frame.to);
        if seat.unseen >= SEEN_BYTES {
            seat.unseen = 0;
            answer = seat.last.and_then(|last| scene.seen(last)).or(answer);
        }
        if let Some(text) = answer {
            self.say(at, &text);
        }
        true
    }

    /// Says good-bye on every socket, and waits until the server has agreed.
    pub fn leave(mut self) -> io::Result<()> {
        let mut close = Vec::new();
        ws::write_close(&mut close, MASK);
        let mut open = 0;
        for at in 0..self.seats.len() {
            if !self.net.is_over(at) {
                self.net.send(at, &close);
                open += 1;
            }
        }
        let until = now_ns() + LEAVE_NS;
        let mut ready = Vec::new();
        while open > 0 && now_ns() < until {
            self.net.wait(20_000_000, &mut ready)?;
            let count = self.seats.len();
            for at in ready.iter().copied().filter(|at| *at < count) {
                if self.seats[at].stage != Stage::Over && self.agreed(at) {
                    self.seats[at].stage = Stage::Over;
                    self.net.close(at);
                    open -= 1;
                }
            }
        }
        Ok(())
    }

    /// Passes over what still comes, to the server's own good-bye.
    fn agreed(&mut self, at: usize) -> bool {
        while let Some(frame) = ws::read(self.net.unread(at)) {
            self.net.take(at, frame.to);
            if frame.kind == ws::Kind::Close {
                return true;
            }
        }
        self.net.is_over(at)
    }
}
