//! A room in memory, its clock, and the people who talk to it.

use crate::kernel::context::Expelled;
use crate::kernel::engine::World;
use crate::kernel::sockets::{Heard, Incoming, Joined};
use crate::kernel::testing::{Bench, WORKSPACE};
use crate::workspace_room::Core;
use schema::frame::{Codec, Connect, Seat};
use schema::ids::{AgentId, WorkspaceId};
use schema::room::RoomCommand;
use schema::room::access::{
    AcceptInvitation, Authorise, BeginLogin, ChangeAgent, CreateRealtimeTicket, Invitation, Invite,
    LinkIdentity, Login, LoginByIdentity, Opened, Refresh, Refreshed, Register,
};
use schema::{Caller, Millis, Permission, Principal, Reject, Role};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::ops::{Deref, DerefMut};

pub use crate::kernel::testing::START_MS as START;

pub const DAY: Millis = 24 * 60 * 60 * 1000;
pub const ROLES: [Role; 4] = [Role::Viewer, Role::Agent, Role::Admin, Role::Owner];

/// A token's hash.
pub fn hash(token: &str) -> String {
    crate::kernel::engine::hex(&Sha256::digest(token.as_bytes()))
}

/// A password's PHC string.
pub fn phc(password: &str) -> String {
    format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${}", hash(password))
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    pub opened: Opened,
    pub principal: Principal,
}

impl Person {
    pub fn id(&self) -> AgentId {
        self.opened.agent.id
    }

    pub fn of(opened: Opened) -> Self {
        let caller = Caller::Agent {
            agent: opened.agent.id,
            session: opened.session.id,
            epoch: opened.session.epoch,
            role: opened.agent.role,
        };
        let principal = Principal { workspace: opened.workspace.id, caller };
        Self { opened, principal }
    }
}

/// The bench, and what the tests of access need beside.
pub struct Room {
    bench: Bench<Core>,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// The reply to every command that was done.
    pub replies: Vec<Value>,
    made: u64,
}

impl Deref for Room {
    type Target = Bench<Core>;

    fn deref(&self) -> &Bench<Core> {
        &self.bench
    }
}

impl DerefMut for Room {
    fn deref_mut(&mut self) -> &mut Bench<Core> {
        &mut self.bench
    }
}

impl Room {
    /// A room that nobody has registered.
    pub fn empty() -> Self {
        let bench = Bench::new(WORKSPACE.to_string());
        Self { bench, workspace: WORKSPACE, replies: Vec::new(), made: 0 }
    }

    /// A registered room, and its owner.
    pub fn registered() -> (Self, Person) {
        let mut room = Self::empty();
        let opened = room.ask(&room.visitor(), register()).expect("registered");
        (room, Person::of(opened))
    }

    pub fn visitor(&self) -> Principal {
        Principal { workspace: self.workspace, caller: Caller::Visitor }
    }

    /// A text that is no other's.
    pub fn fresh(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}-{}", self.made)
    }

    pub fn try_ask(&mut self, who: &Principal, command: RoomCommand) -> Result<Value, Reject> {
        self.try_ask_with_key(who, None, command)
    }

    pub fn try_ask_with_key(
        &mut self,
        who: &Principal,
        key: Option<&str>,
        command: RoomCommand,
    ) -> Result<Value, Reject> {
        let value = self.bench.call(who, key, &command)?;
        if !matches!(command, RoomCommand::BeginLogin(_)) {
            self.replies.push(value.clone());
        }
        Ok(value)
    }

    pub fn ask<T: DeserializeOwned>(
        &mut self,
        who: &Principal,
        command: RoomCommand,
    ) -> Result<T, Reject> {
        let value = self.try_ask(who, command)?;
        Ok(serde_json::from_value(value).expect("the reply has the shape that is promised"))
    }

    /// Runs what is due.
    pub fn alarm(&mut self) {
        self.bench.alarm();
    }

    /// Invites somebody and accepts for them.
    pub fn join(&mut self, inviter: &Person, role: Role) -> Person {
        let email = format!("{}@example.com", self.fresh("agent"));
        let token = self.fresh("invitation");
        let _: Invitation =
            self.ask(&inviter.principal, invite(&email, role, &token)).expect("invited");
        let refresh = self.fresh("refresh");
        let opened = self.ask(&self.visitor(), accept(&token, &email, &refresh)).expect("accepted");
        Person::of(opened)
    }

    /// Logs somebody in; their password is their address.
    pub fn log_in(&mut self, email: &str, refresh: &str) -> Result<Person, Reject> {
        let begun: schema::room::access::LoginBegun =
            self.ask(&self.visitor(), RoomCommand::BeginLogin(BeginLogin { email: email.into() }))?;
        let agent_id = begun.agent_id.unwrap_or(AgentId(uuid::Uuid::nil()));
        self.ask(&self.visitor(), login(agent_id, &phc(email), refresh)).map(Person::of)
    }

    /// Changes a refresh token for the next.
    pub fn refresh(&mut self, token: &str, next: &str) -> Option<Person> {
        let command =
            RoomCommand::Refresh(Refresh { token_hash: hash(token), next_hash: hash(next) });
        let refreshed: Refreshed =
            self.ask(&self.visitor(), command).expect("a refresh is answered");
        refreshed.opened.map(Person::of)
    }

    /// Whether a caller may, as the gateway asks it.
    pub fn may(&mut self, who: &Principal, permission: Permission) -> Result<Value, Reject> {
        self.try_ask(who, RoomCommand::Authorise(Authorise { permission }))
    }

    /// Opens a WebSocket.
    pub fn connect(&mut self, connect: &Connect) -> Result<Joined, Reject> {
        let bench = &mut self.bench;
        let mut world = World { now: bench.now, entropy: &mut bench.entropy };
        bench.engine.join(&bench.home, &mut world, connect, &mut bench.turn)
    }

    /// Opens a WebSocket as somebody, with the bearer token.
    pub fn sit(&mut self, who: &Person, since: Option<i64>) -> Result<Joined, Reject> {
        let principal = Some(who.principal.clone());
        let connect = Connect { principal, since, ..self.door() };
        self.connect(&connect)
    }

    /// Opens a WebSocket with a ticket.
    pub fn sit_by_ticket(&mut self, ticket: &str) -> Result<Joined, Reject> {
        let connect = Connect { ticket_hash: Some(hash(ticket)), ..self.door() };
        self.connect(&connect)
    }

    /// An upgrade without any proof.
    pub fn door(&self) -> Connect {
        Connect {
            instance: self.workspace.to_string(),
            workspace: self.workspace,
            ticket_hash: None,
            principal: None,
            since: None,
            codec: Codec::Json,
            views: Vec::new(),
            poll: None,
        }
    }

    /// Sends a frame.
    pub fn hear(&mut self, seat: &Seat, frame: Incoming<'_>) -> Heard {
        let bench = &mut self.bench;
        let mut world = World { now: bench.now, entropy: &mut bench.entropy };
        bench.engine.hear(&bench.home, &mut world, seat, frame, &mut bench.turn)
    }

    /// The events that were told, by type.
    pub fn event_types(&self) -> Vec<String> {
        let kind = |json: &str| -> String {
            let event: Value = serde_json::from_str(json).expect("an event is JSON");
            event["type"].as_str().expect("an event has a type").to_owned()
        };
        self.turn.events.iter().map(|event| kind(event.get())).collect()
    }

    /// Whose sockets were closed since this was asked last.
    pub fn take_expelled(&mut self) -> Vec<Expelled> {
        std::mem::take(&mut self.turn.expelled)
    }

    /// A number from the tables.
    pub fn number(&self, statement: &str) -> i64 {
        self.home.connection().query_row(statement, [], |row| row.get(0)).expect("a number")
    }
}

pub fn register() -> RoomCommand {
    RoomCommand::Register(Register {
        name: "Acme".into(),
        owner_email: "Owner@Example.com".into(),
        owner_name: "Olga".into(),
        password_hash: phc("owner@example.com"),
        refresh_hash: hash("owner-refresh"),
    })
}

pub fn invite(email: &str, role: Role, token: &str) -> RoomCommand {
    RoomCommand::Invite(Invite { email: email.into(), name: None, role, token_hash: hash(token) })
}

pub fn accept(token: &str, email: &str, refresh: &str) -> RoomCommand {
    RoomCommand::AcceptInvitation(AcceptInvitation {
        token_hash: hash(token),
        name: Some("Ann".into()),
        password_hash: phc(email),
        refresh_hash: hash(refresh),
    })
}

pub fn login(agent_id: AgentId, password_hash: &str, refresh: &str) -> RoomCommand {
    RoomCommand::Login(Login {
        agent_id,
        password_hash: password_hash.into(),
        refresh_hash: hash(refresh),
        rehash: None,
    })
}

/// Links an account of the directory `contoso`; the password is the agent's address.
pub fn link(person: &Person, user: &str) -> RoomCommand {
    RoomCommand::LinkIdentity(LinkIdentity {
        current_hash: phc(&person.opened.agent.email),
        tenant_id: "contoso".into(),
        user_id: user.into(),
    })
}

pub fn login_by(tenant: &str, user: &str, refresh: &str) -> RoomCommand {
    RoomCommand::LoginByIdentity(LoginByIdentity {
        tenant_id: tenant.into(),
        user_id: user.into(),
        refresh_hash: hash(refresh),
    })
}

pub fn ticket(token: &str) -> RoomCommand {
    RoomCommand::CreateRealtimeTicket(CreateRealtimeTicket { ticket_hash: hash(token) })
}

/// A change of nothing, to be filled in.
pub fn change(agent_id: AgentId) -> ChangeAgent {
    ChangeAgent { agent_id, role: None, active: None, name: None, if_version: None }
}

pub fn set_role(agent_id: AgentId, role: Role) -> RoomCommand {
    RoomCommand::ChangeAgent(ChangeAgent { role: Some(role), ..change(agent_id) })
}

pub fn set_active(agent_id: AgentId, active: bool) -> RoomCommand {
    RoomCommand::ChangeAgent(ChangeAgent { active: Some(active), ..change(agent_id) })
}
