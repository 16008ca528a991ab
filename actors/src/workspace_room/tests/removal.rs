//! Deleted tickets: gone for every reader, known to mail, restored as they were, and at last empty.

use super::desk::{Desk, text};
use schema::Code;
use schema::summary::Table;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn delete(desk: &mut Desk, ticket: &str) -> Value {
    desk.owner_asks(&json!({ "deleteTicket": { "ticketId": ticket } }))
}

#[test]
fn nothing_finds_a_deleted_ticket_and_its_number_stays_used() {
    let mut desk = Desk::open();
    let receipt = desk.mail("1@x", None);
    let ticket = text(&receipt["ticketId"]);
    let me = desk.agent.id();
    desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "tags": ["red"], "assigneeId": me } }));
    let user = desk.get(&ticket)["userId"].clone();
    let agent = json!({ "deleteTicket": { "ticketId": ticket } });
    assert_eq!(desk.refused(&agent).0, Code::Forbidden);
    desk.events();
    delete(&mut desk, &ticket);
    assert_eq!(desk.event_types(), ["ticket.deleted"]);

    for list in [
        json!({}),
        json!({ "sort": "createdAt" }),
        json!({ "createdFrom": 0 }),
        json!({ "tag": "red" }),
        json!({ "userId": user }),
        json!({ "assigneeId": me }),
        json!({ "status": ["open"] }),
    ] {
        let page = desk.ask(&json!({ "listTickets": list }));
        assert_eq!(page["items"], json!([]), "{list}");
    }
    for command in [
        json!({ "getTicket": { "ticketId": ticket } }),
        json!({ "listComments": { "ticketId": ticket } }),
        json!({ "listActivities": { "ticketId": ticket } }),
        json!({ "getComment": { "commentId": receipt["commentId"] } }),
        json!({ "postComment": { "ticketId": ticket, "body": "x" } }),
        json!({ "changeTicket": { "ticketId": ticket, "priority": "low" } }),
        json!({ "snoozeTicket": { "ticketId": ticket } }),
        json!({ "claimTicket": { "ticketId": ticket } }),
        json!({ "saveDraft": { "ticketId": ticket, "body": "x" } }),
        json!({ "markRead": { "ticketId": ticket } }),
    ] {
        assert_eq!(desk.refused(&command).0, Code::NotFound, "{command}");
    }
    for query in ["Printer", "mail"] {
        let found =
            desk.ask(&json!({ "search": { "query": query, "kind": ["ticket", "comment"] } }));
        assert_eq!(found["items"], json!([]), "{query}");
    }
    let snapshot = desk.ask(&json!({ "snapshot": {} }));
    assert_eq!(
        (&snapshot["counts"]["open"], &snapshot["tickets"]["items"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(desk.ask(&json!({ "createTicket": { "subject": "b" } }))["number"], 2);
    desk.room.drain(|entry, _| unreachable!("{}: there are only summaries", entry.kind));
    assert!(desk.room.rows[&(Table::Tickets, ticket)].deleted);
}

#[test]
fn mail_of_a_deleted_ticket_does_not_come_in_again_and_an_answer_opens_a_new_one() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    delete(&mut desk, &ticket);
    assert_eq!(desk.mail("1@x", None)["outcome"], "duplicate");
    let answer = desk.mail("2@x", Some("1@x"));
    assert_eq!(answer["outcome"], "opened");
    assert_ne!(answer["ticketId"], json!(ticket));
    assert_eq!(desk.get(&text(&answer["ticketId"]))["followsTicketId"], Value::Null);
    desk.pass(31 * DAY);
    for _ in 0..5 {
        desk.room.alarm();
    }
    desk.forgotten();
    assert_eq!(desk.mail("1@x", None)["outcome"], "duplicate", "for good");
    let keys = desk.forgotten();
    assert_eq!(keys, ["raw/1@x"], "nor is it kept");
    assert_eq!(desk.mail("2@x", None)["outcome"], "duplicate");
    assert_eq!(desk.forgotten(), Vec::<String>::new(), "this one's ticket is there");
}

#[test]
fn a_restored_ticket_is_as_it_was() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "tags": ["red"] } }));
    let before = desk.get(&ticket);
    let tables = |desk: &Desk| {
        ["ticket_tags", "comments", "ticket_counts", "mail_ids"].map(|table| desk.rows(table, &[]))
    };
    let rows = tables(&desk);
    delete(&mut desk, &ticket);
    desk.events();
    let after = desk.owner_asks(&json!({ "restoreTicket": { "ticketId": ticket } }));
    assert_eq!(desk.event_types(), ["ticket.restored"]);
    for (field, value) in before.as_object().expect("an object") {
        if !["version", "updatedAt", "unread"].contains(&field.as_str()) {
            assert_eq!(&after[field], value, "{field}");
        }
    }
    assert_eq!(tables(&desk), rows);
    let owner = desk.owner.principal.clone();
    let again = json!({ "restoreTicket": { "ticketId": ticket } });
    assert_eq!(desk.refused_as(&owner, &again).0, Code::Conflict);
    let tagged = desk.ask(&json!({ "listTickets": { "tag": "red" } }));
    assert_eq!(tagged["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn after_thirty_days_nothing_is_left_but_the_number() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("secret subject");
    for n in 0..450 {
        desk.comment(&ticket, &format!("secret {n}"));
    }
    let later = desk.room.now + 300 * DAY;
    let wait = json!({ "ticketId": ticket, "body": "secret", "publishAt": later });
    desk.ask(&json!({ "scheduleComment": wait }));
    desk.ask(&json!({ "saveDraft": { "ticketId": ticket, "body": "secret" } }));
    desk.ask(&json!({ "followTicket": { "ticketId": ticket } }));
    let other = desk.ticket("other");
    desk.comment(&other, "stays");
    delete(&mut desk, &ticket);
    desk.pass(29 * DAY);
    assert_eq!(desk.room.count("comments"), 451);
    desk.pass(DAY);
    for _ in 0..5 {
        desk.room.alarm();
    }
    for (table, left) in
        [("comments", 1), ("drafts", 0), ("followers", 0), ("scheduled_comments", 0)]
    {
        assert_eq!(desk.room.count(table), left, "{table}");
    }
    assert_eq!(desk.room.number("select count(*) from timers where kind = 'publish'"), 0);
    let unlisted = "select count(*) from events where ticket_id is null
        and json_extract(json, '$.type') = 'comment.created'";
    assert_eq!(desk.room.number(unlisted), 1, "of the ticket that still has its comment");
    let rows = desk.rows("tickets", &[]).join("\n");
    assert!(!rows.contains("secret"), "{rows}");
    let fresh = desk.room.log_in("owner@example.com", "again").expect("logged in").principal;
    let restore = json!({ "restoreTicket": { "ticketId": ticket } });
    assert_eq!(desk.ask_as(&fresh, &restore).expect_err("gone").0, Code::Gone);
}

#[test]
fn what_d1_shows_of_a_deleted_ticket_goes_with_it() {
    let mut desk = Desk::open();
    let create = json!({ "subject": "secret", "userEmail": "secret@customer.example" });
    let made = desk.ask(&json!({ "createTicket": create }));
    let ticket = text(&made["id"]);
    for name in ["a", "b", "c", "d"] {
        desk.ask(&json!({ "changeUser": { "userId": made["userId"], "name": name } }));
    }
    delete(&mut desk, &ticket);
    desk.pass(31 * DAY);
    desk.room.drain(|entry, _| unreachable!("{}: there are only summaries", entry.kind));
    let row = format!("{:?}", desk.room.rows[&(Table::Tickets, ticket)]);
    assert!(!row.contains("secret"), "{row}");
}

#[test]
fn a_comment_that_waits_on_a_deleted_ticket_is_never_published() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let later = desk.room.now + DAY;
    let wait = json!({ "ticketId": ticket, "body": "x", "publishAt": later });
    desk.ask(&json!({ "scheduleComment": wait }));
    delete(&mut desk, &ticket);
    desk.events();
    desk.pass(DAY);
    let event = desk.events().pop().expect("an event");
    assert_eq!(event["data"]["reason"], "ticketDeleted");
    assert_eq!(desk.room.count("comments"), 0);
}

#[test]
fn what_storage_keeps_of_a_deleted_ticket_goes_with_it() {
    let mut desk = Desk::open();
    let receive = |desk: &mut Desk, id: &str, file: &str| {
        let sha256 = format!("{:0<64}", file.len());
        let mail = desk.system(&json!({ "receiveMail": {
            "rawKey": format!("raw-{id}"), "messageId": format!("{id}@x"), "subject": "s",
            "text": "t", "from": { "address": "ann@customer.example" },
            "attachments": [{ "fileName": file, "contentType": "text/plain", "bytesCount": 1,
                "sha256": sha256, "key": format!("objects/{file}") }] } }));
        text(&mail["ticketId"])
    };
    let ticket = receive(&mut desk, "1", "own");
    let also = receive(&mut desk, "2", "shared");
    receive(&mut desk, "3", "shared");
    for ticket in [&ticket, &also] {
        delete(&mut desk, ticket);
    }
    desk.pass(31 * DAY);
    assert_eq!(desk.only_forgotten(), ["objects/own", "raw-1", "raw-2"]);
}
