//! D1 rows: once the outbox has drained they are what the room says.

use super::desk::{Desk, text};
use crate::workspace_room::overview;
use schema::envelope::KernelCommand;
use schema::summary::{Cell, Table};
use serde_json::json;

/// Drains the outbox, alarms included, and compares every row with what the room says now.
fn settle(desk: &mut Desk) {
    for _ in 0..20 {
        desk.room.drain(|entry, _| unreachable!("{}: there are only summaries", entry.kind));
        desk.room.alarm();
    }
    let rows = desk.room.rows.clone();
    desk.ask(&json!({ "snapshot": {} }));
    let ids = desk.room.number("select count(*) from tickets");
    assert_eq!(rows.len() as i64, ids + 1);
    for ((table, id), row) in rows {
        let said = desk.room.look(|ctx| overview::summary(ctx, table, &id));
        assert_eq!(Some(row), said, "{table:?} {id}");
    }
}

#[test]
fn rows_are_what_the_room_says_after_every_kind_of_change() {
    let mut desk = Desk::open();
    settle(&mut desk);
    let create = json!({ "subject": "a", "userEmail": "a@acme.example", "body": "hi" });
    let ticket = desk.ask(&json!({ "createTicket": create }));
    let id = text(&ticket["id"]);
    settle(&mut desk);
    desk.room.now += 5;
    desk.comment(&id, "more");
    settle(&mut desk);
    desk.set_status(&id, "solved");
    let change = json!({ "ticketId": id, "assigneeId": desk.agent.id(), "tags": ["x"] });
    desk.ask(&json!({ "changeTicket": change }));
    settle(&mut desk);
    desk.room.now += 5;
    let user = json!({ "userId": ticket["userId"], "email": "a@new.example" });
    desk.ask(&json!({ "changeUser": user }));
    settle(&mut desk);
    let key = (Table::Tickets, id);
    assert!(desk.room.rows[&key].cells.contains(&Cell::Text("new.example".into())));
    let key = (Table::Workspaces, desk.room.workspace.to_string());
    let cells = &desk.room.rows[&key].cells;
    assert_eq!(cells[2..], [3, 1, 0, 0].map(Cell::Integer));
}

#[test]
fn all_rows_are_written_again_however_many_there_are() {
    let mut desk = Desk::open();
    for _ in 0..1_203 {
        desk.ticket("a");
    }
    settle(&mut desk);
    desk.room.rows.clear();
    let owner = desk.owner.principal.clone();
    let reply = desk.room.kernel(&owner, &KernelCommand::Summarise).expect("an owner may");
    assert_eq!(reply["rows"], 1_204);
    settle(&mut desk);
}
