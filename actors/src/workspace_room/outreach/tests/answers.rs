//! Who writes back.

use super::field::{DAY, Field, HOUR};
use crate::inbox_state::identity::inbox_of;
use crate::kernel::{Effect, Outcome};
use crate::prospect_dedup::identity::Identity;
use crate::workspace_room::tests::desk::text;
use schema::ids::ProspectId;
use serde_json::{Value, json};

/// A prospect by the id that their address has, who got the first step.
pub fn written_to() -> (Field, ProspectId) {
    written_by(json!({}))
}

/// The same, of a campaign of which more is said.
pub fn written_by(more: Value) -> (Field, ProspectId) {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(more);
    let identity = Identity::email("email", "ann@acme.example").expect("an address");
    let id = identity.id(field.desk.room.workspace);
    let ann = field.enrol(id.0.as_u128(), "ann@acme.example");
    assert_eq!(ann, id);
    field.settle();
    assert_eq!((field.asked.len(), field.stands(ann).0), (1, "waiting".into()));
    (field, ann)
}

pub fn mail(field: &mut Field, more: Value) -> Value {
    let receipt = file(field, more);
    field.settle();
    receipt
}

/// The same, and what the room then asks others is not asked yet.
pub fn file(field: &mut Field, more: Value) -> Value {
    let number = field.desk.room.now;
    let mut mail = json!({ "rawKey": format!("raw/{number}"), "messageId": format!("{number}@x"),
        "from": { "address": "ann@acme.example" }, "subject": "Re: Doors", "text": "Tell me more.",
        "inboxId": inbox_of(field.desk.room.workspace, "a@desk.example") });
    let fields = more.as_object().expect("an object").clone();
    mail.as_object_mut().expect("an object").extend(fields);
    field.desk.system(&json!({ "receiveMail": mail }))
}

#[test]
fn who_answers_gets_no_further_step_and_has_a_ticket() {
    for (more, reason) in [
        (json!({ "inReplyTo": ["own1@desk.example"] }), "replied"),
        (json!({ "from": { "address": "Ann@ACME.example" } }), "replied"),
        (
            json!({ "references": ["0@x", "<own1@desk.example>"],
            "from": { "address": "assistant@acme.example" } }),
            "replied",
        ),
        (json!({ "text": "Please remove me." }), "optOut"),
        (json!({ "subject": "unsubscribe", "text": "" }), "optOut"),
    ] {
        let (mut field, ann) = written_to();
        let receipt = mail(&mut field, more.clone());
        assert_eq!(field.stands(ann), ("stopped".into(), json!(reason)), "{more}");
        assert_eq!(field.suppressed, [(ann.to_string(), reason.to_owned())], "{more}");
        assert!(receipt["ticketId"].is_string(), "{more}");
        field.pass(5 * DAY, 6 * HOUR);
        assert_eq!(field.asked.len(), 1, "{more}");
        // The same mail once more changes nothing.
        let before = field.suppressed.len();
        field.desk.room.now -= 5 * DAY;
        assert_eq!(mail(&mut field, more)["outcome"], "duplicate");
        assert_eq!(field.suppressed.len(), before);
    }
}

#[test]
fn who_is_away_gets_the_next_step_a_week_later() {
    let (mut field, ann) = written_to();
    let away = json!({ "kind": "autoReply", "reason": "auto_submitted" });
    field.pass(HOUR, HOUR);
    mail(&mut field, json!({ "automatic": away }));
    let one = field.enrolment(ann);
    assert_eq!((text(&one["state"]), text(&one["reason"])), ("waiting".into(), "away".into()));
    field.pass(6 * DAY, 6 * HOUR);
    assert_eq!(field.asked.len(), 1);
    field.pass(2 * DAY, 6 * HOUR);
    assert_eq!((field.asked.len(), field.stands(ann).0), (2, "finished".into()));
    assert!(field.suppressed.is_empty());
}

#[test]
fn other_mail_stops_nothing() {
    for more in [
        json!({ "from": { "address": "bob@acme.example" } }),
        json!({ "from": null }),
        json!({ "from": { "address": "no address" }, "inReplyTo": ["0@x"] }),
        json!({ "automatic": { "kind": "bounce", "reason": "null_sender" } }),
        json!({ "automatic": { "kind": "list", "reason": "list_id" } }),
    ] {
        let (mut field, ann) = written_to();
        mail(&mut field, more.clone());
        assert_eq!(field.stands(ann).0, "waiting", "{more}");
        assert!(field.suppressed.is_empty(), "{more}");
    }
    // Nor does what somebody wrote before they were written to.
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({ "window": { "timeZone": "UTC", "week":
        [{ "day": "friday", "from": "08:00", "to": "09:00" }] } }));
    let identity = Identity::email("email", "ann@acme.example").expect("an address");
    let id = identity.id(field.desk.room.workspace).0.as_u128();
    let ann = field.enrol(id, "ann@acme.example");
    mail(&mut field, json!({}));
    assert_eq!(field.stands(ann).0, "waiting");
}

#[test]
fn what_somebody_answers_is_shown_and_told() {
    for (text, kind, reason) in [
        ("Sounds good, tell me more.", "interested", "replied"),
        ("Let's meet on Tuesday.", "meeting", "replied"),
        ("Not now.", "notNow", "replied"),
        ("Please remove me.", "optOut", "optOut"),
        ("We have three doors.", "other", "replied"),
    ] {
        let (mut field, ann) = written_to();
        field.desk.events();
        let quoted = format!("{text}\n\n> let's meet, or are you not interested?");
        let receipt = mail(&mut field, json!({ "text": quoted, "visibleText": text }));
        let one = field.enrolment(ann);
        assert_eq!(
            (text_of(&one["state"]), text_of(&one["reason"])),
            ("stopped", reason),
            "{kind}"
        );
        let answer = &one["answer"];
        assert_eq!(text_of(&answer["kind"]), kind);
        assert_eq!((&answer["ticketId"], &answer["at"]), (&receipt["ticketId"], &one["updatedAt"]));
        let told = field.desk.events();
        let told = told.iter().find(|event| event["type"] == "outreach.answered").expect("told");
        assert_eq!(told["data"]["answer"], *answer, "{kind}");
        assert_eq!(told["data"]["prospectId"], one["prospectId"]);
        field.pass(5 * DAY, 6 * HOUR);
        assert_eq!(field.asked.len(), 1, "{kind}");
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn operators_are_told_once_of_who_wants_to_meet() {
    let (mut field, ann) = written_to();
    let receipt = mail(&mut field, json!({ "text": "Call me on Tuesday." }));
    assert_eq!(field.queued.len(), 1);
    let (queue, message) = field.queued[0].clone();
    let work = schema::pipeline::Work::read(queue, &message).expect("a message");
    let schema::pipeline::Work::MeetingAsked(asked) = work else { panic!("{work:?}") };
    assert_eq!(asked.prospect_id, ann);
    assert_eq!(json!(asked.campaign_id), field.campaign);
    assert_eq!(json!(asked.ticket_id), receipt["ticketId"]);
    // Whatever they say next, and however often.
    for text in ["How much is it?", "Call me on Wednesday.", "So call me!"] {
        field.pass(HOUR, HOUR);
        mail(&mut field, json!({ "text": text }));
    }
    assert_eq!(field.queued.len(), 1);
    assert_eq!(field.enrolment(ann)["answer"]["kind"], "meeting");
    // A machine of theirs says less than they did.
    let away = json!({ "kind": "autoReply", "reason": "auto_submitted" });
    field.pass(HOUR, HOUR);
    mail(&mut field, json!({ "automatic": away }));
    assert_eq!(field.enrolment(ann)["answer"]["kind"], "meeting");
}

#[test]
fn operators_are_told_of_the_answer_that_asked_to_meet() {
    for (text, told) in [("How much is it?", 1), ("Please remove me.", 0)] {
        let (mut field, _) = written_to();
        let asked_at = field.desk.room.now;
        let receipt = file(&mut field, json!({ "text": "Call me on Tuesday." }));
        field.desk.room.now += 1_000;
        file(&mut field, json!({ "subject": "Windows", "text": text }));
        field.settle();
        assert_eq!(field.queued.len(), told, "{text}");
        for (queue, message) in &field.queued {
            let work = schema::pipeline::Work::read(*queue, message).expect("a message");
            let schema::pipeline::Work::MeetingAsked(asked) = work else { panic!("{work:?}") };
            assert_eq!(asked.at, asked_at);
            assert_eq!(json!(asked.ticket_id), receipt["ticketId"]);
        }
    }
}

#[test]
fn who_asks_for_a_call_instead_of_mails_has_answered() {
    let (mut field, ann) = written_to();
    mail(&mut field, json!({ "text": "Remove me, add Jane, she'd love to meet" }));
    assert_eq!(field.stands(ann), ("stopped".into(), json!("replied")));
    assert_eq!(field.suppressed, [(ann.to_string(), "replied".to_owned())]);
}

#[test]
fn who_says_not_now_is_asked_later_where_the_campaign_says_so() {
    let (mut field, ann) = written_by(json!({ "notNowDays": 10 }));
    field.pass(HOUR, HOUR);
    mail(&mut field, json!({ "text": "Not at the moment, sorry." }));
    let one = field.enrolment(ann);
    assert_eq!((text_of(&one["state"]), text_of(&one["reason"])), ("waiting", "notNow"));
    assert_eq!(one["dueAt"], json!(field.desk.room.now + 10 * DAY));
    assert!(field.suppressed.is_empty());
    field.pass(9 * DAY, 6 * HOUR);
    assert_eq!(field.asked.len(), 1);
    field.pass(3 * DAY, 6 * HOUR);
    assert_eq!((field.asked.len(), field.stands(ann).0), (2, "finished".into()));

    // Another campaign that says nothing of it stops all.
    let (mut field, ann) = written_by(json!({ "notNowDays": 10 }));
    let first = field.campaign.clone();
    field.campaign(json!({ "name": "Windows" }));
    let other = field.campaign.clone();
    field.desk.ask(&json!({ "enrol": { "campaignId": other, "prospectIds": [ann] } }));
    mail(&mut field, json!({ "text": "Not now." }));
    assert_eq!(field.stands(ann).0, "stopped");
    field.campaign = first;
    assert_eq!(field.stands(ann).0, "stopped");
    assert_eq!(field.suppressed, [(ann.to_string(), "replied".to_owned())]);
    for days in [0, 366] {
        let change = json!({ "changeCampaign": { "campaignId": other, "notNowDays": days } });
        assert_eq!(field.desk.manage_refused(&change).0, schema::Code::InvalidInput);
    }
}

#[test]
fn a_mail_by_hand_that_did_not_leave_does_not_make_not_now_a_no() {
    let (mut field, ann) = written_by(json!({ "notNowDays": 10 }));
    field.pass(HOUR, HOUR);
    field.inboxes.values_mut().for_each(|it| it.answer = ("failed", Some("554 no")));
    field.desk.ask(&field.by_hand("k", ann, "a@desk.example"));
    field.settle();
    mail(&mut field, json!({ "text": "Not now." }));
    assert_eq!(field.stands(ann), ("waiting".into(), json!("notNow")));
    assert!(field.suppressed.is_empty());
}

#[test]
fn a_mail_that_came_back_is_an_answer() {
    let (mut field, ann) = written_to();
    field.tell(0, 4, "bounced", Some("550 no such user"));
    let one = field.enrolment(ann);
    assert_eq!((text_of(&one["reason"]), &one["answer"]["kind"]), ("bounced", &json!("bounce")));
    assert!(one["answer"].get("ticketId").is_none());
}

#[test]
fn a_prospect_whose_answer_was_lost_is_told_again_under_the_same_key() {
    let (mut field, _) = written_to();
    file(&mut field, json!({ "text": "Please remove me." }));
    let mut keys = Vec::new();
    for _ in 0..3 {
        field.desk.room.drain(|_, effect| {
            let Effect::Call { key, command, .. } = effect else {
                return Outcome::Done(Vec::new());
            };
            if command.starts_with(b"{\"suppress\"") {
                keys.push(key.clone());
            }
            Outcome::Failed { why: "no answer in time".into() }
        });
        field.desk.room.now += HOUR;
    }
    assert_eq!(keys.len(), 3, "it is told until it is heard");
    keys.dedup();
    assert_eq!(keys.len(), 1, "it keeps one line of what it was told once: {keys:?}");
}
