//! Texts that models write: asked for once, guarded, approved, and nothing sent without one.

use super::field::{DAY, Field, HOUR};
use crate::workspace_room::tests::desk::text;
use schema::Code;
use schema::ids::ProspectId;
use schema::pipeline::{Work, WriteText};
use serde_json::{Value, json};

const GOOD: &str = "Your doors are the best in town. Shall we talk?";

/// A campaign in whose steps a model writes, with one prospect.
fn asked(rules: Value) -> (Field, ProspectId) {
    let mut field = Field::open(&["a@desk.example"]);
    let prompt = json!({ "prompt": "Praise their doors." });
    field.campaign(json!({ "aiRules": rules, "steps": [
        { "subject": "Doors", "text": "Dear {{firstName}},\n\n{{ai}}\n\nBye", "ai": prompt },
        { "delayDays": 3, "text": "{{ai}}", "ai": prompt },
    ] }));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    (field, ann)
}

/// The messages that ask for texts.
fn messages(field: &Field) -> Vec<WriteText> {
    let read = |(queue, body): &(_, Vec<u8>)| Work::read(*queue, body).expect("a message");
    let of_text = |work| if let Work::WriteText(text) = work { Some(text) } else { None };
    field.queued.iter().map(read).filter_map(of_text).collect()
}

fn begin(field: &mut Field, message: WriteText) -> Value {
    let WriteText { number, attempt, .. } = message;
    let begun = json!({ "beginWriting": { "number": number, "attempt": attempt } });
    field.desk.system(&begun)["order"].clone()
}

fn finish(field: &mut Field, message: WriteText, outcome: Value) {
    let WriteText { number, attempt, .. } = message;
    field.desk.system(&json!({ "finishWriting":
        { "number": number, "attempt": attempt, "outcome": outcome } }));
    field.settle();
}

fn written(provider: &str, text: &str) -> Value {
    json!({ "written": { "provider": provider, "text": text } })
}

fn texts(field: &mut Field) -> Vec<Value> {
    let campaign = &field.campaign;
    let list = field.desk.ask(&json!({ "listCampaignTexts": { "campaignId": campaign } }));
    list["items"].as_array().expect("items").clone()
}

fn judged(field: &Field, ann: ProspectId, step: i64, more: Value) -> Value {
    let campaign = &field.campaign;
    let mut judge = json!({ "campaignId": campaign, "prospectId": ann, "step": step });
    let fields = more.as_object().expect("an object").clone();
    judge.as_object_mut().expect("an object").extend(fields);
    json!({ "judgeCampaignText": judge })
}

#[test]
fn a_step_waits_for_its_text_and_leaves_with_it_once() {
    let (mut field, ann) = asked(json!({}));
    assert!(field.asked.is_empty());
    assert_eq!(field.stands(ann), ("waiting".into(), json!("waitsForText")));
    let all = messages(&field);
    assert_eq!(all.len(), 1, "{all:?}");
    let prompt = json!({ "changeAiSettings": { "prompt": "We sell doors." } });
    field.desk.manage(&prompt);
    let order = begin(&mut field, all[0]);
    assert_eq!(
        (&order["prompt"], &order["workspacePrompt"]),
        (&json!("Praise their doors."), &json!("We sell doors."))
    );
    assert!(text(&order["template"]).contains("{{ai}}"));
    assert_eq!(begin(&mut field, all[0]), Value::Null, "one consumer at a time");
    finish(&mut field, all[0], written("anthropic", GOOD));
    // The message comes twice, and its first consumer was slow.
    finish(&mut field, all[0], written("openai", "Something else that is long enough."));
    assert_eq!(field.asked.len(), 1);
    let mail = &field.asked[0].mail;
    assert!(mail.text.starts_with(&format!("Dear Ann,\n\n{GOOD}\n\nBye\n\n-- \nDesk Ltd")));
    assert!(mail.text.contains("No more mails: https://"));
    // The next step's text is asked for at once, ahead of its time.
    let all = messages(&field);
    assert_eq!(all.len(), 2);
    begin(&mut field, all[1]);
    finish(&mut field, all[1], written("openai", GOOD));
    assert_eq!(field.asked.len(), 1, "not before its time");
    field.pass(4 * DAY, 6 * HOUR);
    assert_eq!((field.asked.len(), field.stands(ann).0), (2, "finished".into()));
    assert_eq!(messages(&field).len(), 2);
    let told: Vec<_> = texts(&mut field)
        .iter()
        .map(|it| (it["step"].as_i64(), text(&it["state"]), text(&it["writer"])))
        .collect();
    let wanted = [(Some(2), "ready", "openai"), (Some(1), "ready", "anthropic")];
    assert_eq!(told, wanted.map(|(step, a, b)| (step, a.to_owned(), b.to_owned())));
}

#[test]
fn what_the_guard_refuses_is_written_anew_and_three_times_is_for_a_person() {
    let (mut field, ann) = asked(json!({ "linkDomains": ["Acme.Example"] }));
    for (nth, bad) in
        ["Dear [Name], your doors are fine.", "See http://evil.test for doors", "Too short."]
            .into_iter()
            .enumerate()
    {
        let all = messages(&field);
        assert_eq!((all.len(), all[nth].attempt), (nth + 1, nth as i64 + 1));
        let order = begin(&mut field, all[nth]);
        assert_eq!(order["refusals"], json!(nth));
        finish(&mut field, all[nth], written("xai", bad));
    }
    assert_eq!(messages(&field).len(), 3, "no further one");
    let (state, reason) = field.stands(ann);
    assert_eq!(
        (state.as_str(), text(&reason).as_str()),
        ("blocked", "text: it must have 20 to 4000 characters")
    );
    assert!(field.asked.is_empty());
    // A person gives one, which is guarded as well.
    let evil = json!({ "verdict": "approve", "text": "All about doors: http://evil.test/" });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, evil)).0, Code::InvalidInput);
    let own = json!({ "verdict": "approve", "text": "All about doors: https://acme.example/" });
    let done = field.desk.ask(&judged(&field, ann, 1, own));
    assert_eq!((text(&done["state"]), text(&done["writer"])), ("ready".into(), "person".into()));
    field.settle();
    assert!(field.asked[0].mail.text.contains("https://acme.example/"));
}

#[test]
fn nothing_leaves_before_somebody_approves_it() {
    let (mut field, ann) = asked(json!({ "approval": true }));
    let message = messages(&field)[0];
    begin(&mut field, message);
    let early = json!({ "verdict": "approve" });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, early.clone())).0, Code::Conflict);
    finish(&mut field, message, written("anthropic", GOOD));
    field.pass(2 * HOUR, HOUR);
    assert!(field.asked.is_empty());
    assert_eq!(field.stands(ann), ("waiting".into(), json!("awaitsApproval")));
    // Rejected, it blocks; written anew, it waits again; what is told of the old try is nothing.
    field.desk.ask(&judged(&field, ann, 1, json!({ "verdict": "reject" })));
    assert_eq!(field.stands(ann), ("blocked".into(), json!("text: rejected")));
    field.desk.ask(&judged(&field, ann, 1, json!({ "verdict": "rewrite" })));
    field.settle();
    finish(&mut field, message, written("anthropic", "An old text that comes late."));
    let message = *messages(&field).last().expect("a message");
    assert_eq!(message.attempt, 3);
    begin(&mut field, message);
    finish(&mut field, message, written("anthropic", GOOD));
    assert!(field.asked.is_empty());
    field.desk.ask(&judged(&field, ann, 1, early));
    field.settle();
    assert!(field.asked[0].mail.text.contains(GOOD));
    let late = json!({ "verdict": "reject" });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, late)).0, Code::Conflict, "it left");
}

#[test]
fn a_message_that_is_lost_is_sent_again_and_providers_that_are_away_are_waited_for() {
    let (mut field, ann) = asked(json!({}));
    field.pass(HOUR, 5 * 60_000);
    let lost = messages(&field).len();
    assert!((3..=6).contains(&lost), "{lost}");
    let message = *messages(&field).last().expect("a message");
    assert_eq!(message.attempt, 1, "the same try");
    begin(&mut field, message);
    let away = json!({ "unavailable": { "why": "openai wants to be left alone",
        "retryAfterMs": 10 * 60_000 } });
    finish(&mut field, message, away);
    assert_eq!(field.stands(ann).0, "waiting");
    let before = messages(&field).len();
    field.pass(8 * 60_000, 60_000);
    assert_eq!(messages(&field).len(), before, "not earlier");
    field.pass(5 * 60_000, 60_000);
    assert_eq!(messages(&field).len(), before + 1);
    let message = *messages(&field).last().expect("a message");
    begin(&mut field, message);
    finish(&mut field, message, json!({ "failed": { "why": "openai refused to write" } }));
    let message = *messages(&field).last().expect("a message");
    assert_eq!((message.attempt, begin(&mut field, message)["refusals"].clone()), (2, json!(1)));
    // Who is taken out of the campaign gets no text.
    let campaign = field.campaign.clone();
    field.desk.ask(&json!({ "changeEnrolment":
        { "campaignId": campaign, "prospectId": ann, "state": "stopped" } }));
    finish(&mut field, message, written("openai", GOOD));
    field.pass(DAY, HOUR);
    assert!(field.asked.is_empty());
    assert_eq!(texts(&mut field)[0]["state"], "waiting");
}

#[test]
fn prompts_and_rules_that_cannot_be_are_refused() {
    let mut field = Field::open(&["a@desk.example"]);
    let inbox = field.inbox("a@desk.example");
    let step = |text: &str, ai: Value| json!([{ "subject": "s", "text": text, "ai": ai }]);
    let prompt = json!({ "prompt": "p" });
    for (steps, rules) in [
        (step("no place for it", prompt.clone()), json!({})),
        (step("{{ai}}", json!({ "prompt": " " })), json!({})),
        (step("{{ai}}", json!({ "prompt": "x".repeat(4_001) })), json!({})),
        (step("{{ai}}", Value::Null), json!({})),
        (step("{{ai}}", prompt.clone()), json!({ "linkDomains": ["https://acme.example/x"] })),
        (step("{{ai}}", prompt.clone()), json!({ "bannedClaims": [""] })),
    ] {
        let plan = json!({ "createCampaign": { "name": "n", "inboxIds": [inbox], "footer": "f",
            "steps": steps, "aiRules": rules } });
        assert_eq!(field.desk.manage_refused(&plan).0, Code::InvalidInput, "{plan}");
    }
    let long = json!({ "changeAiSettings": { "prompt": "x".repeat(4_001) } });
    assert_eq!(field.desk.manage_refused(&long).0, Code::InvalidInput);
    let short = json!({ "changeAiSettings": { "prompt": "x" } });
    assert_eq!(field.desk.refused(&short).0, Code::Forbidden, "agents do not");
    let told = field.desk.ask(&json!({ "getAiSettings": {} }));
    assert_eq!(told, json!({ "prompt": "", "version": 0 }));
}
