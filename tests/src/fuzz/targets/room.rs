//! A room with an owner, an agent and a viewer, that is as it was after every input.

use actors::kernel::engine::World;
use actors::kernel::sockets::Incoming;
use actors::kernel::testing::{Bench, START_MS, Seeded, WORKSPACE};
use actors::workspace_room::Core;
use schema::frame::{Codec, Seat};
use schema::ids::{ConnectionId, WorkspaceId};
use schema::room::RoomCommand;
use schema::room::access::{AcceptInvitation, Invitation, Invite, Opened, Register};
use schema::{Caller, Code, Envelope, Principal, Role};
use serde_json::Value;
use uuid::Uuid;

/// Grows, or is another, with whatever a command leaves.
const STATE: &str = "select (select coalesce(max(seq), 0) from events)
    || ' ' || (select count(*) from outbox) || ' ' || (select count(*) from timers)
    || ' ' || (select count(*) from idempotency) || ' ' || (select count(*) from comments)
    || ' ' || (select coalesce(sum(version), 0) from tickets)
    || ' ' || (select last_number + changes from desk)";

/// What came of a frame.
pub struct Said {
    /// The frame that answers it.
    pub frame: Option<Value>,
    /// Why the connection ends, where it does.
    pub close: Option<Code>,
    /// Whether anything was kept.
    pub changed: bool,
}

/// The room.
pub struct Desk {
    /// It.
    pub bench: Bench<Core>,
    /// Two agents, the owner, a viewer, and the owner of another workspace.
    pub people: [Principal; 5],
}

impl Desk {
    /// A room that is registered, and its people.
    pub fn open() -> Desk {
        let mut bench: Bench<Core> = Bench::new(WORKSPACE.to_string());
        let visitor = Principal { workspace: WORKSPACE, caller: Caller::Visitor };
        let register = Register {
            name: "Acme".into(),
            owner_email: "owner@example.com".into(),
            owner_name: "Olga".into(),
            password_hash: phc(0),
            refresh_hash: hash(0),
        };
        let opened = bench.ask(&visitor, None, &RoomCommand::Register(register));
        let owner = principal(opened.expect("registered"));
        let mut join = |number: u8, role| {
            let email = format!("a{number}@example.com");
            let token_hash = hash(100 + number);
            let invite = Invite { email, name: None, role, token_hash: token_hash.clone() };
            let invited: Result<Invitation, _> =
                bench.ask(&owner, None, &RoomCommand::Invite(invite));
            invited.expect("invited");
            let accept = AcceptInvitation {
                token_hash,
                name: Some("Ann".into()),
                password_hash: phc(number),
                refresh_hash: hash(number),
            };
            let opened = bench.ask(&visitor, None, &RoomCommand::AcceptInvitation(accept));
            principal(opened.expect("accepted"))
        };
        let agents = [join(1, Role::Agent), join(2, Role::Agent)];
        let viewer = join(3, Role::Viewer);
        let elsewhere = WorkspaceId(Uuid::from_u128(0x12));
        let stranger = Principal { workspace: elsewhere, ..owner.clone() };
        let [one, other] = agents;
        Desk { bench, people: [one, other, owner, viewer, stranger] }
    }

    /// Does something from the same beginning, and takes it back.
    pub fn scene<T>(&mut self, body: impl FnOnce(&mut Desk) -> T) -> T {
        self.run("savepoint scene");
        self.bench.restart();
        self.bench.now = START_MS;
        // Other bits than those that the room was made of: ids are no other's.
        self.bench.entropy = Seeded(7);
        self.bench.turn = Default::default();
        let result = body(self);
        self.run("rollback to scene");
        self.run("release scene");
        result
    }

    /// What the room keeps, in short.
    pub fn state(&self) -> String {
        let mut statement = self.bench.home.connection().prepare_cached(STATE).expect("tables");
        statement.query_row([], |row| row.get(0)).expect("a row")
    }

    /// A frame comes over the first agent's connection.
    pub fn hear(&mut self, codec: Codec, frame: Incoming<'_>) -> Said {
        let seat = Seat {
            connection: ConnectionId(Uuid::from_u128(0xc0)),
            instance: WORKSPACE.to_string(),
            principal: self.people[0].clone(),
            codec,
            views: Vec::new(),
            viewing: None,
            waits: false,
        };
        self.scene(|desk| {
            let before = desk.state();
            let bench = &mut desk.bench;
            let mut world = World { now: bench.now, entropy: &mut bench.entropy };
            let heard = bench.engine.hear(&bench.home, &mut world, &seat, frame, &mut bench.turn);
            let read = |json: Vec<u8>| serde_json::from_slice(&json).expect("a frame is JSON");
            Said {
                frame: heard.frame.map(read),
                close: heard.close.map(|reject| reject.code),
                changed: desk.state() != before,
            }
        })
    }

    /// Somebody asks for something.
    pub fn ask(&mut self, who: usize, key: Option<String>, command: &Value) -> schema::Answer {
        let instance = self.bench.instance.clone();
        let envelope = Envelope::new(instance, self.people[who].clone(), key, command);
        self.bench.answer(&envelope.encode())
    }

    fn run(&self, statement: &str) {
        let mut statement = self.bench.home.connection().prepare_cached(statement).expect("SQL");
        statement.execute([]).expect("a savepoint");
    }
}

fn principal(opened: Opened) -> Principal {
    let caller = Caller::Agent {
        agent: opened.agent.id,
        session: opened.session.id,
        epoch: opened.session.epoch,
        role: opened.agent.role,
    };
    Principal { workspace: opened.workspace.id, caller }
}

fn hash(number: u8) -> String {
    format!("{number:064x}")
}

fn phc(number: u8) -> String {
    format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${}", hash(number))
}
