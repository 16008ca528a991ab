//! Comments: the hot path, its limits, what agents have read.

use super::desk::{Desk, text};
use crate::kernel::testing::{Bench, system};
use crate::workspace_room::Core;
use schema::Code;
use schema::room::RoomCommand;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

#[test]
fn a_comment_is_told_with_what_it_changes_about_its_ticket() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("Printer");
    desk.events();
    desk.room.now += 5;
    let comment = desk.comment(&ticket, "  Have you tried turning it off?\r\n");
    let events = desk.events();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["type"], "comment.created");
    assert_eq!(event["ticketId"], json!(ticket));
    assert_eq!(event["data"]["comment"], comment);
    assert_eq!(event["seq"], comment["seq"]);
    assert_eq!(comment["body"], "Have you tried turning it off?");
    assert_eq!(comment["visibility"], "public");
    assert_eq!(comment["author"], json!({ "kind": "agent", "id": desk.agent.id() }));
    let after = desk.get(&ticket);
    for (field, value) in event["data"]["ticket"].as_object().expect("an object") {
        assert_eq!(&after[field], value, "{field}");
    }
    assert_eq!((&after["comments"], &after["version"]), (&json!(1), &json!(2)));
    assert_eq!(after["firstReplyAt"], json!(desk.room.now));
    let read = desk.ask(&json!({ "getComment": { "commentId": comment["id"] } }));
    assert_eq!(read, comment);
}

#[test]
fn after_the_last_number_there_is_there_are_no_comments() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("Printer");
    desk.comment(&ticket, "Hello");
    let list =
        json!({ "listComments": { "ticketId": ticket, "after": schema::codec::INTEGER_MAX } });
    assert_eq!(desk.ask(&list)["items"], json!([]));
}

#[test]
fn only_the_first_public_comment_of_an_agent_is_the_first_reply() {
    let mut desk = Desk::open();
    let opened = desk.ask(&json!({ "createTicket": { "subject": "a", "body": "what it is" } }));
    assert_eq!((&opened["comments"], &opened["firstReplyAt"]), (&json!(1), &Value::Null));
    let ticket = text(&opened["id"]);
    let private = json!({ "ticketId": ticket, "body": "psst", "visibility": "private" });
    desk.ask(&json!({ "postComment": private }));
    assert_eq!(desk.get(&ticket)["firstReplyAt"], Value::Null);
    desk.room.now += 7;
    desk.comment(&ticket, "hello");
    let first = desk.room.now;
    desk.room.now += 7;
    desk.comment(&ticket, "again");
    assert_eq!(desk.get(&ticket)["firstReplyAt"], json!(first));
}

#[test]
fn a_body_has_a_limit_in_bytes_and_something_to_see() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.comment(&ticket, &"a".repeat(65_536));
    for (body, code) in [
        ("a".repeat(65_537), Code::TooLarge),
        ("ä".repeat(32_769), Code::TooLarge),
        (String::new(), Code::InvalidInput),
        (" \n\t".into(), Code::InvalidInput),
        ("\u{200b}\u{200b}".into(), Code::InvalidInput),
        ("a\0b".into(), Code::InvalidInput),
    ] {
        let post = json!({ "postComment": { "ticketId": ticket, "body": body } });
        assert_eq!(desk.refused(&post).0, code, "{} bytes", body.len());
    }
    assert_eq!(desk.get(&ticket)["comments"], 1);
}

#[test]
fn who_may_not_write_does_not_and_a_closed_ticket_takes_nothing() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let post = json!({ "postComment": { "ticketId": ticket, "body": "hi" } });
    let viewer = desk.viewer.principal.clone();
    assert_eq!(desk.refused_as(&viewer, &post).0, Code::Forbidden);
    let visitor = desk.room.visitor();
    assert_eq!(desk.refused_as(&visitor, &post).0, Code::Unauthorized);
    let nowhere = uuid::Uuid::from_u128(7);
    let other = json!({ "postComment": { "ticketId": nowhere, "body": "hi" } });
    assert_eq!(desk.refused(&other).0, Code::NotFound);
    desk.set_status(&ticket, "closed");
    assert_eq!(desk.refused(&post).0, Code::Conflict);
}

#[test]
fn the_same_key_gives_the_same_comment_once() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let post = json!({ "postComment": { "ticketId": ticket, "body": "hi" } });
    let command: RoomCommand = serde_json::from_value(post).expect("a command");
    let who = desk.agent.principal.clone();
    let first = desk.room.try_ask_with_key(&who, Some("k1"), command.clone()).expect("done");
    let second = desk.room.try_ask_with_key(&who, Some("k1"), command).expect("done");
    assert_eq!(first, second);
    assert_eq!(desk.get(&ticket)["comments"], 1);
}

#[test]
fn a_comment_takes_few_statements() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let post = |body: &str| -> RoomCommand {
        let post = json!({ "postComment": { "ticketId": ticket, "body": body } });
        serde_json::from_value(post).expect("a command")
    };
    let who = desk.agent.principal.clone();
    desk.room
        .try_ask_with_key(&who, Some("first"), post("the sweep's timer is set by this"))
        .expect("done");
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&seen);
    desk.room.home.set_hook(Some(Box::new(move |statement| {
        log.borrow_mut().push(statement.split_whitespace().collect::<Vec<_>>().join(" "));
    })));
    let written = desk.room.home.rows_written();
    desk.room.try_ask_with_key(&who, Some("second"), post("counted")).expect("done");
    let written = desk.room.home.rows_written() - written;
    desk.room.home.set_hook(None);
    let seen = seen.borrow();
    let of = |table: &str| seen.iter().filter(|it| it.contains(table)).count();
    assert_eq!((of("sessions"), of("insert into comments"), of("insert into events")), (1, 1, 1));
    // The ticket itself, and whose it is: they may want to hear of the comment.
    assert_eq!((of("from tickets where id"), of("update tickets")), (2, 1));
    assert_eq!(of("into outbox"), 0, "D1 follows the log, and an alarm is armed");
    assert!(seen.len() <= 14, "{} statements: {seen:#?}", seen.len());
    assert_eq!(written, 4, "comment, ticket, event, idempotency key");
    let head = desk.room.number("select seq from head");
    assert!(head < desk.room.number("select max(seq) from events"), "the log knows its end");
    desk.room.restart();
    let post = post("after a restart");
    desk.room.try_ask_with_key(&who, Some("third"), post).expect("the next number is free");
}

#[test]
fn comments_come_in_order_over_pages_and_after_a_seq() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let posted: Vec<i64> = (0..25)
        .map(|n| desk.comment(&ticket, &format!("c{n}"))["seq"].as_i64().expect("a seq"))
        .collect();
    let other = desk.ticket("b");
    desk.comment(&other, "elsewhere");
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let list = json!({ "ticketId": ticket, "limit": 10, "cursor": cursor });
        let page = desk.ask(&json!({ "listComments": list }));
        let items = page["items"].as_array().expect("items").clone();
        seen.extend(items.iter().map(|it| it["seq"].as_i64().expect("a seq")));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, posted);
    let after = json!({ "listComments": { "ticketId": ticket, "after": posted[22] } });
    let page = desk.ask(&after);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn unread_counts_what_others_said_after_the_mark() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let owner = desk.owner.principal.clone();
    let mine = desk.comment(&ticket, "mine");
    for n in 0..3 {
        let post = json!({ "ticketId": ticket, "body": format!("theirs {n}") });
        desk.ask_as(&owner, &json!({ "postComment": post })).expect("done");
    }
    assert_eq!(desk.get(&ticket)["unread"], 3);
    let list = desk.ask(&json!({ "listTickets": {} }));
    assert_eq!(list["items"][0]["unread"], 3);
    desk.events();

    let last = desk.ask(&json!({ "listComments": { "ticketId": ticket } }))["items"][2].clone();
    let read = json!({ "markRead": { "ticketId": ticket, "commentId": last["id"] } });
    let mark = desk.ask(&read);
    assert_eq!((&mark["seq"], &mark["unread"]), (&last["seq"], &json!(1)));
    assert_eq!(desk.event_types(), ["ticket.read"]);

    let back = desk.ask(&json!({ "markRead": { "ticketId": ticket, "seq": mine["seq"] } }));
    assert_eq!(back, mark, "a mark never goes back");
    let far = desk.ask(&json!({ "markRead": { "ticketId": ticket, "seq": 1_000_000 } }));
    assert_eq!(far["unread"], 0);
    let post = json!({ "postComment": { "ticketId": ticket, "body": "later" } });
    desk.ask_as(&owner, &post).expect("done");
    assert_eq!(desk.get(&ticket)["unread"], 1, "a mark does not reach into the future");
    let seen = desk.ask(&json!({ "markRead": { "ticketId": ticket } }));
    assert_eq!(seen["unread"], 0);

    let stranger = desk.ticket("b");
    let wrong = json!({ "markRead": { "ticketId": stranger, "commentId": last["id"] } });
    assert_eq!(desk.refused(&wrong).0, Code::NotFound);
    let operator = schema::Caller::Operator;
    let who = schema::Principal { caller: operator, ..owner };
    let mark = json!({ "markRead": { "ticketId": ticket } });
    assert_eq!(desk.refused_as(&who, &mark).0, Code::Forbidden);
}

#[test]
fn activities_are_the_events_of_the_ticket_the_latest_first() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.comment(&ticket, "one");
    let other = desk.ticket("b");
    desk.comment(&other, "no");
    desk.set_status(&ticket, "solved");
    let list = json!({ "ticketId": ticket, "limit": 2 });
    let page = desk.ask(&json!({ "listActivities": list }));
    let kinds = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("items");
        items.iter().map(|event| text(&event["type"])).collect()
    };
    assert_eq!(kinds(&page), ["ticket.changed", "comment.created"]);
    let next = json!({ "ticketId": ticket, "limit": 2, "cursor": page["nextCursor"] });
    let page = desk.ask(&json!({ "listActivities": next }));
    assert_eq!(kinds(&page), ["ticket.created"]);
    assert!(page.get("nextCursor").is_none());
}

#[test]
fn a_room_that_nobody_registered_has_no_desk() {
    let mut bench: Bench<Core> = Bench::new(crate::kernel::testing::WORKSPACE.to_string());
    let list: RoomCommand =
        serde_json::from_value(json!({ "listTickets": {} })).expect("a command");
    let refused = bench.call(&system(), None, &list).expect_err("nothing is here");
    assert_eq!(refused.code, Code::NotFound);
}
