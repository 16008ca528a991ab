//! Loading the room, by the importer.

use super::words::Words;
use super::write::Written;
use super::{Big, Size};
use actors::kernel::Outcome;
use actors::kernel::testing::{Bench, START_MS, Seeded, WORKSPACE};
use actors::workspace_room::Core;
use schema::room::RoomCommand;
use schema::{Caller, Principal, Role};
use serde_json::{Value, json};

const AGENTS: u64 = 20;
const COMPANIES: u64 = 300;
const USERS: u64 = 5_000;
/// How many rows one call of the importer takes.
const ROWS: usize = 100;
/// After how many calls the room does what is due.
const CALLS: usize = 50;
const HOUR_MS: u64 = 60 * 60 * 1000;

/// The id of a thing: of tickets, `0x10`.
#[must_use]
pub fn id(kind: u8, number: u64) -> String {
    format!("000000{kind:02x}-0000-7000-8000-{number:012x}")
}

/// A room that was filled before.
#[must_use]
pub fn again(bench: Bench<Core>, size: Size) -> Big {
    let session = "select a.id, s.id, a.epoch from agents a join sessions s on s.agent_id = a.id";
    let read = |row: &rusqlite::Row<'_>| {
        let (agent, session): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((agent, session, row.get(2)?))
    };
    let (agent, session, epoch) =
        bench.home.connection().query_row(session, [], read).expect("the owner's session");
    let caller = Caller::Agent {
        agent: agent.parse().expect("an id"),
        session: session.parse().expect("an id"),
        epoch,
        role: Role::Owner,
    };
    of(bench, Principal { workspace: WORKSPACE, caller }, size)
}

fn of(bench: Bench<Core>, owner: Principal, size: Size) -> Big {
    let agents = (0..AGENTS).map(|n| id(1, n)).collect();
    Big { bench, owner, agents, words: Words::new(1), size, loaded: String::new() }
}

/// Fills an empty room.
#[must_use]
pub fn load(mut bench: Bench<Core>, size: Size) -> Big {
    let owner = register(&mut bench);
    let mut big = of(bench, owner, size);
    let mut dice = Seeded(2);
    let mut import = Import { waiting: Vec::new(), calls: 0 };
    let users = USERS.min(size.tickets);
    for n in 0..AGENTS {
        let agent = json!({ "id": id(1, n), "email": format!("agent{n}@desk.example"),
            "name": format!("Agent {n}"), "role": "agent", "createdAt": 1, "updatedAt": 1 });
        import.row(&mut big, json!({ "agent": agent }));
    }
    for n in 0..COMPANIES {
        let name = format!("{} works", big.words.rank(500 + n as usize));
        let company = json!({ "id": id(2, n), "name": name, "createdAt": 1,
            "domain": format!("company{n}.example") });
        import.row(&mut big, json!({ "company": company }));
    }
    for n in 0..users {
        let (first, last) = (big.words.text(&mut dice, 1), big.words.rank(1_000 + n as usize));
        let company = n % COMPANIES;
        let user = json!({ "id": id(3, n), "name": format!("{first} {last}"),
            "email": format!("{last}.{n}@company{company}.example"),
            "companyId": id(2, company), "createdAt": 1, "updatedAt": 1 });
        import.row(&mut big, json!({ "user": user }));
    }
    let written = Written::since(&big);
    for n in 0..size.tickets {
        ticket(&mut big, &mut import, &mut dice, n, users);
    }
    import.call(&mut big);
    settle(&mut big);
    let things = size.tickets * (1 + size.comments_each);
    big.loaded = written.line(&big, "an imported ticket or comment", things);
    big
}

fn ticket(big: &mut Big, import: &mut Import, dice: &mut Seeded, n: u64, users: u64) {
    let age_ms = (big.size.tickets - n) * HOUR_MS / 4;
    let created_at = START_MS - age_ms as i64;
    // Old tickets are closed, most of the others are being worked on.
    let recent = n + big.size.tickets / 20 > big.size.tickets;
    let statuses = if recent {
        ["open", "open", "pending", "waiting", "solved"]
    } else {
        ["closed", "closed", "closed", "solved", "open"]
    };
    let mut open = statuses[dice.below(5) as usize];
    if !recent && open == "open" && dice.below(4) > 0 {
        open = "closed";
    }
    let until_now = |at: u64| (created_at + at as i64).min(START_MS);
    let updated_at = until_now(dice.below(90 * HOUR_MS));
    let mut row = json!({
        "id": id(0x10, n), "number": n + 1, "subject": big.words.text(dice, 6), "status": open,
        "priority": (["low", "normal", "normal", "high", "urgent"][dice.below(5) as usize]),
        "tags": [format!("tag{}", dice.below(40))], "userId": id(3, dice.below(users)),
        "source": (["mail", "agent"][dice.below(2) as usize]),
        "createdAt": created_at, "updatedAt": updated_at,
    });
    if dice.below(5) > 0 {
        row["assigneeId"] = id(1, dice.below(AGENTS)).into();
    }
    import.row(big, json!({ "ticket": row }));
    for m in 0..big.size.comments_each {
        let author = if m % 2 == 0 {
            json!({ "kind": "user", "id": row["userId"] })
        } else {
            json!({ "kind": "agent", "id": id(1, dice.below(AGENTS)) })
        };
        let length = 15 + dice.below(75);
        let comment = json!({
            "id": id(0x11, n * big.size.comments_each + m), "ticketId": row["id"],
            "author": author, "visibility": if m % 5 == 4 { "private" } else { "public" },
            "body": big.words.text(dice, length), "source": "mail",
            "createdAt": until_now(m * HOUR_MS),
        });
        import.row(big, json!({ "comment": comment }));
    }
}

fn register(bench: &mut Bench<Core>) -> Principal {
    let visitor = Principal { workspace: WORKSPACE, caller: Caller::Visitor };
    let hash = "0".repeat(64);
    let command = json!({ "register": { "name": "Big", "ownerEmail": "o@desk.example",
        "ownerName": "Olga", "refreshHash": hash,
        "passwordHash": "$argon2id$v=19$m=19456,t=2,p=1$c2Fs$aGFz" } });
    let opened = bench.call(&visitor, None, &command_of(&command)).expect("registered");
    let read = |value: &Value| serde_json::from_value(value.clone()).expect("an id");
    let caller = Caller::Agent {
        agent: read(&opened["agent"]["id"]),
        session: serde_json::from_value(opened["session"]["id"].clone()).expect("an id"),
        epoch: opened["session"]["epoch"].as_i64().expect("a number"),
        role: Role::Owner,
    };
    Principal { workspace: WORKSPACE, caller }
}

/// A command as it is on the wire.
#[must_use]
pub fn command_of(json: &Value) -> RoomCommand {
    serde_json::from_value(json.clone()).expect("a command")
}

struct Import {
    waiting: Vec<Value>,
    calls: usize,
}

impl Import {
    fn row(&mut self, big: &mut Big, row: Value) {
        self.waiting.push(row);
        if self.waiting.len() == ROWS {
            self.call(big);
        }
    }

    fn call(&mut self, big: &mut Big) {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return;
        }
        let command = command_of(&json!({ "importRows": { "rows": rows } }));
        let reply = big.bench.call(&big.owner, None, &command).expect("imported");
        for result in reply["results"].as_array().expect("results") {
            assert_eq!(result["outcome"], "created", "{result}");
        }
        self.calls += 1;
        if self.calls.is_multiple_of(CALLS) {
            settle(big);
        }
    }
}

/// Does what is due: the index, the rows of D1.
pub fn settle(big: &mut Big) {
    for _ in 0..1_000 {
        big.bench.drain(|_, _| Outcome::Done(Vec::new()));
        big.bench.rows.clear();
        big.bench.turn.events.clear();
        let now = big.bench.now;
        let due = format!("timers where due <= {now}");
        if big.bench.count(&due) == 0 {
            return;
        }
        big.bench.fire_alarm();
    }
    panic!("something is always due");
}
