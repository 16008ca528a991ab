//! Mail that reports on another: the inboxes are asked whose that was.

use super::*;
use crate::kernel::{Effect, Outcome};
use schema::codec::read_json;
use schema::inbox::InboxCommand;
use schema::report::ReportClass;
use schema::{ActorKind, Reject};

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
