//! A registered room with an owner, an agent and a viewer, and short ways to ask it.

use crate::kernel::{Effect, Outcome};
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

    /// Every item of a list, asked for in pages of `limit`.
    pub fn pages(&mut self, list: &str, input: &Value, limit: i64) -> Vec<Value> {
        let (mut seen, mut input) = (Vec::new(), input.clone());
        input["limit"] = json!(limit);
        for _ in 0..2_000 {
            let page = self.ask(&json!({ list: input }));
            let items = page["items"].as_array().expect("items").clone();
            assert!(items.len() as i64 <= limit);
            seen.extend(items);
            if page.get("nextCursor").is_none() {
                return seen;
            }
            input["cursor"] = page["nextCursor"].clone();
        }
        panic!("the list never ends");
    }

    /// What storage is asked to forget now.
    pub fn forgotten(&mut self) -> Vec<String> {
        let mut keys = Vec::new();
        self.room.drain(|_, effect| {
            if let Effect::Forget(some) = effect {
                keys.extend(some.clone());
            }
            Outcome::Done(Vec::new())
        });
        keys
    }

    /// The same, in order, where nothing else is wanted of the world.
    pub fn only_forgotten(&mut self) -> Vec<String> {
        let mut keys = Vec::new();
        self.room.drain(|_, effect| {
            let Effect::Forget(some) = effect else { panic!("{effect:?}") };
            keys.extend(some.clone());
            Outcome::Done(b"{}".to_vec())
        });
        keys.sort_unstable();
        keys
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

    /// A mail comes in, answering another where one is named.
    pub fn mail(&mut self, id: &str, answers: Option<&str>) -> Value {
        let mail = json!({
            "rawKey": format!("raw/{id}"),
            "messageId": id,
            "inReplyTo": answers.into_iter().collect::<Vec<_>>(),
            "from": { "name": "Ann Lee", "address": "ann@acme.example" },
            "subject": "Printer",
            "text": format!("mail {id}"),
        });
        self.system(&json!({ "receiveMail": mail }))
    }

    /// Asks as the owner; it is done.
    pub fn owner_asks(&mut self, command: &Value) -> Value {
        let who = self.owner.principal.clone();
        self.ask_as(&who, command).unwrap_or_else(|refused| panic!("{command}: {refused:?}"))
    }

    /// The rows of a table as texts, without some columns.
    pub fn rows(&self, table: &str, without: &[&str]) -> Vec<String> {
        let connection = self.room.home.connection();
        let all = format!("select * from {table} order by 1, 2");
        let mut statement = connection.prepare(&all).expect("a table");
        let names: Vec<String> = statement.column_names().iter().map(|it| (*it).into()).collect();
        let row = |row: &rusqlite::Row<'_>| {
            let cell = |(at, name): (usize, &String)| {
                let value: rusqlite::types::Value = row.get(at).expect("a value");
                format!("{name}={value:?}")
            };
            let kept = names.iter().enumerate().filter(|(_, it)| !without.contains(&it.as_str()));
            Ok(kept.map(cell).collect::<Vec<_>>().join(" "))
        };
        statement.query_map([], row).expect("rows").map(|row| row.expect("a row")).collect()
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
            .chain(
                ["catalogue", "drafts", "followers", "moves", "moved_comments", "notifications"]
                    .iter(),
            )
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
