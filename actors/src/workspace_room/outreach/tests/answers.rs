//! Who writes back.

use super::field::{DAY, Field, HOUR};
use crate::inbox_state::identity::inbox_of;
use crate::prospect_dedup::identity::Identity;
use crate::workspace_room::tests::desk::text;
use schema::ids::ProspectId;
use serde_json::{Value, json};

/// A prospect by the id that their address has, who got the first step.
fn written_to() -> (Field, ProspectId) {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let identity = Identity::email("email", "ann@acme.example").expect("an address");
    let id = identity.id(field.desk.room.workspace);
    let ann = field.enrol(id.0.as_u128(), "ann@acme.example");
    assert_eq!(ann, id);
    field.settle();
    assert_eq!((field.asked.len(), field.stands(ann).0), (1, "waiting".into()));
    (field, ann)
}

fn mail(field: &mut Field, more: Value) -> Value {
    let number = field.desk.room.now;
    let mut mail = json!({ "rawKey": format!("raw/{number}"), "messageId": format!("{number}@x"),
        "from": { "address": "ann@acme.example" }, "subject": "Re: Doors", "text": "Tell me more.",
        "inboxId": inbox_of(field.desk.room.workspace, "a@desk.example") });
    let fields = more.as_object().expect("an object").clone();
    mail.as_object_mut().expect("an object").extend(fields);
    let receipt = field.desk.system(&json!({ "receiveMail": mail }));
    field.settle();
    receipt
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
