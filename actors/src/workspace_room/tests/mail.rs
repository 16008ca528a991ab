//! Mail that comes in: threads, duplicates, loops, what cannot be read, and hostile fields.

use super::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

mod automatic;
mod reports;
mod unreadable;

fn mail(id: &str, from: &str) -> Value {
    json!({
        "rawKey": format!("raw/{id}"),
        "messageId": id,
        "from": { "name": "Ann", "address": from },
        "subject": "Printer",
        "text": "It burns.",
    })
}

fn answer(id: &str, from: &str, to: &str) -> Value {
    let mut mail = mail(id, from);
    mail["inReplyTo"] = json!([to]);
    mail
}

fn receive(desk: &mut Desk, mail: &Value) -> Value {
    desk.system(&json!({ "receiveMail": mail }))
}

#[test]
fn a_mail_opens_a_ticket_for_a_user_that_is_made() {
    let mut desk = Desk::open();
    desk.events();
    let receipt = receive(&mut desk, &mail("1@x", "Ann@Acme.example"));
    assert_eq!(receipt["outcome"], "opened");
    let events = desk.event_types();
    let all = ["company.created", "user.created", "ticket.created", "comment.created"];
    assert_eq!(events, all);
    let ticket = desk.get(&text(&receipt["ticketId"]));
    assert_eq!((&ticket["source"], &ticket["subject"]), (&json!("mail"), &json!("Printer")));
    assert_eq!(ticket["userEmail"], "ann@acme.example");
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    assert_eq!(comment["author"], json!({ "kind": "user", "id": ticket["userId"] }));
    assert_eq!(comment["mail"]["from"]["address"], "Ann@Acme.example");
    assert_eq!(ticket["firstReplyAt"], Value::Null);
}

#[test]
fn the_same_mail_again_changes_nothing() {
    let mut desk = Desk::open();
    let first = receive(&mut desk, &mail("1@x", "a@b.example"));
    let count = desk.room.count("events");
    let mut other = mail("<1@x>", "somebody@else.example");
    other["text"] = json!("another body");
    other["rawKey"] = json!("raw/other");
    let second = receive(&mut desk, &other);
    assert_eq!(second["outcome"], "duplicate");
    assert_eq!(
        (&second["ticketId"], &second["commentId"]),
        (&first["ticketId"], &first["commentId"])
    );
    assert_eq!(desk.room.count("events"), count);

    let mut nameless = mail("x", "a@b.example");
    nameless["messageId"] = Value::Null;
    assert_eq!(receive(&mut desk, &nameless)["outcome"], "opened");
    assert_eq!(receive(&mut desk, &nameless)["outcome"], "duplicate", "known by where it is kept");
}

#[test]
fn an_answer_goes_where_in_reply_to_says_then_where_the_latest_reference_says() {
    let mut desk = Desk::open();
    let a = receive(&mut desk, &mail("a@x", "a@b.example"));
    let b = receive(&mut desk, &mail("b@x", "a@b.example"));
    let mut by_reply = answer("1@x", "a@b.example", "<a@x>");
    by_reply["references"] = json!(["b@x"]);
    let mut by_reference = mail("2@x", "a@b.example");
    by_reference["references"] = json!(["a@x", "b@x", "unknown@x"]);
    let mut on_answer = mail("3@x", "other@b.example");
    on_answer["references"] = json!(["unknown@x", "1@x"]);
    for (mail, ticket) in [(by_reply, &a), (by_reference, &b), (on_answer, &a)] {
        let receipt = receive(&mut desk, &mail);
        assert_eq!(receipt["outcome"], "commented", "{mail}");
        assert_eq!(receipt["ticketId"], ticket["ticketId"], "{mail}");
    }
    let stranger = answer("4@x", "a@b.example", "thread@other.tenant");
    assert_eq!(receive(&mut desk, &stranger)["outcome"], "opened");
}

#[test]
fn a_subject_that_names_a_ticket_finds_it_for_those_who_take_part_in_it() {
    let mut desk = Desk::open();
    let first = receive(&mut desk, &mail("a@x", "a@b.example"));
    receive(&mut desk, &answer("b@x", "colleague@b.example", "a@x"));
    let number = desk.get(&text(&first["ticketId"]))["number"].clone();
    let other = receive(&mut desk, &mail("c@x", "c@b.example"));
    let mut named = |id: &str, from: &str, subject: String| {
        let mut mail = mail(id, from);
        mail["subject"] = json!(subject);
        receive(&mut desk, &mail)["ticketId"].clone()
    };
    for (id, from) in [("1@x", "A@b.example"), ("2@x", "colleague@b.example")] {
        assert_eq!(
            named(id, from, format!("Fw: [#{number}] Printer")),
            first["ticketId"],
            "{from}"
        );
    }
    for (id, from) in [("3@x", "c@b.example"), ("4@x", "nobody@b.example")] {
        let opened = named(id, from, format!("[#{number}]"));
        assert!(opened != first["ticketId"] && opened != other["ticketId"], "{from}");
    }
    for (id, subject) in [("5@x", "[#]"), ("6@x", "[#99]"), ("7@x", "[#-1]"), ("8@x", "[#1")] {
        assert_ne!(named(id, "a@b.example", subject.to_owned()), first["ticketId"], "{subject}");
    }
    // What a mail answers counts before what it is called.
    let mut both = answer("9@x", "a@b.example", "c@x");
    both["subject"] = json!(format!("[#{number}]"));
    assert_eq!(receive(&mut desk, &both)["ticketId"], other["ticketId"]);
}

#[test]
fn a_comment_shows_what_the_server_says_about_its_sender() {
    let mut desk = Desk::open();
    let mut mail = mail("a@x", "a@b.example");
    mail["authenticity"] = json!({ "server": "mx.example", "spf": "softfail", "dmarc": "pass" });
    let receipt = receive(&mut desk, &mail);
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    assert_eq!(comment["mail"]["authenticity"], mail["authenticity"]);
}

#[test]
fn a_ticket_keeps_the_inbox_that_its_mail_last_came_through() {
    let mut desk = Desk::open();
    let [one, other] = [1, 2].map(uuid::Uuid::from_u128);
    let mut first = mail("a@x", "a@b.example");
    first["inboxId"] = json!(one);
    let ticket = text(&receive(&mut desk, &first)["ticketId"]);
    assert_eq!(desk.get(&ticket)["inboxId"], json!(one));
    receive(&mut desk, &answer("b@x", "a@b.example", "a@x"));
    assert_eq!(desk.get(&ticket)["inboxId"], json!(one), "routed mail came through none");
    let mut moved = answer("c@x", "a@b.example", "a@x");
    moved["inboxId"] = json!(other);
    desk.events();
    receive(&mut desk, &moved);
    assert_eq!(desk.get(&ticket)["inboxId"], json!(other));
    let told = desk.events();
    assert_eq!(told.last().expect("a comment")["data"]["ticket"]["inboxId"], json!(other));
    let renamed = json!({ "changeTicket": { "ticketId": ticket, "subject": "Else" } });
    assert_eq!(desk.ask(&renamed)["inboxId"], json!(other));
}

#[test]
fn an_answer_opens_a_ticket_that_waits_and_follows_one_that_is_closed() {
    let mut desk = Desk::open();
    let first = receive(&mut desk, &mail("a@x", "a@b.example"));
    let ticket = text(&first["ticketId"]);
    for (n, status) in ["pending", "waiting", "solved"].iter().enumerate() {
        desk.set_status(&ticket, status);
        desk.events();
        let receipt = receive(&mut desk, &answer(&format!("{n}@x"), "a@b.example", "a@x"));
        assert_eq!(receipt["ticketId"], first["ticketId"]);
        assert_eq!(desk.event_types(), ["ticket.reopened", "comment.created"]);
        assert_eq!(desk.get(&ticket)["status"], "open");
    }
    desk.set_status(&ticket, "closed");
    let next = receive(&mut desk, &answer("later@x", "a@b.example", "a@x"));
    assert_eq!(next["outcome"], "opened");
    assert_eq!(desk.get(&text(&next["ticketId"]))["followsTicketId"], json!(ticket));
    let again = receive(&mut desk, &answer("later2@x", "a@b.example", "a@x"));
    assert_eq!(again["outcome"], "commented", "not one more ticket for each answer");
    assert_eq!(again["ticketId"], next["ticketId"]);
    assert_eq!(desk.get(&ticket)["status"], "closed");
}

#[test]
fn only_postroom_itself_hands_in_mail() {
    let mut desk = Desk::open();
    let owner = desk.owner.principal.clone();
    let report = json!({ "reportUnparseable": { "rawKey": "raw/1", "reason": "no" } });
    for command in [json!({ "receiveMail": mail("1@x", "a@b.example") }), report] {
        assert_eq!(desk.refused_as(&owner, &command).0, Code::Forbidden);
        let visitor = desk.room.visitor();
        assert_eq!(desk.refused_as(&visitor, &command).0, Code::Forbidden);
    }
}

#[test]
fn a_mail_with_a_very_long_id_keeps_its_thread_when_it_is_split_off() {
    let mut desk = Desk::open();
    let long = format!("{}@x", "l".repeat(620));
    let ticket = text(&receive(&mut desk, &mail("1@x", "a@b.example"))["ticketId"]);
    let mut second = answer(&long, "a@b.example", "1@x");
    second["rawKey"] = json!("raw/2");
    let second = receive(&mut desk, &second);
    assert_eq!(second["ticketId"], json!(ticket));
    let split = json!({ "ticketId": ticket, "commentIds": [second["commentId"]] });
    let moved = desk.ask(&json!({ "splitTicket": split }));
    let third = receive(&mut desk, &answer("3@x", "a@b.example", &long));
    assert_eq!(third["ticketId"], moved["target"]["id"]);
}

#[test]
fn what_the_writer_wrote_stands_beside_the_whole_body_where_it_is_less() {
    let mut desk = Desk::open();
    for (id, visible, kept) in [
        ("1@x", Some("It burns\u{0} again.\n"), json!("It burns again.")),
        ("2@x", Some(" It burns. "), Value::Null),
        ("3@x", Some(" \n"), Value::Null),
        ("4@x", None, Value::Null),
    ] {
        let mut mail = mail(id, "ann@acme.example");
        mail["visibleText"] = json!(visible);
        desk.events();
        let receipt = receive(&mut desk, &mail);
        let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
        assert_eq!(
            (&comment["body"], &comment["visibleBody"]),
            (&json!("It burns."), &kept),
            "{id}"
        );
        let events = desk.events();
        let told = events.iter().find(|event| event["type"] == "comment.created");
        assert_eq!(told.expect("an event")["data"]["comment"]["visibleBody"], kept);
        let page = json!({ "listComments": { "ticketId": receipt["ticketId"] } });
        assert_eq!(desk.ask(&page)["items"][0]["visibleBody"], kept);
    }
}
