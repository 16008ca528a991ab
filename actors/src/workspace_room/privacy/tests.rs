//! Everything of one person, given and erased.

use super::walk;
use crate::kernel::{Effect, Outcome};
use crate::workspace_room::access::tests::canary::dump;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::{Code, Reject};
use serde_json::{Value, json};

/// Texts that are Ann's alone.
const CANARIES: [&str; 10] = [
    "canary-mail",
    "canary-second",
    "Canaryname",
    "canary-body",
    "canary-subject",
    "canary-file",
    "canary-message-id",
    "canary-attribute",
    "canary-passport",
    "4915112345678",
];

fn mail(desk: &mut Desk, from: &str, name: &str, body: &str, file: &str) -> Value {
    let sha256 = "ab".repeat(32);
    desk.system(&json!({ "receiveMail": {
        "rawKey": format!("raw-of-{file}"), "messageId": format!("{body}@host.example"),
        "subject": format!("{name} asks"),
        "text": body, "from": { "name": name, "address": from },
        "to": [{ "name": null, "address": "desk@acme.example" }],
        "attachments": [{ "fileName": file, "contentType": "text/plain", "bytesCount": 1,
            "sha256": sha256, "key": format!("objects/{file}") }],
    } }))
}

/// A room where Ann and Bob have been, and where Ann has left traces everywhere.
fn lived_in() -> (Desk, Value) {
    let mut desk = Desk::open();
    let define = json!({ "subject": "user", "key": "plan", "label": "Plan", "type": "text" });
    desk.manage(&json!({ "createAttribute": define }));
    let own =
        mail(&mut desk, "canary-mail@people.example", "Canaryname", "canary-body 1", "canary-file");
    let ann = desk.get(&text(&own["ticketId"]))["userId"].clone();
    let subject = json!({ "ticketId": own["ticketId"], "subject": "canary-subject" });
    desk.ask(&json!({ "changeTicket": subject }));
    desk.comment(&text(&own["ticketId"]), "You wrote from Canary-MAIL@people.example, yes?");
    // What is not said yet.
    let body = "To canary-mail@people.example.";
    let hour = desk.room.now + 60 * 60 * 1000;
    desk.ask(&json!({ "scheduleComment": {
        "ticketId": own["ticketId"], "body": body, "publishAt": hour } }));
    desk.ask(&json!({ "saveDraft": { "ticketId": own["ticketId"], "body": body } }));
    for add in [
        json!({ "kind": "email", "value": "canary-second@people.example" }),
        json!({ "kind": "phone", "value": "+49 151 12345678" }),
    ] {
        let mut add = add;
        add["userId"] = ann.clone();
        desk.ask(&json!({ "addHandle": add }));
    }
    let plan = json!({ "userId": ann, "attributes": { "plan": "canary-attribute" } });
    desk.ask(&json!({ "changeUser": plan }));
    // On a ticket of Bob's.
    let bobs = mail(&mut desk, "bob@other.example", "Bob", "bob's words", "bob-file");
    desk.system(&json!({ "receiveMail": { "rawKey": "raw-x", "messageId": "canary-message-id",
        "inReplyTo": ["bob's words@host.example"], "subject": "Re", "text": "canary-body 2",
        "visibleText": "canary-body 2, seen first",
        "from": { "address": "canary-second@people.example" } } }));
    desk.system(&json!({ "reportUnparseable": { "rawKey": "raw-bad", "reason": "broken",
        "envelopeFrom": "canary-mail@people.example" } }));
    desk.system(&json!({ "receiveMail": { "rawKey": "raw-loop", "messageId": "loop",
        "subject": "canary-subject", "text": "x",
        "from": { "address": "canary-mail@people.example" },
        "automatic": { "kind": "ownLoop", "reason": "loop" } } }));
    // What a stored answer tells of her, and others' tickets.
    let owner = desk.owner.principal.clone();
    let rename = json!({ "changeUser": { "userId": ann, "name": "Canaryname" } });
    for (key, name) in [("stored", "Ann"), ("stored again", "Canaryname")] {
        let mut rename = rename.clone();
        rename["changeUser"]["name"] = name.into();
        let rename: schema::room::RoomCommand = serde_json::from_value(rename).expect("a command");
        desk.room.try_ask_with_key(&owner, Some(key), rename).expect("changed");
    }
    let field =
        |key: &str| json!({ "subject": "ticket", "key": key, "label": key, "type": "text" });
    for key in ["passport", "about"] {
        desk.manage(&json!({ "createAttribute": field(key) }));
    }
    for (ticket, key, value) in [
        (&own["ticketId"], "passport", "canary-passport"),
        (&bobs["ticketId"], "about", "asked by canary-mail@people.example"),
    ] {
        desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "attributes": { key: value } } }));
    }
    desk.ask(&json!({ "changeTicket": {
        "ticketId": bobs["ticketId"], "subject": "for canary-mail@people.example" } }));
    desk.ask(&json!({ "saveDraft": { "ticketId": bobs["ticketId"],
        "body": "Tell canary-second@people.example." } }));
    let more = mail(&mut desk, "bob@other.example", "Bob", "bob's more", "bob-more");
    desk.ask(&json!({ "mergeTickets": {
        "ticketId": bobs["ticketId"], "intoId": more["ticketId"] } }));
    desk.ask(&json!({ "search": { "query": "canary" } }));
    desk.events();
    (desk, ann)
}

fn everything(desk: &Desk) -> String {
    dump(&desk.room, |_, _| true)
}

fn erase(desk: &mut Desk, ann: &Value) -> Value {
    desk.manage(&json!({ "eraseUser": { "userId": ann } }));
    desk.pass(0);
    let report = desk.manage(&json!({ "getErasure": { "userId": ann } }));
    assert!(report["finishedAt"].is_i64(), "{report}");
    report
}

#[test]
fn what_was_erased_does_not_come_in_again_where_its_mailbox_is_read_anew() {
    let (mut desk, ann) = lived_in();
    erase(&mut desk, &ann);
    desk.forgotten();
    let rows = |desk: &Desk| {
        ["users", "tickets", "comments", "events", "unparseable_mails"]
            .map(|table| desk.room.count(table))
    };
    let before = rows(&desk);
    let from = "canary-mail@people.example";
    let again = mail(&mut desk, from, "Canaryname", "canary-body 1", "canary-file");
    let nothing = json!({ "outcome": "duplicate", "ticketId": null, "commentId": null });
    assert_eq!(again, nothing);
    let bad = json!({ "rawKey": "raw-bad", "reason": "broken", "envelopeFrom": from });
    assert_eq!(desk.system(&json!({ "reportUnparseable": bad })), nothing);
    assert_eq!(rows(&desk), before);
    // What was kept of them for that goes again.
    let mut keys = desk.forgotten();
    keys.sort();
    assert_eq!(keys, ["objects/canary-file", "raw-bad", "raw-of-canary-file"]);
    let left = everything(&desk);
    assert!(CANARIES.iter().all(|canary| !left.contains(canary)), "{left}");
    // Somebody else's mail is kept, however often it comes.
    let bobs = mail(&mut desk, "bob@other.example", "Bob", "bob's words", "bob-file");
    assert_eq!((&bobs["outcome"], desk.forgotten()), (&json!("duplicate"), Vec::new()));
    // An answer to what was erased opens a ticket, and one like it is another mail.
    let answer = json!({ "rawKey": "raw/new", "messageId": "new@x", "text": "again",
        "inReplyTo": ["canary-body 1@host.example"], "from": { "address": from } });
    assert_eq!(desk.system(&json!({ "receiveMail": answer }))["outcome"], "opened");
}

#[test]
fn a_report_on_a_mail_to_the_person_that_waits_is_dropped() {
    let (mut desk, ann) = lived_in();
    let mut bounce = |id: &str, address: &str| {
        let recipient = json!({ "address": address, "class": "hard", "reason": "userUnknown" });
        let report = json!({ "messageId": "sent@us.example", "recipients": [recipient] });
        desk.system(&json!({ "receiveMail": { "rawKey": id, "messageId": id, "subject": "no",
            "text": "x", "from": { "address": "mailer-daemon@mx.example" },
            "automatic": { "kind": "bounce", "reason": "report" },
            "report": { "inboxes": ["0190f5fe-7c00-8a00-8000-000000000001"], "report": report },
        } }));
    };
    bounce("b1", "Canary-Second@people.example");
    bounce("b2", "bob@other.example");
    erase(&mut desk, &ann);
    let mut asked = Vec::new();
    desk.room.drain(|_, effect| {
        if let Effect::Call { command, .. } = effect {
            asked.push(String::from_utf8_lossy(command).into_owned());
            return Outcome::Rejected(Reject::not_found("send"));
        }
        Outcome::Done(b"{}".to_vec())
    });
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("bob@other.example"));
}

#[test]
fn what_is_shown_first_of_another_s_mail_loses_the_address_too() {
    let (mut desk, ann) = lived_in();
    let receipt = desk.system(&json!({ "receiveMail": { "rawKey": "raw-y", "messageId": "y",
        "subject": "Re", "text": "x", "visibleText": "as Canary-Mail@people.example said",
        "from": { "address": "bob@other.example" } } }));
    erase(&mut desk, &ann);
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    assert_eq!(comment["visibleBody"], "as (erased) said");
    // Nor is the mail kept from which a page would be made.
    assert_eq!(comment["mail"]["rawKey"], "");
    let mut forgotten = Vec::new();
    desk.room.drain(|_, effect| {
        if let Effect::Forget(keys) = effect {
            forgotten.extend(keys.clone());
        }
        Outcome::Done(b"{}".to_vec())
    });
    assert!(forgotten.iter().any(|key| key == "raw-y"), "{forgotten:?}");
}

#[test]
fn after_an_erasure_no_table_and_no_event_holds_anything_of_the_person() {
    let (mut desk, ann) = lived_in();
    let before = everything(&desk);
    for canary in CANARIES {
        assert!(before.to_lowercase().contains(&canary.to_lowercase()), "{canary} was never there");
    }
    let seqs = "select count(*) * 1000000 + sum(seq) from events";
    let numbers = desk.room.number(seqs);
    let last = desk.room.number("select max(seq) from events");
    let report = erase(&mut desk, &ann);
    let mut objects = Vec::new();
    desk.room.drain(|entry, effect| {
        let Effect::Forget(keys) = effect else { panic!("{effect:?}") };
        assert_eq!(entry.kind, walk::OUTBOX);
        objects.extend(keys.clone());
        Outcome::Done(b"{}".to_vec())
    });
    objects.sort_unstable();
    assert_eq!(objects, ["objects/canary-file", "raw-bad", "raw-of-canary-file", "raw-x"]);

    let after = everything(&desk).to_lowercase();
    for canary in CANARIES {
        let canary = canary.to_lowercase();
        let line = after.lines().find(|line| line.contains(&canary));
        assert_eq!(line, None, "{canary} is still there");
    }
    assert!(after.contains("bob's words"), "what is Bob's stays");
    // The erasure's own events, and every other one under its number.
    let head = desk.room.number("select max(seq) from events");
    let new: i64 = (last + 1..=head).map(|seq| 1_000_000 + seq).sum();
    assert_eq!(desk.room.number(seqs), numbers + new);
    assert_eq!(
        (&report["found"], &report["files"], &report["tickets"]),
        (&json!(0), &json!(1), &json!(1))
    );
    assert!(report["events"].as_i64() > Some(5) && report["comments"] == 3, "{report}");
}

#[test]
fn what_is_left_can_still_be_read_and_replayed() {
    let (mut desk, ann) = lived_in();
    erase(&mut desk, &ann);
    let left = desk.ask(&json!({ "getUser": { "userId": ann } }));
    assert_eq!(
        (&left["email"], &left["handles"], &left["name"]),
        (&Value::Null, &json!([]), &Value::Null)
    );
    let list = desk.ask(&json!({ "listTickets": { "userId": ann } }));
    let ticket = &list["items"][0];
    assert_eq!((&ticket["subject"], &ticket["userEmail"]), (&json!("(erased)"), &Value::Null));
    let comments = desk.ask(&json!({ "listComments": { "ticketId": ticket["id"] } }));
    assert_eq!(comments["items"][0]["body"], "");
    assert_eq!(comments["items"][1]["body"], "You wrote from (erased), yes?");
    let ticket = json!({ "ticketId": ticket["id"] });
    let rows = desk.ask(&json!({ "listActivities": ticket }));
    let events = rows["items"].as_array().expect("items");
    assert!(events.iter().any(|event| event["type"] == "comment.created"));
    for event in events.iter().filter(|event| event["type"] == "comment.created") {
        let data = event["data"].to_string();
        let read: Result<schema::room::comment::CommentCreated, _> = serde_json::from_str(&data);
        assert!(read.is_ok(), "{event}");
    }
    for (command, code) in [
        (json!({ "changeUser": { "userId": ann, "name": "A" } }), Code::Gone),
        (json!({ "mergeUsers": { "userId": ann, "otherId": uuid::Uuid::nil() } }), Code::Gone),
    ] {
        assert_eq!(desk.refused(&command).0, code);
    }
    let rename = json!({ "changeUser": { "userId": ann, "name": "Canaryname" } });
    let rename: schema::room::RoomCommand = serde_json::from_value(rename).expect("a command");
    let owner = desk.owner.principal.clone();
    let stored = desk.room.try_ask_with_key(&owner, Some("stored again"), rename);
    assert_eq!(stored.expect_err("its answer is erased").code, Code::Gone);
    // Asked for again, it is told about, and nothing more happens.
    let again = desk.manage(&json!({ "eraseUser": { "userId": ann } }));
    assert!(again["finishedAt"].is_i64());
}

#[test]
fn who_writes_again_after_an_erasure_is_somebody_new() {
    let (mut desk, ann) = lived_in();
    desk.manage(&json!({ "eraseUser": { "userId": ann } }));
    let new = mail(&mut desk, "canary-mail@people.example", "New", "new body", "new-file");
    desk.pass(0);
    let ticket = desk.get(&text(&new["ticketId"]));
    assert_ne!(ticket["userId"], ann);
    assert_eq!(ticket["userEmail"], "canary-mail@people.example");
    let comments = desk.ask(&json!({ "listComments": { "ticketId": ticket["id"] } }));
    assert_eq!(comments["items"][0]["body"], "new body");
    let report = desk.manage(&json!({ "getErasure": { "userId": ann } }));
    assert_eq!(report["found"], 0);
}

#[test]
fn nothing_new_is_filed_under_who_was_erased_and_no_merge_of_theirs_is_undone() {
    let (mut desk, ann) = lived_in();
    let of_ann = |desk: &mut Desk| {
        let made = desk.ask(&json!({ "createTicket": { "subject": "s", "userId": ann } }));
        text(&made["id"])
    };
    let (one, two) = (of_ann(&mut desk), of_ann(&mut desk));
    let moved = desk.ask(&json!({ "mergeTickets": { "ticketId": one, "intoId": two } }));
    erase(&mut desk, &ann);
    let create = json!({ "createTicket": { "subject": "s", "userId": ann } });
    assert_eq!(desk.refused(&create).0, Code::InvalidInput);
    let undo = json!({ "undoMove": { "moveId": moved["moved"]["id"] } });
    assert_eq!(desk.refused(&undo).0, Code::Gone);
}

#[test]
fn a_ticket_for_who_was_merged_is_for_whom_they_are() {
    let mut desk = Desk::open();
    let [kept, merged] = ["kept", "merged"].map(|name| {
        let email = format!("{name}@people.example");
        desk.ask(&json!({ "createUser": { "email": email } }))["id"].clone()
    });
    desk.ask(&json!({ "mergeUsers": { "userId": kept, "otherId": merged } }));
    let made = desk.ask(&json!({ "createTicket": { "subject": "s", "userId": merged } }));
    assert_eq!(made["userId"], kept);
}

#[test]
fn a_merged_person_is_erased_whole() {
    let (mut desk, ann) = lived_in();
    let other = mail(
        &mut desk,
        "canary-third@people.example",
        "Canarythird",
        "canary-body 3",
        "canary-file3",
    );
    let third = desk.get(&text(&other["ticketId"]))["userId"].clone();
    let merge = json!({ "mergeUsers": { "userId": ann, "otherId": third } });
    desk.ask(&merge);
    let (code, details) = desk.manage_refused(&json!({ "eraseUser": { "userId": third } }));
    assert_eq!((code, &details["mergedInto"]), (Code::Conflict, &ann));
    erase(&mut desk, &ann);
    desk.room.drain(|_, _| Outcome::Done(b"{}".to_vec()));
    let after = everything(&desk).to_lowercase();
    assert!(!after.contains("canary"), "{:?}", after.lines().find(|line| line.contains("canary")));
}

#[test]
fn a_merge_is_not_undone_after_one_of_its_people_was_erased() {
    let (mut desk, ann) = lived_in();
    let hers = mail(&mut desk, "canary-mail@people.example", "Again", "body", "file");
    let other = desk.ticket("other");
    let merge = json!({ "ticketId": hers["ticketId"], "intoId": other });
    let merged = desk.ask(&json!({ "mergeTickets": merge }));
    erase(&mut desk, &ann);
    let undo = json!({ "undoMove": { "moveId": merged["moved"]["id"] } });
    assert_eq!(desk.refused(&undo).0, Code::Gone);
}

#[test]
fn an_export_has_all_of_a_person_and_nothing_of_others() {
    let (mut desk, ann) = lived_in();
    let mut all = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = desk.manage(&json!({ "exportUser": { "userId": ann, "cursor": cursor } }));
        all.extend(page["items"].as_array().expect("items").clone());
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let whole = json!(all).to_string();
    for canary in CANARIES {
        assert!(whole.to_lowercase().contains(&canary.to_lowercase()), "{canary} is missing");
    }
    assert!(!whole.contains("bob's words"), "Bob's words are not Ann's");
    let kinds: Vec<String> = all
        .iter()
        .map(|it| it.as_object().expect("one").keys().next().expect("a kind").clone())
        .collect();
    assert_eq!(kinds, ["user", "ticket", "comment", "comment", "comment"]);
}

#[test]
fn content_that_somebody_else_has_sent_since_is_kept() {
    let (mut desk, ann) = lived_in();
    erase(&mut desk, &ann);
    mail(&mut desk, "bob@other.example", "Bob", "bob again", "canary-file");
    assert_eq!(desk.only_forgotten(), ["raw-bad", "raw-of-canary-file", "raw-x"]);
}

#[test]
fn a_page_of_an_export_is_as_long_as_was_asked_for() {
    let (mut desk, ann) = lived_in();
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let ask = json!({ "userId": ann, "cursor": cursor, "limit": 1 });
        let page = desk.manage(&json!({ "exportUser": ask }));
        let items = page["items"].as_array().expect("items").clone();
        assert!(items.len() <= 1, "{items:?}");
        all.extend(items);
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let whole = desk.manage(&json!({ "exportUser": { "userId": ann } }));
    assert_eq!(all[0], whole["items"][0]);
    assert_eq!(all.len(), 5);
}

#[test]
fn an_erasure_lets_others_have_their_turn() {
    let (mut desk, ann) = lived_in();
    desk.manage(&json!({ "eraseUser": { "userId": ann } }));
    let mut alarms = 0;
    while desk.manage(&json!({ "getErasure": { "userId": ann } }))["finishedAt"].is_null() {
        desk.room.alarm_once();
        alarms += 1;
        assert!(alarms < 20);
    }
    assert!(alarms > 3, "{alarms} alarms: one for a step");
}
