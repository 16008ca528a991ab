//! Rows that come in, and what all rows are.

mod export;
mod import;
mod items;
mod merges;
mod settings;
mod tables;

use crate::workspace_room::tests::desk::Desk;
use schema::Principal;
use serde_json::{Value, json};

/// A desk whose owner imports and exports.
pub struct Mover {
    pub desk: Desk,
    pub owner: Principal,
}

/// An id of a kind and a number.
pub fn id(kind: u8, number: u32) -> String {
    format!("{kind:02x}000000-0000-8000-8000-0000{number:08x}")
}

impl Mover {
    pub fn open() -> Self {
        let desk = Desk::open();
        let owner = desk.owner.principal.clone();
        Self { desk, owner }
    }

    /// The results of an import.
    pub fn import(&mut self, rows: Value) -> Vec<Value> {
        let command = json!({ "importRows": { "rows": rows } });
        let reply = self.desk.ask_as(&self.owner, &command).expect("imported");
        reply["results"].as_array().expect("results").clone()
    }

    /// The outcomes of an import.
    pub fn outcomes(&mut self, rows: Value) -> Vec<String> {
        let results = self.import(rows);
        results.iter().map(|it| it["outcome"].as_str().expect("an outcome").to_owned()).collect()
    }

    /// Each row is refused, for its field, and nothing is written.
    pub fn refuses(&mut self, bad: &[(Value, &str)]) {
        let before = self.desk.room.home.rows_written();
        for (row, field) in bad {
            let result = &self.import(json!([row]))[0];
            assert_eq!(result["outcome"], "refused", "{row}");
            let reason = result["reason"].as_str().expect("why");
            assert!(reason.contains(field), "{field}: {reason}");
        }
        assert_eq!(self.desk.room.home.rows_written(), before, "the bad rows left nothing");
    }

    /// All rows, and how many pages they took.
    pub fn export(&mut self) -> (Vec<Value>, usize) {
        let (mut rows, mut pages, mut cursor) = (Vec::new(), 0, Value::Null);
        loop {
            let command = json!({ "exportRows": { "cursor": cursor } });
            let page = self.desk.ask_as(&self.owner, &command).expect("a page");
            rows.extend(page["rows"].as_array().expect("rows").iter().cloned());
            pages += 1;
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                return (rows, pages);
            }
        }
    }
}

pub const CREATED: i64 = 1_600_000_000_000;

pub fn agent(number: u32) -> Value {
    json!({ "agent": { "id": id(1, number), "email": format!("agent{number}@old.example"),
        "name": format!("Agent {number}"), "role": "agent", "createdAt": CREATED,
        "updatedAt": CREATED } })
}

pub fn team(number: u32) -> Value {
    json!({ "team": { "id": id(7, number), "name": format!("Team {number}"),
        "memberIds": [id(1, 1)], "createdAt": CREATED, "updatedAt": CREATED } })
}

pub fn category(number: u32) -> Value {
    json!({ "category": { "id": id(8, number), "name": format!("Category {number}"),
        "createdAt": CREATED, "updatedAt": CREATED } })
}

pub fn status(number: u32) -> Value {
    json!({ "customStatus": { "id": id(9, number), "name": format!("Status {number}"),
        "status": "open", "createdAt": CREATED, "updatedAt": CREATED } })
}

/// A row of a kind that can be for a team or an agent, with what only that kind has.
pub fn item(kind: &str, number: u32, own: Value) -> Value {
    let row = json!({ kind: { "id": id(10, number), "name": format!("{kind} {number}"),
        "createdAt": CREATED, "updatedAt": CREATED } });
    with(row, own)
}

pub fn company(number: u32) -> Value {
    json!({ "company": { "id": id(2, number), "name": format!("Company {number}"),
        "domain": format!("c{number}.example"), "createdAt": CREATED } })
}

pub fn user(number: u32) -> Value {
    json!({ "user": { "id": id(3, number), "email": format!("user{number}@c1.example"),
        "name": "Ünïcode 🦀 \"quoted\"", "companyId": id(2, 1), "createdAt": CREATED,
        "updatedAt": CREATED } })
}

pub fn ticket(number: u32) -> Value {
    json!({ "ticket": { "id": id(4, number), "number": number, "subject": "It's \\ broken",
        "status": "open", "priority": "high", "tags": ["a", "b"], "assigneeId": id(1, 1),
        "userId": id(3, 1), "source": "mail", "createdAt": CREATED, "updatedAt": CREATED + 5 } })
}

pub fn comment(number: u32, of: u32) -> Value {
    json!({ "comment": { "id": id(5, number), "ticketId": id(4, of),
        "author": { "kind": "user", "id": id(3, 1) }, "visibility": "public",
        "body": format!("line 1\nline {number}"), "source": "mail", "automatic": false,
        "createdAt": CREATED + i64::from(number) } })
}

pub fn file(number: u32, of: u32) -> Value {
    json!({ "attachment": { "id": id(6, number), "commentId": id(5, of),
        "fileName": "plan.pdf", "contentType": "application/pdf", "bytesCount": 3,
        "sha256": "ba".repeat(32), "inline": false } })
}

/// One of each, each leaning on those before it.
pub fn one_of_each() -> Value {
    json!([
        agent(1),
        team(1),
        company(1),
        user(1),
        ticket(7),
        comment(1, 7),
        comment(2, 7),
        file(1, 2)
    ])
}

/// A row with some of its fields set.
pub fn with(mut row: Value, fields: Value) -> Value {
    let inner = row.as_object_mut().expect("a row").values_mut().next().expect("one");
    for (name, value) in fields.as_object().expect("fields") {
        inner[name] = value.clone();
    }
    row
}
