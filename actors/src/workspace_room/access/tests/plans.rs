//! No statement of access reads a whole table, but those that are meant to.

use super::world::{DAY, Room};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// The tables of access that may not be read whole.
const TABLES: [&str; 6] =
    ["agents", "sessions", "refresh_tokens", "realtime_tickets", "invitations", "identities"];

/// What reads a table whole, and why that is bounded.
const ALLOWED: [&str; 5] = [
    // At most a thousand agents: the list itself, the seats taken, the other owner, the overview.
    "from agents order by id",
    "select count(*) from agents",
    "where role = 'owner' and active = 1 and id <> ?",
    "from workspace w cross join desk d",
    // In the order of the key, with a limit.
    "from invitations order by id desc limit ?",
];

#[test]
fn statements_find_their_rows_by_an_index() {
    let seen = Rc::new(RefCell::new(BTreeSet::new()));
    let mut room = Room::empty();
    let log = Rc::clone(&seen);
    room.home.set_hook(Some(Box::new(move |statement| {
        log.borrow_mut().insert(statement.to_owned());
    })));
    super::canary::live(&mut room);
    room.now += 200 * DAY;
    room.alarm();
    room.begin();
    room.home.set_hook(None);

    let mut planned = 0;
    let asks = |statement: &&String| {
        let made = ["create ", "alter "].iter().any(|make| statement.contains(make));
        *statement != "set_alarm" && !made
    };
    for statement in seen.borrow().iter().filter(asks) {
        let allowed = ALLOWED.iter().any(|part| statement.contains(part));
        for step in plan(&room, statement) {
            let whole = TABLES.iter().any(|table| {
                step == format!("SCAN {table}") || step.starts_with(&format!("SCAN {table} USING"))
            });
            let sorts = step.contains("TEMP B-TREE");
            assert!(allowed || !(whole || sorts), "{step}: {statement}");
        }
        planned += usize::from(TABLES.iter().any(|table| statement.contains(table)));
    }
    assert!(planned > 30, "only {planned} statements of access were seen");
}

fn plan(room: &Room, statement: &str) -> Vec<String> {
    let explained = format!("explain query plan {statement}");
    let mut explained = room.home.connection().prepare(&explained).expect("a plan");
    for parameter in 1..=explained.parameter_count() {
        explained.raw_bind_parameter(parameter, 1).expect("bound");
    }
    let mut rows = explained.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("a step") {
        steps.push(row.get(3).expect("its text"));
    }
    steps
}
