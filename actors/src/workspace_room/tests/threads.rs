//! Which ticket a mail goes on with beside the one of the mail it answers: tokens, conversations,
//! subjects; and when it opens one that follows.

use super::desk::{Desk, text};
use crate::inbox_state::identity::inbox_of;
use crate::kernel::{Effect, Outcome};
use schema::Code;
use schema::inbox::{InboxCommand, NewMail};
use serde_json::{Value, json};

const ANN: &str = "ann@acme.example";
const BOB: &str = "bob@acme.example";
const DESK: &str = "help@desk.example";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A desk whose workspace has some settings, and an inbox that answers.
fn desk(settings: &Value) -> Desk {
    let mut desk = Desk::open();
    let mut change = json!({ "replyInboxId": inbox_of(desk.room.workspace, DESK) });
    change.as_object_mut().expect("an object").extend(settings.as_object().expect("one").clone());
    desk.manage(&json!({ "changeWorkspace": change }));
    desk
}

/// A mail of Ann's comes in; gives the receipt.
fn receive(desk: &mut Desk, id: &str, more: &Value) -> Value {
    let mut mail = json!({ "rawKey": format!("raw/{id}"), "messageId": id,
        "from": { "address": ANN }, "to": [{ "address": DESK }], "subject": "Door",
        "text": "It is stuck." });
    mail.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
    desk.system(&json!({ "receiveMail": mail }))
}

fn threaded_by(desk: &mut Desk, receipt: &Value) -> Value {
    let get = json!({ "getComment": { "commentId": receipt["commentId"] } });
    desk.system(&get)["mail"]["threadedBy"].clone()
}

/// The mails that leave now.
fn leaving(desk: &mut Desk) -> Vec<NewMail> {
    let mut mails = Vec::new();
    desk.room.drain(|_, effect| {
        let Effect::Call { command, .. } = effect else { panic!("{effect:?}") };
        let command = serde_json::from_slice(command).expect("a command");
        let InboxCommand::Send(send) = command else { panic!("{command:?}") };
        mails.push(send.mail);
        Outcome::Failed { why: "no answer".into() }
    });
    mails
}

#[test]
fn an_answer_to_an_address_with_a_token_finds_its_ticket_until_the_token_ends() {
    let mut desk = desk(&json!({ "replyTokens": true }));
    let ticket = receive(&mut desk, "1@x", &json!({}))["ticketId"].clone();
    desk.comment(&text(&ticket), "Pull.");
    let tag = leaving(&mut desk).remove(0).reply_tag.expect("a tag");
    let to = |tag: &str| json!([{ "address": format!("Help+{tag}@desk.example") }]);
    let bob = json!({ "address": BOB });
    let answer = json!({ "from": bob, "to": to(&tag), "subject": "Else" });
    let receipt = receive(&mut desk, "2@x", &answer);
    assert_eq!(receipt["ticketId"], ticket);
    assert_eq!(threaded_by(&mut desk, &receipt), "token");
    // What it answers counts before; and nobody is copied in at that address.
    let other = receive(&mut desk, "3@x", &json!({}))["ticketId"].clone();
    let both = json!({ "to": to(&tag), "inReplyTo": ["3@x"], "cc": [bob] });
    assert_eq!(receive(&mut desk, "4@x", &both)["ticketId"], other);
    let comment = desk.comment(&text(&other), "Push.");
    assert_eq!(comment["mail"]["cc"], json!([{ "name": null, "address": BOB }]));
    // A forged one is none: another ticket, another day, another signature.
    let mut parts: Vec<&str> = tag.split('.').collect();
    let number = desk.get(&text(&other))["number"].as_i64().expect("a number");
    let guessed = format!("{number:x}");
    for (at, forged) in [(1, &*guessed), (2, "ffff"), (3, &"0".repeat(24))] {
        let before = std::mem::replace(&mut parts[at], forged);
        let opened =
            receive(&mut desk, &format!("{at}@evil"), &json!({ "to": to(&parts.join(".")) }));
        assert_eq!(opened["outcome"], "opened", "{parts:?}");
        parts[at] = before;
    }
    desk.room.now += 90 * DAY_MS;
    assert_eq!(receive(&mut desk, "5@x", &answer)["ticketId"], ticket, "its last day");
    desk.room.now += DAY_MS;
    assert_eq!(receive(&mut desk, "6@x", &answer)["outcome"], "opened", "it has ended");
}

#[test]
fn no_address_has_a_token_unless_the_workspace_asks_for_it() {
    let mut desk = desk(&json!({}));
    let ticket = text(&receive(&mut desk, "1@x", &json!({}))["ticketId"]);
    desk.comment(&ticket, "Pull.");
    assert_eq!(leaving(&mut desk).remove(0).reply_tag, None);
    let changed = desk.manage(&json!({ "changeWorkspace": { "replyTokens": true } }));
    assert_eq!(changed["replyTokens"], true);
    desk.comment(&ticket, "Push.");
    let first = leaving(&mut desk).pop().expect("a mail").reply_tag;
    assert!(first.is_some());
    // Switched off and on again, what was sent before still counts.
    for wanted in [false, true] {
        desk.manage(&json!({ "changeWorkspace": { "replyTokens": wanted } }));
    }
    desk.comment(&ticket, "Lift.");
    assert_eq!(leaving(&mut desk).pop().expect("a mail").reply_tag, first);
}

#[test]
fn a_conversation_brings_a_mail_to_a_ticket_of_who_takes_part_in_it() {
    let mut desk = desk(&json!({}));
    let of = |conversation: &str| json!({ "conversation": conversation, "subject": "Else" });
    let ticket = receive(&mut desk, "1@x", &of("c1"))["ticketId"].clone();
    // One mail went to many, and each answers.
    let mut bobs = of("c1");
    bobs["from"] = json!({ "address": BOB });
    let other = receive(&mut desk, "2@x", &bobs)["ticketId"].clone();
    assert_ne!(other, ticket);
    for (id, mail, to) in [("3@x", of("c1"), &ticket), ("4@x", bobs, &other)] {
        let receipt = receive(&mut desk, id, &mail);
        assert_eq!(receipt["ticketId"], *to, "{id}");
        assert_eq!(threaded_by(&mut desk, &receipt), "conversation");
    }
    let mut forged = of("c1");
    forged["authenticity"] = json!({ "server": "mx", "dmarc": "fail" });
    for (id, mail) in [("5@x", forged), ("6@x", of("c2")), ("7@x", json!({}))] {
        assert_eq!(receive(&mut desk, id, &mail)["outcome"], "opened", "{id}");
    }
}

#[test]
fn the_same_subject_joins_a_mail_to_its_senders_ticket_only_where_the_workspace_asks_for_it() {
    let mut desk = desk(&json!({}));
    let again = json!({ "subject": "Re: [External] DOOR" });
    receive(&mut desk, "1@x", &json!({}));
    assert_eq!(receive(&mut desk, "2@x", &again)["outcome"], "opened");
    desk.manage(&json!({ "changeWorkspace": { "threadBySubjectDays": 7 } }));
    let ticket = receive(&mut desk, "3@x", &json!({ "subject": "Window" }))["ticketId"].clone();
    let mut window = json!({ "subject": "AW: window", "cc": [{ "address": "eve@evil.example" }] });
    let receipt = receive(&mut desk, "4@x", &window);
    assert_eq!(receipt["ticketId"], ticket);
    assert_eq!(threaded_by(&mut desk, &receipt), "subject");
    assert_eq!(desk.comment(&text(&ticket), "Hello")["mail"]["cc"], json!([]));
    window["from"] = json!({ "address": BOB });
    assert_eq!(receive(&mut desk, "5@x", &window)["outcome"], "opened", "another's");
    for (id, subject) in [("6@x", ""), ("7@x", ""), ("8@x", "Re:"), ("9@x", "[#]")] {
        let mail = json!({ "subject": subject });
        assert_eq!(receive(&mut desk, id, &mail)["outcome"], "opened", "{id} has no subject");
    }
    desk.room.now += 7 * DAY_MS;
    let mail = json!({ "subject": "Window" });
    assert_eq!(receive(&mut desk, "10@x", &mail)["ticketId"], ticket);
    desk.room.now += 7 * DAY_MS + 1;
    assert_eq!(receive(&mut desk, "11@x", &mail)["outcome"], "opened", "too late");
}

#[test]
fn an_answer_long_after_a_ticket_was_solved_opens_one_that_follows_it() {
    let mut desk = desk(&json!({ "reopenDays": 3 }));
    let owner = desk.owner.opened.agent.email.clone();
    let first = receive(&mut desk, "1@x", &json!({}))["ticketId"].clone();
    let ticket = text(&first);
    let answer = json!({ "inReplyTo": ["1@x"] });
    desk.set_status(&ticket, "solved");
    desk.room.now += 3 * DAY_MS;
    assert_eq!(receive(&mut desk, "2@x", &answer)["ticketId"], first);
    desk.log_in_again();
    assert_eq!(desk.get(&ticket)["status"], "open");
    desk.set_status(&ticket, "solved");
    desk.room.now += 3 * DAY_MS + 1;
    let mut away = answer.clone();
    away["automatic"] = json!({ "kind": "autoReply", "reason": "auto_submitted" });
    assert_eq!(receive(&mut desk, "3@x", &away)["ticketId"], first, "a machine's opens none");
    let next = receive(&mut desk, "4@x", &answer);
    assert_eq!(next["outcome"], "opened");
    desk.log_in_again();
    assert_eq!(desk.get(&text(&next["ticketId"]))["followsTicketId"], first);
    assert_eq!(desk.get(&ticket)["status"], "solved");
    assert_eq!(receive(&mut desk, "5@x", &answer)["ticketId"], next["ticketId"], "not one more");
    desk.owner = desk.room.log_in(&owner, "again").expect("logged in");
    desk.manage(&json!({ "changeWorkspace": { "reopenDays": null } }));
    let other = receive(&mut desk, "6@x", &json!({}))["ticketId"].clone();
    desk.set_status(&text(&other), "solved");
    desk.room.now += 300 * DAY_MS;
    let late = receive(&mut desk, "7@x", &json!({ "inReplyTo": ["6@x"] }));
    assert_eq!(late["ticketId"], other, "however late");
}

#[test]
fn an_answer_under_a_wholly_new_subject_opens_a_ticket_where_the_workspace_says_so() {
    let mut desk = desk(&json!({}));
    let ticket = receive(&mut desk, "1@x", &json!({}))["ticketId"].clone();
    let answer = |subject: &str| json!({ "inReplyTo": ["1@x"], "subject": subject });
    let invoice = answer("Invoice for October");
    assert_eq!(receive(&mut desk, "2@x", &invoice)["ticketId"], ticket, "not unless it says so");
    let ticket = receive(&mut desk, "3@x", &json!({}))["ticketId"].clone();
    let answer = |subject: &str| json!({ "inReplyTo": ["3@x"], "subject": subject });
    let invoice = answer("Invoice for October");
    desk.manage(&json!({ "changeWorkspace": { "newSubjectOpens": true } }));
    let number = desk.get(&text(&ticket))["number"].clone();
    let renamed = json!({ "ticketId": ticket, "subject": "Hinge of order 7" });
    desk.ask(&json!({ "changeTicket": renamed }));
    let tagged = format!("[#{number}] Anything");
    for (id, subject) in
        [("4@x", "Re: Door"), ("5@x", ""), ("6@x", "The door, again"), ("7@x", &tagged)]
    {
        assert_eq!(receive(&mut desk, id, &answer(subject))["ticketId"], ticket, "{subject}");
    }
    let mut bounce = answer("Undeliverable");
    bounce["automatic"] = json!({ "kind": "bounce", "reason": "report" });
    assert_eq!(receive(&mut desk, "8@x", &bounce)["ticketId"], ticket, "a machine's subject");
    let next = receive(&mut desk, "9@x", &invoice);
    assert_eq!(next["outcome"], "opened");
    let opened = desk.get(&text(&next["ticketId"]));
    assert_eq!(
        (&opened["followsTicketId"], &opened["subject"]),
        (&ticket, &json!("Invoice for October"))
    );
    // More about it goes there, and more about the old goes on there, also once that is closed.
    let more = answer("Re: Invoice for October");
    assert_eq!(receive(&mut desk, "10@x", &more)["ticketId"], next["ticketId"]);
    assert_eq!(receive(&mut desk, "11@x", &answer("Re: Door"))["ticketId"], ticket);
    desk.set_status(&text(&ticket), "closed");
    let third = receive(&mut desk, "12@x", &answer("Re: Door"));
    assert_eq!(third["outcome"], "opened");
    assert_eq!(receive(&mut desk, "13@x", &more)["ticketId"], next["ticketId"]);
    assert_eq!(receive(&mut desk, "14@x", &answer("Re: Door"))["ticketId"], third["ticketId"]);
}

#[test]
fn nothing_is_joined_by_an_id_that_is_empty_its_own_or_of_a_mail_that_is_not_here() {
    let mut desk = desk(&json!({}));
    receive(&mut desk, "1@x", &json!({ "inReplyTo": ["mass@them.example"], "messageId": "" }));
    for (id, answers) in [
        ("2@x", json!(["", "<>", " "])),
        ("3@x", json!(["3@x", "<3@x>"])),
        // The same mail went to many; each answers it.
        ("4@x", json!(["mass@them.example"])),
        ("5@x", json!(["mass@them.example"])),
    ] {
        let mail = json!({ "inReplyTo": answers, "references": answers, "conversation": null });
        assert_eq!(receive(&mut desk, id, &mail)["outcome"], "opened", "{id}");
    }
}

#[test]
fn how_mail_is_brought_to_tickets_is_set_by_who_manages_and_within_bounds() {
    let mut desk = desk(&json!({}));
    for field in ["threadBySubjectDays", "reopenDays"] {
        for days in [0, -1, 3_651] {
            let (code, details) =
                desk.manage_refused(&json!({ "changeWorkspace": { field: days } }));
            assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)));
        }
        let set = desk.manage(&json!({ "changeWorkspace": { field: 3_650 } }));
        assert_eq!(set[field], 3_650);
        let gone = desk.manage(&json!({ "changeWorkspace": { field: null } }));
        assert_eq!(gone[field], Value::Null);
    }
    let change = json!({ "changeWorkspace": { "newSubjectOpens": true } });
    assert_eq!(desk.refused(&change).0, Code::Forbidden);
    let before = desk.manage(&change);
    assert_eq!((&before["newSubjectOpens"], &before["replyTokens"]), (&json!(true), &json!(false)));
}
