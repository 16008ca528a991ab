//! A registered room with an owner, an agent and a viewer, and short ways to ask it.

use crate::workspace_room::access::tests::world::{Person, Room};

use schema::room::RoomCommand;
use schema::{Code, Principal, Role};
use serde_json::{Value, json};

/// The room and its people.
pub struct Desk {
    pub room: Room,
    pub owner: Person,
    pub agent: Person,
    pub viewer: Person,
}

impl Desk {
    pub fn open() -> Self {
        let (mut room, owner) = Room::registered();
        let agent = room.join(&owner, Role::Agent);
        let viewer = room.join(&owner, Role::Viewer);
        Self { room, owner, agent, viewer }
    }

    /// Asks as somebody; the command is read as a WebSocket frame's is.
    pub fn ask_as(&mut self, who: &Principal, command: &Value) -> Result<Value, (Code, Value)> {
        let bytes = serde_json::to_vec(command).expect("JSON");
        let command: RoomCommand = schema::codec::from_json(&bytes).expect("a known command");
        self.room
            .try_ask(who, command)
            .map_err(|reject| (reject.code, reject.details.unwrap_or(Value::Null)))
    }

    /// Asks as the agent.
    pub fn try_ask(&mut self, command: &Value) -> Result<Value, (Code, Value)> {
        let who = self.agent.principal.clone();
        self.ask_as(&who, command)
    }

    /// Asks as the agent; it is done.
    pub fn ask(&mut self, command: &Value) -> Value {
        self.try_ask(command).unwrap_or_else(|refused| panic!("{command}: {refused:?}"))
    }

    /// Asks as the agent; it is refused, and nothing has changed.
    pub fn refused(&mut self, command: &Value) -> (Code, Value) {
        let who = self.agent.principal.clone();
        self.refused_as(&who, command)
    }

    /// Asks as somebody; it is refused, and nothing has changed.
    pub fn refused_as(&mut self, who: &Principal, command: &Value) -> (Code, Value) {
        let before = self.changes();
        let refused = self.ask_as(who, command).expect_err("refused");
        assert_eq!(self.changes(), before, "{command} was refused and left something");
        refused
    }

    /// Asks as the owner; it is done.
    pub fn manage(&mut self, command: &Value) -> Value {
        let who = self.owner.principal.clone();
        self.ask_as(&who, command).unwrap_or_else(|refused| panic!("{command}: {refused:?}"))
    }

    /// Asks as the owner; it is refused, and nothing has changed.
    pub fn manage_refused(&mut self, command: &Value) -> (Code, Value) {
        let who = self.owner.principal.clone();
        self.refused_as(&who, command)
    }

    /// Asks as Postroom itself; it is done.
    pub fn system(&mut self, command: &Value) -> Value {
        let who = crate::kernel::testing::system();
        self.ask_as(&who, command).unwrap_or_else(|refused| panic!("{command}: {refused:?}"))
    }

    /// Lets the agent log in again, after a long time.
    pub fn log_in_again(&mut self) {
        let (email, token) = (self.agent.opened.agent.email.clone(), self.room.fresh("refresh"));
        self.agent = self.room.log_in(&email, &token).expect("logged in");
    }

    /// A ticket's id.
    pub fn ticket(&mut self, subject: &str) -> String {
        let ticket = self.ask(&json!({ "createTicket": { "subject": subject } }));
        text(&ticket["id"])
    }

    pub fn get(&mut self, ticket: &str) -> Value {
        self.ask(&json!({ "getTicket": { "ticketId": ticket } }))
    }

    pub fn comment(&mut self, ticket: &str, body: &str) -> Value {
        self.ask(&json!({ "postComment": { "ticketId": ticket, "body": body } }))
    }

    pub fn set_status(&mut self, ticket: &str, status: &str) -> Value {
        self.ask(&json!({ "changeTicket": { "ticketId": ticket, "status": status } }))
    }

    /// The events since this was asked last.
    pub fn events(&mut self) -> Vec<Value> {
        let events = std::mem::take(&mut self.room.turn.events);
        events.iter().map(|it| serde_json::from_str(it.get()).expect("JSON")).collect()
    }

    /// The types of the events since they were asked for last.
    pub fn event_types(&mut self) -> Vec<String> {
        self.events().iter().map(|event| text(&event["type"])).collect()
    }

    /// Moves the clock, and does what is due by then.
    pub fn pass(&mut self, millis: i64) {
        self.room.now += millis;
        self.room.alarm();
    }

    /// Grows with every row that is written and stays.
    fn changes(&self) -> Vec<i64> {
        ["events", "users", "companies", "tickets", "comments", "reads", "mail_ids", "outbox"]
            .iter()
            .chain(["timers", "scheduled_comments", "ticket_tags", "automatic_senders"].iter())
            .chain(["teams", "team_members", "handles", "attributes", "user_merges"].iter())
            .chain(["company_domains", "free_mail", "erasures", "api_keys", "audit"].iter())
            .map(|table| self.room.count(table))
            .chain([self.room.number("select last_number + changes from desk")])
            .chain([self.room.number("select coalesce(sum(version), 0) from tickets")])
            .collect()
    }
}

/// The text of a value.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}
