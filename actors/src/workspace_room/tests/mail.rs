//! Mail that comes in: threads, duplicates, loops, what cannot be read, and hostile fields.

use super::desk::{Desk, text};
use crate::kernel::{Effect, Outcome};
use schema::codec::read_json;
use schema::inbox::InboxCommand;
use schema::report::ReportClass;
use schema::{ActorKind, Code, Reject};
use serde_json::{Value, json};

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
fn an_auto_reply_is_shown_and_changes_nothing_else() {
    let mut desk = Desk::open();
    let first = receive(&mut desk, &mail("a@x", "a@b.example"));
    let ticket = text(&first["ticketId"]);
    let automatic = json!({ "kind": "autoReply", "reason": "auto_submitted" });
    for status in ["solved", "closed"] {
        desk.set_status(&ticket, status);
        let mut away = answer(&format!("{status}@x"), "a@b.example", "a@x");
        away["automatic"] = automatic.clone();
        let receipt = receive(&mut desk, &away);
        assert_eq!(receipt["ticketId"], first["ticketId"]);
        assert_eq!(desk.get(&ticket)["status"], status);
        let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
        assert_eq!(comment["automatic"], true);
    }
    let mut alone = mail("b@x", "a@b.example");
    alone["automatic"] = automatic;
    let receipt = receive(&mut desk, &alone);
    assert_eq!(desk.get(&text(&receipt["ticketId"]))["tags"], json!(["automatic"]));

    let weak = json!({ "kind": "autoReply", "reason": "subject_prefix", "weak": true });
    desk.ask(&json!({ "reopenTicket": { "ticketId": ticket } }));
    desk.set_status(&ticket, "pending");
    let mut human = answer("c@x", "a@b.example", "a@x");
    human["automatic"] = weak;
    receive(&mut desk, &human);
    assert_eq!(desk.get(&ticket)["status"], "open", "a hint does not silence a person");
}

#[test]
fn our_own_mail_and_a_storm_of_auto_replies_are_stopped() {
    let mut desk = Desk::open();
    let mut own = mail("own@x", "support@us.example");
    own["automatic"] = json!({ "kind": "ownLoop", "reason": "loop_header" });
    desk.events();
    let receipt = receive(&mut desk, &own);
    assert_eq!(receipt, json!({ "outcome": "stopped", "ticketId": null, "commentId": null }));
    let events = desk.events();
    assert_eq!(events[0]["type"], "mail.stopped");
    assert_eq!(events[0]["data"]["reason"], "loop_header");
    assert_eq!(events[0]["data"]["mail"]["rawKey"], "raw/own@x");
    assert_eq!(receive(&mut desk, &own)["outcome"], "duplicate");

    let storm = |n: i64, from: &str| {
        let mut mail = mail(&format!("{from}{n}@x"), from);
        mail["automatic"] = json!({ "kind": "autoReply", "reason": "auto_submitted" });
        mail
    };
    let outcomes: Vec<Value> = (0..22)
        .map(|n| receive(&mut desk, &storm(n, "Robot@b.example"))["outcome"].clone())
        .collect();
    assert!(outcomes[..20].iter().all(|outcome| outcome == "opened"));
    assert!(outcomes[20..].iter().all(|outcome| outcome == "stopped"));
    assert_eq!(receive(&mut desk, &storm(0, "quiet@b.example"))["outcome"], "opened");
    desk.room.now += 60 * 60 * 1000;
    assert_eq!(receive(&mut desk, &storm(50, "robot@b.example"))["outcome"], "opened");
}

#[test]
fn a_mail_never_speaks_for_an_agent_and_a_bounce_for_nobody() {
    let mut desk = Desk::open();
    let agent = desk.ask(&json!({ "snapshot": {} }))["agents"][1]["email"].clone();
    let forged = receive(&mut desk, &mail("1@x", &text(&agent)));
    let comment = desk.ask(&json!({ "getComment": { "commentId": forged["commentId"] } }));
    assert_eq!(comment["author"]["kind"], "user");
    let mut bounce = mail("2@x", "mailer-daemon@b.example");
    bounce["automatic"] = json!({ "kind": "bounce", "reason": "report" });
    let bounce = receive(&mut desk, &bounce);
    let comment = desk.ask(&json!({ "getComment": { "commentId": bounce["commentId"] } }));
    assert_eq!(comment["author"], json!({ "kind": "system" }));
}

#[test]
fn hostile_fields_are_cut_to_size_and_cleaned() {
    let mut desk = Desk::open();
    let mut hostile = mail(&"m".repeat(3_000), "a@b@c");
    hostile["subject"] = json!(format!("Hi\r\nBcc: x@y.z {}", "s".repeat(5_000)));
    hostile["from"]["name"] = json!("N\0\n".repeat(300));
    hostile["text"] = json!(format!("a\0b{}", "ä".repeat(60_000)));
    hostile["to"] = json!(vec![json!({ "address": "q".repeat(2_000) }); 500]);
    hostile["references"] = json!(vec!["r".repeat(1_000); 500]);
    let file = json!({
        "fileName": "../../x", "contentType": "evil", "bytesCount": 3, "sha256": "00", "key": "k",
    });
    hostile["attachments"] = json!(vec![file; 130]);
    let receipt = receive(&mut desk, &hostile);
    let ticket = desk.get(&text(&receipt["ticketId"]));
    let subject = text(&ticket["subject"]);
    assert!(subject.starts_with("Hi Bcc: x@y.z s") && subject.len() <= 300, "{subject}");
    assert_eq!(ticket["userId"], Value::Null);
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    let body = text(&comment["body"]);
    assert!(body.starts_with("abä") && body.len() <= 65_536 && body.len() > 65_530);
    assert_eq!(comment["mail"]["textTruncated"], true);
    assert_eq!(comment["mail"]["to"].as_array().map(Vec::len), Some(100));
    assert_eq!(comment["attachments"].as_array().map(Vec::len), Some(100));
    assert_eq!(comment["mail"]["attachmentsOmitted"], 30);
    let file = &comment["attachments"][0];
    assert_eq!((&file["fileName"], &file["inline"]), (&json!("x"), &json!(false)));
    let found = desk.ask(&json!({ "getAttachment": { "attachmentId": file["id"] } }));
    assert_eq!(&found, file);
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket["id"] } }));
    assert_eq!(list["items"][0], comment);
    assert_eq!(receive(&mut desk, &hostile)["outcome"], "duplicate");
    let empty = json!({ "rawKey": "raw/empty" });
    let receipt = receive(&mut desk, &empty);
    assert_eq!(desk.get(&text(&receipt["ticketId"]))["subject"], "(no subject)");
}

#[test]
fn what_cannot_be_read_is_listed_once() {
    let mut desk = Desk::open();
    desk.events();
    for n in [1, 2, 1] {
        let report = json!({
            "rawKey": format!("raw/{n}"), "reason": "this is not a\r\nmail",
            "envelopeFrom": "a@b.example", "bytesCount": 12,
        });
        let receipt = desk.system(&json!({ "reportUnparseable": report }));
        assert!(["unparseable", "duplicate"].contains(&text(&receipt["outcome"]).as_str()));
    }
    assert_eq!(desk.event_types(), ["mail.unparseable", "mail.unparseable"]);
    let list = desk.ask(&json!({ "listUnparseableMails": { "limit": 1 } }));
    assert_eq!(list["items"][0]["rawKey"], "raw/2");
    assert_eq!(list["items"][0]["reason"], "this is not a mail");
    let next = json!({ "listUnparseableMails": { "cursor": list["nextCursor"] } });
    assert_eq!(desk.ask(&next)["items"][0]["rawKey"], "raw/1");
}

#[test]
fn what_can_be_read_after_all_is_listed_no_more() {
    let mut desk = Desk::open();
    let inbox = uuid::Uuid::from_u128(7);
    for n in [1, 2] {
        let raw_key = format!("raw/{n}");
        let report = json!({ "rawKey": raw_key, "reason": "no", "inboxId": inbox });
        desk.system(&json!({ "reportUnparseable": report }));
    }
    let get = |number: i64| json!({ "getUnparseableMail": { "number": number } });
    let found = desk.manage(&get(1));
    assert_eq!((&found["rawKey"], &found["inboxId"]), (&json!("raw/1"), &json!(inbox)));
    assert_eq!(desk.refused(&get(1)).0, Code::Forbidden);
    let mut mail = mail("1@x", "a@b.example");
    mail["rawKey"] = json!("raw/1");
    assert_eq!(receive(&mut desk, &mail)["outcome"], "opened");
    assert_eq!(desk.manage_refused(&get(1)).0, Code::NotFound);
    let list = desk.ask(&json!({ "listUnparseableMails": {} }));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.manage(&get(2))["rawKey"], "raw/2");
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

/// A bounce, as the gateway reads it.
fn bounce(id: &str, inboxes: &[&str]) -> Value {
    let mut mail = mail(id, "mailer-daemon@mx.example");
    mail["automatic"] = json!({ "kind": "bounce", "reason": "report" });
    let recipient = json!({ "address": "bob@them.example", "class": "hard",
        "reason": "userUnknown", "status": "5.1.1" });
    mail["report"] = json!({ "inboxes": inboxes,
        "report": { "messageId": "sent@us.example", "recipients": [recipient] } });
    mail
}

const INBOXES: [&str; 4] = [
    "0190f5fe-7c00-8a00-8000-000000000001",
    "0190f5fe-7c00-8a00-8000-000000000002",
    "0190f5fe-7c00-8a00-8000-000000000003",
    "0190f5fe-7c00-8a00-8000-000000000004",
];

/// Settles what the room asks of inboxes; gives which it asked, and with what.
fn inboxes_asked(
    desk: &mut Desk,
    mut answer: impl FnMut(&str) -> Outcome,
) -> Vec<(String, InboxCommand)> {
    let mut asked = Vec::new();
    desk.room.drain(|_, effect| {
        let Effect::Call { actor: ActorKind::InboxState, instance, command, .. } = effect else {
            panic!("{effect:?}")
        };
        let inbox = instance.split_once('/').expect("a name of two parts").1;
        asked.push((inbox.to_owned(), read_json(command).expect("a command")));
        answer(inbox)
    });
    asked
}

fn unknown() -> Outcome {
    Outcome::Rejected(Reject::not_found("send"))
}

fn noted(class: &str) -> Outcome {
    let report = json!({ "class": class, "reason": "userUnknown", "address": "bob@them.example",
        "at": 5 });
    let noted = json!({ "sendId": "0190f5fe-7c00-7a00-8000-000000000009", "report": report });
    Outcome::Done(noted.to_string().into_bytes())
}

#[test]
fn a_report_is_shown_where_the_mail_it_is_about_is_and_asked_of_the_inboxes() {
    let mut desk = Desk::open();
    let first = receive(&mut desk, &mail("sent@us.example", "bob@them.example"));
    desk.room.drain(|_, effect| panic!("{effect:?}"));
    let receipt = receive(&mut desk, &bounce("b@x", &INBOXES));
    assert_eq!(
        (&receipt["outcome"], &receipt["ticketId"]),
        (&json!("commented"), &first["ticketId"])
    );
    desk.events();
    let asked =
        inboxes_asked(
            &mut desk,
            |inbox| {
                if inbox == INBOXES[1] { noted("hard") } else { unknown() }
            },
        );
    let names: Vec<&str> = asked.iter().map(|(inbox, _)| inbox.as_str()).collect();
    assert_eq!(names, INBOXES[..3]);
    for (_, command) in &asked {
        let InboxCommand::RecordReport(report) = command else { panic!("{command:?}") };
        assert_eq!(report.message_id.as_deref(), Some("sent@us.example"));
        assert_eq!(report.recipients[0].class, ReportClass::Hard);
    }
    let events = desk.events();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["type"], &events[0]["ticketId"]),
        (&json!("mail.bounced"), &first["ticketId"])
    );
    let data = &events[0]["data"];
    assert_eq!((&data["inboxId"], &data["commentId"]), (&json!(INBOXES[1]), &receipt["commentId"]));
    assert_eq!(
        (&data["report"]["class"], &data["report"]["address"]),
        (&json!("hard"), &json!("bob@them.example"))
    );
    // The same mail again asks nobody.
    receive(&mut desk, &bounce("b@x", &INBOXES));
    assert_eq!(inboxes_asked(&mut desk, |_| noted("hard")), []);
}

#[test]
fn a_report_that_no_inbox_knows_changes_nothing_and_our_own_mail_is_none() {
    let mut desk = Desk::open();
    receive(&mut desk, &bounce("b@x", &INBOXES[..1]));
    desk.events();
    assert_eq!(inboxes_asked(&mut desk, |_| unknown()).len(), 1);
    assert_eq!(desk.events().len(), 0);
    // An inbox that knew as much before tells no news.
    receive(&mut desk, &bounce("c@x", &INBOXES[..1]));
    desk.events();
    let known = json!({ "sendId": "0190f5fe-7c00-7a00-8000-000000000009" }).to_string();
    assert_eq!(inboxes_asked(&mut desk, |_| Outcome::Done(known.clone().into_bytes())).len(), 1);
    assert_eq!(desk.events().len(), 0);
    let mut own = bounce("d@x", &INBOXES[..1]);
    own["automatic"]["kind"] = json!("ownLoop");
    assert_eq!(receive(&mut desk, &own)["outcome"], "stopped");
    assert_eq!(inboxes_asked(&mut desk, |_| noted("hard")), []);
}

#[test]
fn what_a_relay_reports_is_told_by_its_inbox_and_by_no_agent() {
    let mut desk = Desk::open();
    for (class, kind) in
        [("hard", "mail.bounced"), ("block", "mail.bounced"), ("complaint", "mail.complained")]
    {
        let Outcome::Done(noted) = noted(class) else { panic!("an answer") };
        let mut told: Value = serde_json::from_slice(&noted).expect("JSON");
        told["inboxId"] = json!(INBOXES[0]);
        let command = json!({ "noteReport": told });
        assert_eq!(desk.manage_refused(&command).0, Code::Forbidden);
        desk.events();
        desk.system(&command);
        let events = desk.events();
        assert_eq!(events.len(), 1, "{class}: {events:?}");
        assert_eq!((&events[0]["type"], &events[0]["ticketId"]), (&json!(kind), &Value::Null));
        assert_eq!(events[0]["data"], told);
    }
}

#[test]
fn of_many_reports_in_an_hour_each_is_asked_about_even_where_its_mail_is_not_kept() {
    let mut desk = Desk::open();
    for n in 0..25 {
        receive(&mut desk, &bounce(&format!("{n}@x"), &INBOXES[..1]));
    }
    desk.events();
    assert_eq!(inboxes_asked(&mut desk, |_| noted("complaint")).len(), 25);
    let events = desk.events();
    assert!(events.iter().all(|event| event["type"] == "mail.complained"));
    let shown = events.iter().filter(|event| event["ticketId"] != Value::Null).count();
    assert_eq!((events.len(), shown), (25, 20));
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
