//! Texts of campaigns that are changed while a step is on its way, taken out, paused or erased.

use super::field::{DAY, Field, HOUR};
use super::texts::{GOOD, asked, begin, finish, first, judged, messages, texts, written};
use schema::Code;
use schema::ids::ProspectId;
use schema::inbox::TOO_LATE;
use serde_json::{Value, json};

const OWN: &str = "Ann, I wrote this to you myself.";

pub fn steps(prompt: &str) -> Value {
    json!([{ "subject": "Doors", "text": "Dear {{firstName}},\n\n{{ai}}",
        "ai": { "prompt": prompt } }])
}

pub fn change(field: &mut Field, mut change: Value) {
    change["campaignId"] = field.campaign.clone();
    field.desk.manage(&json!({ "changeCampaign": change }));
    field.settle();
}

pub fn put(field: &mut Field, ann: ProspectId, state: &str) {
    let campaign = &field.campaign;
    let change = json!({ "campaignId": campaign, "prospectId": ann, "state": state });
    field.desk.ask(&json!({ "changeEnrolment": change }));
    field.settle();
}

/// A window of an hour on Sundays, so that nothing leaves.
pub fn shut() -> Value {
    json!({ "timeZone": "UTC", "week": [{ "day": "sunday", "from": "08:00", "to": "09:00" }] })
}

fn open() -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let day = |day: &str| json!({ "day": day, "from": "08:00", "to": "17:00" });
    json!({ "timeZone": "UTC", "week": days.map(day) })
}

/// A text that is ready, and whose window is shut; by a person, where it says so.
pub fn ready_and_shut(by_person: bool) -> (Field, ProspectId) {
    let (mut field, ann) = asked(json!({}));
    change(&mut field, json!({ "window": shut() }));
    let message = messages(&field)[0];
    begin(&mut field, message);
    finish(&mut field, message, written("anthropic", GOOD));
    if by_person {
        field.desk.ask(&judged(&field, ann, 1, json!({ "verdict": "approve", "text": OWN })));
    }
    assert_eq!(first(&mut field).0, "ready");
    (field, ann)
}

#[test]
fn a_mail_that_comes_back_unsent_leaves_with_no_text_of_what_the_campaign_was() {
    for (more, prompt) in [
        (json!({ "steps": steps("Praise their windows.") }), "Praise their windows."),
        (json!({ "aiRules": { "approval": true } }), "Praise their doors."),
    ] {
        let (mut field, ann) = asked(json!({}));
        field.inboxes.values_mut().for_each(|it| it.answer = ("sending", None));
        let message = messages(&field)[0];
        begin(&mut field, message);
        finish(&mut field, message, written("anthropic", GOOD));
        assert_eq!((field.asked.len(), field.stands(ann).0), (1, "sending".into()));
        change(&mut field, more.clone());
        field.inboxes.values_mut().for_each(|it| it.answer = ("sent", None));
        field.tell(0, 4, "cancelled", Some(TOO_LATE));
        field.pass(DAY + 2 * HOUR, HOUR);
        assert_eq!((field.asked.len(), first(&mut field)), (1, ("waiting".into(), 2)), "{more}");
        let message = *messages(&field).last().expect("a message");
        assert_eq!(begin(&mut field, message)["prompt"], prompt);
        finish(&mut field, message, written("openai", GOOD));
        let leaves = more.get("aiRules").is_none();
        field.pass(2 * HOUR, HOUR);
        assert_eq!(field.asked.len(), 1 + usize::from(leaves), "{more}");
    }
}

#[test]
fn who_is_put_back_gets_no_text_of_what_the_campaign_was() {
    let changed = json!({ "steps": steps("Praise their windows."), "window": open() });
    let (mut field, ann) = ready_and_shut(false);
    put(&mut field, ann, "stopped");
    change(&mut field, changed.clone());
    put(&mut field, ann, "waiting");
    assert_eq!((field.asked.len(), first(&mut field)), (0, ("waiting".into(), 2)));
    assert_eq!(field.stands(ann), ("waiting".into(), json!("waitsForText")));
    let message = *messages(&field).last().expect("a message");
    assert_eq!(begin(&mut field, message)["prompt"], "Praise their windows.");
    finish(&mut field, message, written("openai", GOOD));
    assert_eq!(field.asked.len(), 1);

    // What somebody wrote waits for approval, and stands as it is.
    let (mut field, ann) = ready_and_shut(true);
    put(&mut field, ann, "stopped");
    change(&mut field, changed);
    put(&mut field, ann, "waiting");
    assert_eq!((field.asked.len(), first(&mut field)), (0, ("awaitingApproval".into(), 3)));
    field.pass(3 * HOUR, HOUR);
    assert_eq!(first(&mut field), ("awaitingApproval".into(), 3), "once");
    let approve = json!({ "verdict": "approve", "ifVersion": 3 });
    field.desk.ask(&judged(&field, ann, 1, approve));
    field.settle();
    assert!(field.asked[0].mail.text.contains(OWN));
}

#[test]
fn who_is_put_back_unchanged_gets_the_text_that_is_there() {
    let (mut field, ann) = ready_and_shut(false);
    put(&mut field, ann, "stopped");
    change(&mut field, json!({ "window": open(), "name": "Summer" }));
    put(&mut field, ann, "waiting");
    assert!(field.asked[0].mail.text.contains(GOOD));
    assert_eq!(messages(&field).iter().filter(|it| it.number == 1).count(), 1);
}

#[test]
fn a_model_that_wrote_for_what_the_campaign_was_wrote_for_nothing() {
    for second_begins in [false, true] {
        let (mut field, ann) = asked(json!({}));
        let message = messages(&field)[0];
        begin(&mut field, message);
        put(&mut field, ann, "stopped");
        change(&mut field, json!({ "steps": steps("Praise their windows.") }));
        put(&mut field, ann, "waiting");
        assert_eq!(first(&mut field), ("waiting".into(), 1));
        if second_begins {
            field.pass(HOUR / 6, 60_000);
            assert_eq!(begin(&mut field, message), Value::Null);
        }
        finish(&mut field, message, written("anthropic", GOOD));
        assert_eq!((field.asked.len(), first(&mut field)), (0, ("waiting".into(), 2)));
        let message = *messages(&field).last().expect("a message");
        assert_eq!(begin(&mut field, message)["prompt"], "Praise their windows.");
    }
}

#[test]
fn what_awaits_approval_is_not_approved_for_another_campaign() {
    let (mut field, ann) = asked(json!({ "approval": true }));
    let message = messages(&field)[0];
    begin(&mut field, message);
    finish(&mut field, message, written("anthropic", GOOD));
    change(&mut field, json!({ "window": shut() }));
    put(&mut field, ann, "stopped");
    change(&mut field, json!({ "steps": steps("Praise their windows.") }));
    put(&mut field, ann, "waiting");
    assert_eq!(first(&mut field), ("awaitingApproval".into(), 1));
    let approve = json!({ "verdict": "approve", "ifVersion": 1 });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, approve)).0, Code::Conflict);
    change(&mut field, json!({ "window": open() }));
    assert_eq!(first(&mut field), ("waiting".into(), 2));
}

#[test]
fn who_was_blocked_for_want_of_a_text_goes_on_after_a_pause() {
    let (mut field, ann) = asked(json!({}));
    for nth in 0..3 {
        let message = messages(&field)[nth];
        begin(&mut field, message);
        finish(&mut field, message, written("xai", "Too short."));
    }
    assert_eq!(field.stands(ann).0, "blocked");
    let campaign = field.campaign.clone();
    field.desk.manage(&json!({ "pauseCampaign": { "campaignId": campaign } }));
    change(&mut field, json!({ "steps": steps("Praise their windows.") }));
    field.desk.system(&json!({ "takeTurns": {} }));
    field.settle();
    let message = *messages(&field).last().expect("a message");
    assert_eq!((message.attempt, begin(&mut field, message)), (4, Value::Null), "it is paused");
    let before = messages(&field).len();
    field.start();
    field.settle();
    assert_eq!(messages(&field).len(), before + 1);
    let message = *messages(&field).last().expect("a message");
    begin(&mut field, message);
    finish(&mut field, message, written("xai", GOOD));
    assert_eq!((field.asked.len(), field.stands(ann).0), (1, "finished".into()));
}

#[test]
fn what_is_told_of_an_erased_text_lands_on_nobody_else() {
    let (mut field, ann) = asked(json!({}));
    let message = messages(&field)[0];
    begin(&mut field, message);
    field.desk.system(&json!({ "forgetProspect": { "prospectId": ann } }));
    field.enrol(2, "bob@acme.example");
    field.settle();
    let bobs = *messages(&field).last().expect("a message");
    assert_ne!(bobs.number, message.number);
    begin(&mut field, bobs);
    finish(&mut field, message, written("anthropic", "Ann of Smithy, your doors are fine."));
    assert!(field.asked.is_empty());
    assert_eq!(texts(&mut field)[0]["state"], "waiting");
}

#[test]
fn providers_that_stay_away_are_asked_ever_later_and_not_for_all_at_once() {
    let (mut field, _) = asked(json!({}));
    let away = json!({ "unavailable": { "why": "openai did not answer", "retryAfterMs": 1_000 } });
    let mut waits = Vec::new();
    for _ in 0..7 {
        let message = *messages(&field).last().expect("a message");
        begin(&mut field, message);
        finish(&mut field, message, away.clone());
        let (before, from) = (messages(&field).len(), field.desk.room.now);
        while messages(&field).len() == before {
            field.pass(10_000, 10_000);
        }
        waits.push((field.desk.room.now - from) / 1_000);
    }
    for (nth, wait) in waits.iter().enumerate() {
        let least = 60 << nth.min(5);
        assert!((least..=least * 9 / 8 + 20).contains(wait), "{waits:?}");
    }

    let (mut field, _) = asked(json!({}));
    for at in 2..=9 {
        field.enrol(at, "bob@acme.example");
    }
    field.settle();
    for message in messages(&field) {
        begin(&mut field, message);
        finish(&mut field, message, away.clone());
    }
    let times = "(select distinct ask_at from outreach_texts where ask_at is not null)";
    assert!(field.desk.room.count(times) > 4);
}

#[test]
fn what_is_approved_is_what_was_read() {
    let (mut field, ann) = asked(json!({ "approval": true }));
    let message = messages(&field)[0];
    begin(&mut field, message);
    let words = format!("Subject: Doors\n\nSubject: to change, {GOOD}\nBye.");
    finish(&mut field, message, written("anthropic", &words));
    // While another is written, nothing is there to be approved.
    field.desk.ask(&judged(&field, ann, 1, json!({ "verdict": "rewrite" })));
    field.settle();
    let approve = |version: i64| json!({ "verdict": "approve", "ifVersion": version });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, approve(2))).0, Code::Conflict);
    let message = *messages(&field).last().expect("a message");
    begin(&mut field, message);
    finish(&mut field, message, written("anthropic", &words));
    let read = texts(&mut field)[0]["text"].clone();
    let done = field.desk.ask(&judged(&field, ann, 1, approve(2)));
    assert_eq!(done["text"], read);
    field.settle();
    assert!(field.asked[0].mail.text.contains("Subject: to change, Your doors"));
}
