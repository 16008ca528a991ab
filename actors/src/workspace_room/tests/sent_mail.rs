//! Mail that the team sent with a mail program.

use super::desk::{Desk, text};
use serde_json::{Value, json};

fn question(desk: &mut Desk) -> Value {
    desk.system(&json!({ "receiveMail": { "rawKey": "raw/q", "messageId": "q@customer.example",
        "from": { "address": "ann@customer.example" }, "to": [{ "address": "help@acme.example" }],
        "subject": "Door", "text": "It is stuck." } }))
}

fn sent(id: &str, to: &str) -> Value {
    json!({ "receiveMail": { "rawKey": format!("raw/{id}"), "messageId": id, "wasSent": true,
        "inReplyTo": ["q@customer.example"], "from": { "address": "help@acme.example" },
        "to": [{ "address": to }], "subject": "Re: Door", "text": "Pull it." } })
}

fn thread(desk: &mut Desk, id: &str) -> Value {
    desk.system(&json!({ "getMailThread": { "messageId": id,
        "answers": ["q@customer.example"] } }))
}

#[test]
fn an_answer_is_a_comment_of_the_team_once_and_changes_no_status() {
    let mut desk = Desk::open();
    let ticket = text(&question(&mut desk)["ticketId"]);
    desk.manage(&json!({ "changeTicket": { "ticketId": ticket, "status": "pending" } }));
    let receipt = desk.system(&sent("1@acme.example", "Ann@customer.example"));
    assert_eq!((&receipt["outcome"], &receipt["ticketId"]), (&json!("commented"), &json!(ticket)));
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    assert_eq!(
        (&comment["author"], &comment["visibility"]),
        (&json!({ "kind": "system" }), &json!("public"))
    );
    assert_eq!((&comment["mail"]["wasSent"], &comment["delivery"]), (&json!(true), &Value::Null));
    let after = desk.get(&ticket);
    assert_eq!((&after["status"], after["firstReplyAt"].is_i64()), (&json!("pending"), true));
    let again = desk.system(&sent("1@acme.example", "Ann@customer.example"));
    assert_eq!(again["outcome"], "duplicate");
    let answer = json!({ "receiveMail": { "rawKey": "raw/a", "messageId": "a@customer.example",
        "inReplyTo": ["1@acme.example"], "from": { "address": "ann@customer.example" },
        "subject": "Re: Door", "text": "Thanks." } });
    assert_eq!(desk.system(&answer)["ticketId"], ticket);
}

#[test]
fn a_forward_is_a_private_note_and_answers_nobody() {
    let mut desk = Desk::open();
    let ticket = text(&question(&mut desk)["ticketId"]);
    let receipt = desk.system(&sent("2@acme.example", "lawyer@firm.example"));
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    assert_eq!(comment["visibility"], "private");
    assert_eq!(desk.get(&ticket)["firstReplyAt"], Value::Null);
}

#[test]
fn what_answers_nothing_here_is_nothing_until_what_it_answers_comes_in() {
    let mut desk = Desk::open();
    let nowhere = json!({ "isKnown": false, "ticketId": null });
    assert_eq!(thread(&mut desk, "1@acme.example"), nowhere);
    let ignored = desk.system(&sent("1@acme.example", "ann@customer.example"));
    assert_eq!(ignored["outcome"], "ignored");
    assert_eq!(desk.room.count("comments"), 0);
    let ticket = question(&mut desk)["ticketId"].clone();
    // Asked under the same key, it is looked at anew.
    assert_eq!(thread(&mut desk, "1@acme.example")["ticketId"], ticket);
    assert_eq!(desk.room.count("idempotency"), 0, "to ask is kept by nobody");
}
