//! Tickets: numbers, the status machine, changes and versions.

use super::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

#[test]
fn numbers_have_no_gap_whatever_was_refused_between() {
    let mut desk = Desk::open();
    for n in 1..=5 {
        let bad = json!({ "createTicket": { "subject": "  " } });
        assert_eq!(desk.refused(&bad).0, Code::InvalidInput);
        let nobody = uuid::Uuid::from_u128(9);
        let bad = json!({ "createTicket": { "subject": "a", "assigneeId": nobody } });
        assert_eq!(desk.refused(&bad).0, Code::InvalidInput);
        let ticket = desk.ask(&json!({ "createTicket": { "subject": "a" } }));
        assert_eq!(ticket["number"], n);
    }
}

#[test]
fn a_ticket_is_opened_with_all_that_is_said_about_it() {
    let mut desk = Desk::open();
    desk.events();
    let ticket = desk.ask(&json!({ "createTicket": {
        "subject": " Printer  on fire ",
        "body": "It burns.",
        "userEmail": "Ann@Acme.example",
        "userName": "Ann",
        "priority": "urgent",
        "tags": ["VIP", "fire", "vip"],
        "assigneeId": desk.agent.id(),
        "status": "pending",
    } }));
    assert_eq!(ticket["subject"], "Printer  on fire");
    assert_eq!(ticket["tags"], json!(["fire", "vip"]));
    assert_eq!((&ticket["priority"], &ticket["status"]), (&json!("urgent"), &json!("pending")));
    assert_eq!(ticket["userEmail"], "ann@acme.example");
    assert_eq!(ticket["companyName"], "acme.example");
    assert_eq!(ticket["assigneeId"], json!(desk.agent.id()));
    let events = desk.events();
    let kinds: Vec<_> = events.iter().map(|event| text(&event["type"])).collect();
    let all = ["company.created", "user.created", "ticket.created", "comment.created"];
    assert_eq!(kinds, all);
    assert!(events[2]["data"]["ticket"].get("unread").is_none(), "what one agent has not read");
    for (field, value) in events[2]["data"]["ticket"].as_object().expect("an object") {
        if !["comments", "version", "lastCommentAt"].contains(&field.as_str()) {
            assert_eq!(&ticket[field], value, "{field}");
        }
    }
    let counts = desk.ask(&json!({ "snapshot": {} }))["counts"].clone();
    assert_eq!(counts, json!({ "open": 0, "pending": 1, "waiting": 0, "solved": 0, "closed": 0 }));
}

#[test]
fn only_legal_steps_are_taken() {
    let statuses = ["open", "pending", "waiting", "solved", "closed"];
    let legal = |from: &str, to: &str| match from {
        "solved" => ["open", "closed"].contains(&to),
        "closed" => false,
        from => from != to,
    };
    let mut desk = Desk::open();
    for from in statuses {
        for to in statuses {
            let create = json!({ "createTicket": { "subject": "a", "status": from } });
            let ticket = text(&desk.ask(&create)["id"]);
            let change = json!({ "changeTicket": { "ticketId": ticket, "status": to } });
            if legal(from, to) {
                let after = desk.ask(&change);
                assert_eq!(after["status"], to);
                let ended = ["solved", "closed"].contains(&to);
                assert_eq!(after["solvedAt"].is_null(), !ended, "{from} to {to}");
                assert_eq!(after["closedAt"].is_null(), to != "closed", "{from} to {to}");
            } else if from == to && from != "closed" {
                assert_eq!(desk.ask(&change)["version"], 1, "nothing changes");
            } else {
                let (code, details) = desk.refused(&change);
                assert_eq!(code, Code::Conflict, "{from} to {to}");
                assert_eq!(details["from"], from);
            }
        }
    }
    let counts = desk.ask(&json!({ "snapshot": {} }))["counts"].clone();
    for status in statuses {
        let rows =
            desk.room.number(&format!("select count(*) from tickets where status = '{status}'"));
        assert_eq!(counts[status], rows, "{status}");
    }
}

#[test]
fn a_closed_ticket_opens_again_only_when_asked_to() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let reopen = json!({ "reopenTicket": { "ticketId": ticket } });
    assert_eq!(desk.refused(&reopen).0, Code::Conflict);
    desk.set_status(&ticket, "closed");
    desk.events();
    let after = desk.ask(&reopen);
    assert_eq!((&after["status"], &after["closedAt"]), (&json!("open"), &Value::Null));
    assert_eq!(desk.event_types(), ["ticket.reopened"]);
}

#[test]
fn a_change_tells_what_was_before_and_heeds_the_version() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let me = desk.agent.id();
    desk.events();
    let changed = desk.ask(&json!({ "changeTicket": {
        "ticketId": ticket, "assigneeId": me, "tags": ["x"], "ifVersion": 1,
    } }));
    assert_eq!((&changed["version"], &changed["assigneeId"]), (&json!(2), &json!(me)));
    let event = desk.events().pop().expect("an event");
    assert_eq!(event["type"], "ticket.changed");
    assert_eq!(event["data"]["before"], json!({ "assigneeId": null, "tags": [] }));

    let old = json!({ "changeTicket": { "ticketId": ticket, "subject": "b", "ifVersion": 1 } });
    let (code, details) = desk.refused(&old);
    assert_eq!((code, &details["version"]), (Code::VersionMismatch, &json!(2)));

    let free = desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "assigneeId": null } }));
    assert_eq!((&free["assigneeId"], &free["tags"]), (&Value::Null, &json!(["x"])));
    desk.events();
    let same = desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "subject": "a" } }));
    assert_eq!(same["version"], 3);
    assert_eq!(desk.event_types(), [] as [&str; 0], "nothing changed, nothing is told");
}

#[test]
fn nothing_of_a_change_happens_where_a_part_of_it_is_refused() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.set_status(&ticket, "solved");
    for part in [
        json!({ "status": "waiting" }),
        json!({ "assigneeId": desk.viewer.id() }),
        json!({ "subject": "two\nlines" }),
        json!({ "tags": [" "] }),
        json!({ "tags": vec!["t"; 31] }),
    ] {
        let mut change = json!({ "ticketId": ticket, "priority": "high" });
        change
            .as_object_mut()
            .expect("an object")
            .extend(part.as_object().expect("an object").clone());
        desk.refused(&json!({ "changeTicket": change }));
    }
    assert_eq!(desk.get(&ticket)["priority"], "normal");
}

#[test]
fn an_agent_who_left_is_no_assignee() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let leaver = desk.room.join(&desk.owner.clone(), schema::Role::Agent);
    let assign = json!({ "changeTicket": { "ticketId": ticket, "assigneeId": leaver.id() } });
    let owner = desk.owner.principal.clone();
    let leave = json!({ "changeAgent": { "agentId": leaver.id(), "active": false } });
    desk.ask_as(&owner, &leave).expect("done");
    assert_eq!(desk.refused(&assign).0, Code::InvalidInput);
    let who = leaver.principal.clone();
    let mine = json!({ "createTicket": { "subject": "a" } });
    assert_eq!(desk.refused_as(&who, &mine).0, Code::Unauthorized);
}
