//! WebSocket clients: they join with the last number they saw, drop, come back, and send commands.
//!
//! A connection is what the room knows; a client is a person's program that outlives connections.
//! Frames of a connection arrive in order until it is cut; then the rest is lost.

use super::faults::Fault;
use super::object::Name;
use super::world::{Ask, Happening, OpId, Origin, Request, World, short};
use actors::kernel::Turn;
use actors::kernel::context::Expelled;
use actors::kernel::sockets::Heard;
use schema::frame::{Codec, Connect, Seat};
use schema::view::View;
use schema::{Caller, Code, Millis, Principal};
use std::collections::{BTreeMap, BTreeSet};

/// A client; an index.
pub type SocketId = usize;
/// A connection's number.
pub type ConnId = u64;

/// A client.
#[derive(Debug)]
pub struct Client {
    /// Its room.
    pub room: Name,
    /// As whom it joins.
    pub principal: Principal,
    /// How it wants its frames.
    pub codec: Codec,
    /// The last event that it saw.
    pub last: Option<i64>,
    /// What it sees: views, and the last event that they do not hold for yet.
    pub views: Vec<(i64, Vec<View>)>,
    /// What it has asked to see, by the number of its asking.
    pub asked: BTreeMap<u64, Vec<View>>,
    /// The last event of what it missed; what comes after is live.
    pub head: i64,
    /// Its connection.
    pub conn: Option<ConnId>,
    /// Whether it was told that it may not join.
    pub banned: bool,
    /// The commands that it waits for an answer to.
    pub unanswered: BTreeSet<OpId>,
}

/// A connection.
#[derive(Debug)]
pub struct Conn {
    /// Whose.
    pub client: SocketId,
    /// What the room remembers.
    pub seat: Seat,
    /// Whether the client is still there.
    pub open: bool,
}

/// All clients and connections.
#[derive(Debug, Default)]
pub struct Sockets {
    /// The clients.
    pub clients: Vec<Client>,
    /// What rooms take for open.
    pub conns: BTreeMap<ConnId, Conn>,
}

impl Sockets {
    /// What a room's sockets have attached.
    #[must_use]
    pub fn seats(&self, room: &Name) -> Vec<Seat> {
        let of_room = |conn: &&Conn| self.clients[conn.client].room == *room;
        self.conns.values().filter(of_room).map(|conn| conn.seat.clone()).collect()
    }

    /// Attaches something else to a socket.
    fn attach(&mut self, seat: &Seat) {
        let same = |conn: &&mut Conn| conn.seat.connection == seat.connection;
        if let Some(conn) = self.conns.values_mut().find(same) {
            conn.seat = seat.clone();
        }
    }

    fn of_room(&self, room: &Name) -> Vec<ConnId> {
        let of_room = |conn: &Conn| self.clients[conn.client].room == *room;
        self.conns.iter().filter(|(_, conn)| of_room(conn)).map(|(id, _)| *id).collect()
    }
}

impl World {
    /// A new client wants to sit in a room.
    pub fn add_client(&mut self, room: Name, principal: Principal, codec: Codec) -> SocketId {
        let id = self.sockets.clients.len();
        let last = if self.random.chance(500) { Some(0) } else { None };
        self.sockets.clients.push(Client {
            room,
            principal,
            codec,
            last,
            views: Vec::new(),
            asked: BTreeMap::new(),
            head: 0,
            conn: None,
            banned: false,
            unanswered: BTreeSet::new(),
        });
        self.after(0, Happening::Connect(id));
        id
    }

    /// A client connects, unless it is connected.
    pub(super) fn connect(&mut self, id: SocketId) {
        let client = &self.sockets.clients[id];
        if client.banned || client.conn.is_some() {
            return;
        }
        let connect = Connect {
            instance: client.room.1.clone(),
            workspace: client.principal.workspace,
            ticket_hash: None,
            principal: Some(client.principal.clone()),
            since: client.last,
            codec: client.codec,
            views: client.views.last().map(|(_, views)| views.clone()).unwrap_or_default(),
            poll: None,
        };
        let (to, ask) = (client.room.clone(), Ask::Join(id, Box::new(connect)));
        self.send(Request { to, ask, origin: Origin::Nobody, until: Millis::MAX });
        let wait = self.random.between(5_000, 40_000);
        self.after(wait, Happening::Connect(id));
    }

    /// A room lets a client in, in a turn of its own.
    pub(super) fn join(&mut self, room: &Name, id: SocketId, connect: &Connect) {
        let done = self.turn(room, &mut |stage| {
            stage.machine.join(stage.disk, stage.outside, connect, stage.turn)
        });
        self.commands += 1;
        let Some((joined, turn)) = done else { return };
        let joined = match joined {
            Ok(joined) => joined,
            Err(reject) => {
                self.say(format_args!("client {id} may not join: {reject:?}"));
                let client = &mut self.sockets.clients[id];
                client.banned |= !matches!(reject.code, Code::Internal | Code::RateLimited);
                return;
            }
        };
        // A doubled upgrade: the client has gone on with its first connection, or starts anew.
        let client = &mut self.sockets.clients[id];
        let stale = client.conn.is_some() || client.last != connect.since;
        let number = self.next_number();
        self.say(format_args!("client {id} joins {} since {:?}", short(room), connect.since));
        let conn = Conn { client: id, seat: joined.seat, open: !stale };
        self.sockets.conns.insert(number, conn);
        if stale {
            self.hang_up(number, 1_000);
        } else {
            let client = &mut self.sockets.clients[id];
            client.conn = Some(number);
            client.views = vec![(0, connect.views.clone())];
            client.asked.clear();
            for frame in joined.frames {
                self.check_secrets(room, "frame", &frame);
                self.deliver(number, &frame);
            }
            self.resend(id);
        }
        self.tell(room, &turn);
    }

    /// What a turn has to tell: frames to the room, sockets to be closed, an outbox to be drained.
    pub(super) fn tell(&mut self, room: &Name, turn: &Turn) {
        // Those who may hear no more go first.
        for whose in &turn.expelled {
            self.say(format_args!("{} expels {whose:?}", short(room)));
            for conn in self.sockets.of_room(room) {
                if is_of(&self.sockets.conns[&conn].seat, whose) {
                    self.close(conn);
                }
            }
        }
        for seat in turn.seats.values() {
            self.sockets.attach(seat);
        }
        let addressed = self.objects.get_mut(room).map(|object| object.address(turn));
        let (parcels, late) = addressed.unwrap_or_default();
        for parcel in &parcels {
            for frame in &parcel.frames {
                self.check_secrets(room, "frame", frame);
            }
            for conn in self.sockets.of_room(room) {
                let seat = &self.sockets.conns[&conn].seat;
                let to = parcel.to.as_ref().is_none_or(|to| to.contains(&seat.connection));
                if to && seat.codec == parcel.codec {
                    for frame in &parcel.frames {
                        self.deliver(conn, frame);
                    }
                }
            }
        }
        for connection in late {
            self.mark("a slow reader was dropped");
            let found = self.sockets.conns.iter();
            let mut found = found.filter(|(_, conn)| conn.seat.connection == connection);
            if let Some(conn) = found.next().map(|(id, _)| *id) {
                self.close(conn);
            }
        }
        if turn.drain {
            self.ask_drain(room);
        }
    }

    /// A frame goes down a connection.
    fn deliver(&mut self, id: ConnId, frame: &[u8]) {
        let Some(conn) = self.sockets.conns.get(&id) else { return };
        if !conn.open {
            return;
        }
        if self.faults.strikes(Fault::SocketCut) {
            self.hang_up(id, 2_000);
        } else if self.faults.strikes(Fault::SocketHalfOpen) {
            self.hang_up(id, 600_000);
        } else {
            let client = conn.client;
            self.receive(client, frame);
        }
    }

    /// A client is gone from a connection; the room learns of it within a time.
    fn hang_up(&mut self, id: ConnId, within: Millis) {
        let Some(conn) = self.sockets.conns.get_mut(&id) else { return };
        conn.open = false;
        let client = conn.client;
        self.lose(client, id);
        let wait = self.random.between(1, within);
        let (to, ask) = (self.sockets.clients[client].room.clone(), Ask::Leave(id));
        let left = Request { to, ask, origin: Origin::Nobody, until: Millis::MAX };
        self.after(wait, Happening::Arrive(Box::new(left)));
    }

    /// The room closes a connection.
    pub(super) fn close(&mut self, id: ConnId) {
        self.hang_up(id, 100);
    }

    /// All connections of a room end at once, and it knows of none.
    pub(super) fn cut_room(&mut self, room: &Name) {
        for id in self.sockets.of_room(room) {
            if let Some(conn) = self.sockets.conns.remove(&id) {
                self.lose(conn.client, id);
            }
        }
    }

    /// A client notices that its connection is gone, and comes back.
    fn lose(&mut self, id: SocketId, conn: ConnId) {
        let client = &mut self.sockets.clients[id];
        if client.conn == Some(conn) {
            client.conn = None;
            let wait = self.random.between(1, 5_000);
            self.after(wait, Happening::Connect(id));
        }
    }

    /// A client sends a command over its connection, or will once it has one.
    pub(super) fn push_frame(&mut self, id: SocketId, op: OpId) {
        self.sockets.clients[id].unanswered.insert(op);
        let wait = self.random.between(5_000, 40_000);
        let tries = self.clients.ops[op].tries;
        self.after(wait, Happening::Impatient(op, tries));
        self.transmit(id, op);
    }

    /// A client says something that is no command, over the connection that it has.
    pub fn utter(&mut self, id: SocketId, frame: String) {
        let client = &self.sockets.clients[id];
        let Some(conn) = client.conn else { return };
        let (to, ask) = (client.room.clone(), Ask::Hear(conn, frame));
        let until = self.clock.latest() + 60_000;
        let request = Request { to, ask, origin: Origin::Nobody, until };
        let wait = self.random.between(1, 30);
        self.after(wait, Happening::Arrive(Box::new(request)));
    }

    /// A client asks to see something else.
    pub fn subscribe(&mut self, id: SocketId, views: Vec<View>) {
        let number = self.next_number();
        let shown = serde_json::to_string(&views).unwrap_or_default();
        let frame = format!(r#"{{"type":"subscribe","id":"v{number}","views":{shown}}}"#);
        self.sockets.clients[id].asked.insert(number, views);
        self.utter(id, frame);
    }

    fn resend(&mut self, id: SocketId) {
        for op in self.sockets.clients[id].unanswered.clone() {
            self.transmit(id, op);
        }
    }

    fn transmit(&mut self, id: SocketId, op: OpId) {
        let client = &self.sockets.clients[id];
        let Some(conn) = client.conn else { return };
        let to = client.room.clone();
        let op_until = self.clients.ops[op].until();
        if self.clock.latest() > op_until {
            return;
        }
        let command = &self.clients.ops[op].json;
        let frame = format!(r#"{{"type":"command","id":"c{op}","command":{command}}}"#);
        let ask = Ask::Hear(conn, frame);
        let request = Request { to, ask, origin: Origin::Nobody, until: op_until };
        let wait = self.random.between(1, 30);
        self.after(wait, Happening::Arrive(Box::new(request)));
    }

    /// A room answers a frame.
    pub(super) fn heard(&mut self, conn: ConnId, heard: Heard) {
        if let Some(frame) = &heard.frame {
            if let Some(room) = self.sockets.conns.get(&conn) {
                let room = self.sockets.clients[room.client].room.clone();
                self.check_secrets(&room, "frame", frame);
            }
            self.deliver(conn, frame);
        }
        if heard.close.is_some() {
            self.close(conn);
        }
    }
}

fn is_of(seat: &Seat, whose: &Expelled) -> bool {
    let Caller::Agent { agent, session, .. } = &seat.principal.caller else { return false };
    match whose {
        Expelled::Agent(id) => id == agent,
        Expelled::Session(id) => id == session,
    }
}
