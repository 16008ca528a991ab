//! Texts that models write: asked for once, guarded, approved, and nothing sent without one.

use super::field::{DAY, Field, HOUR};
use crate::workspace_room::outreach::texts::order;
use crate::workspace_room::tests::desk::text;
use schema::Code;
use schema::ids::ProspectId;
use schema::pipeline::{Work, WriteText};
use serde_json::{Value, json};

pub const GOOD: &str = "Your doors are the best in town. Shall we talk?";

/// A campaign in whose steps a model writes, with one prospect.
pub fn asked(rules: Value) -> (Field, ProspectId) {
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
pub fn messages(field: &Field) -> Vec<WriteText> {
    let read = |(queue, body): &(_, Vec<u8>)| Work::read(*queue, body).expect("a message");
    let of_text = |work| if let Work::WriteText(text) = work { Some(text) } else { None };
    field.queued.iter().map(read).filter_map(of_text).collect()
}

pub fn begin(field: &mut Field, message: WriteText) -> Value {
    let WriteText { number, attempt, .. } = message;
    let begun = json!({ "beginWriting": { "number": number, "attempt": attempt } });
    field.desk.system(&begun)["order"].clone()
}

pub fn finish(field: &mut Field, message: WriteText, outcome: Value) {
    let WriteText { number, attempt, .. } = message;
    field.desk.system(&json!({ "finishWriting":
        { "number": number, "attempt": attempt, "outcome": outcome } }));
    field.settle();
}

pub fn written(provider: &str, text: &str) -> Value {
    written_from("", provider, text)
}

/// What a model wrote that was told these facts; of no facts it is a text that fits Ann.
fn written_from(facts: &str, provider: &str, text: &str) -> Value {
    let facts = if facts.is_empty() { ann_is() } else { facts.to_owned() };
    json!({ "written": { "provider": provider, "text": text, "facts": facts } })
}

/// What models are told of Ann, as she is in every test.
fn ann_is() -> String {
    let mut field = Field::open(&[]);
    let ann = field.person(1, "ann@acme.example");
    of(&field, ann)
}

/// What models are told of a prospect.
fn of(field: &Field, id: ProspectId) -> String {
    let person = serde_json::from_value(field.people[&id].clone()).expect("a prospect");
    order::fingerprint("", &person)
}

/// How the first text stands: its state, and its version.
pub fn first(field: &mut Field) -> (String, i64) {
    let all = texts(field);
    let one = all.iter().find(|one| one["step"] == 1).expect("a text");
    (text(&one["state"]), one["version"].as_i64().expect("a version"))
}

pub fn texts(field: &mut Field) -> Vec<Value> {
    let campaign = &field.campaign;
    let list = field.desk.ask(&json!({ "listCampaignTexts": { "campaignId": campaign } }));
    list["items"].as_array().expect("items").clone()
}

pub fn judged(field: &Field, ann: ProspectId, step: i64, more: Value) -> Value {
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
    let approve = |version: i64| json!({ "verdict": "approve", "ifVersion": version });
    for step in [1, 0, schema::codec::INTEGER_MAX] {
        let judged = judged(&field, ann, step, approve(1));
        assert_eq!(field.desk.refused(&judged).0, Code::Conflict, "{step}");
    }
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
    // What was read before is another text than the one that would leave.
    let blind = json!({ "verdict": "approve" });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, blind)).0, Code::InvalidInput);
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, approve(1))).0, Code::VersionMismatch);
    assert_eq!(first(&mut field), ("awaitingApproval".into(), 3));
    field.desk.ask(&judged(&field, ann, 1, approve(3)));
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
    assert_eq!(told, json!({ "prompt": "", "classifyAnswers": false, "version": 0 }));
}

#[test]
fn a_change_of_the_campaign_has_what_waits_written_and_approved_anew() {
    let (mut field, ann) = asked(json!({ "approval": true }));
    let old = messages(&field)[0];
    begin(&mut field, old);
    let change = |field: &mut Field, more: Value| {
        let mut change = json!({ "campaignId": field.campaign });
        let fields = more.as_object().expect("an object").clone();
        change.as_object_mut().expect("an object").extend(fields);
        field.desk.manage(&json!({ "changeCampaign": change }));
        field.settle();
    };
    let prompt = |words: &str| json!({ "prompt": words });
    let steps = |words: &str| {
        json!({ "steps": [
            { "subject": "Doors", "text": "Dear {{firstName}},\n\n{{ai}}\n\nBye",
                "ai": prompt(words) },
            { "delayDays": 3, "text": "{{ai}}", "ai": prompt("Praise their doors.") },
        ] })
    };
    // While it is written: what comes of the old prompt is nothing.
    change(&mut field, steps("Praise their windows."));
    assert_eq!(first(&mut field), ("waiting".into(), 2));
    finish(&mut field, old, written("anthropic", GOOD));
    assert_eq!(first(&mut field), ("waiting".into(), 2));
    let message = *messages(&field).last().expect("a message");
    assert_eq!(begin(&mut field, message)["prompt"], "Praise their windows.");
    finish(&mut field, message, written("anthropic", GOOD));
    assert_eq!(first(&mut field), ("awaitingApproval".into(), 2));
    // What has nothing to do with the text changes nothing.
    change(&mut field, json!({ "name": "Summer", "dailyMax": 7 }));
    assert_eq!(first(&mut field), ("awaitingApproval".into(), 2));
    // While it waits for approval, and what somebody read is not what they would approve.
    change(&mut field, json!({ "aiRules": { "approval": true, "bannedClaims": ["best"] } }));
    assert_eq!(first(&mut field), ("waiting".into(), 3));
    let late = json!({ "verdict": "approve", "ifVersion": 2 });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, late)).0, Code::VersionMismatch);
    // What somebody wrote is kept, and waits for approval.
    let own = json!({ "verdict": "approve", "text": "Ann, I wrote this to you myself." });
    let closed = json!({ "window": { "timeZone": "UTC", "week": [
        { "day": "sunday", "from": "08:00", "to": "09:00" }] } });
    change(&mut field, closed);
    field.desk.ask(&judged(&field, ann, 1, own));
    assert_eq!(first(&mut field), ("ready".into(), 4));
    change(&mut field, steps("Praise their gates."));
    assert_eq!(first(&mut field), ("awaitingApproval".into(), 5));
    assert_eq!(texts(&mut field)[0]["text"], "Ann, I wrote this to you myself.");
    assert!(field.asked.is_empty());
}

#[test]
fn a_text_about_facts_that_hold_no_more_is_written_anew() {
    let (mut field, ann) = asked(json!({}));
    let message = messages(&field)[0];
    begin(&mut field, message);
    let before = of(&field, ann);
    // The company gets another name while the model writes.
    field.people.get_mut(&ann).expect("Ann")["company"] = "Better Doors".into();
    finish(&mut field, message, written_from(&before, "anthropic", GOOD));
    assert!(field.asked.is_empty());
    assert_eq!(first(&mut field), ("waiting".into(), 2));
    let message = *messages(&field).last().expect("a message");
    assert_eq!((message.attempt, begin(&mut field, message)["refusals"].clone()), (2, json!(0)));
    let now = of(&field, ann);
    assert_ne!(before, now);
    let other = "Your better doors are the best. Shall we talk?";
    finish(&mut field, message, written_from(&now, "openai", other));
    assert_eq!(field.asked.len(), 1);
    assert!(field.asked[0].mail.text.contains(other));
}

#[test]
fn who_opts_out_while_a_text_is_written_gets_nothing_and_no_model_hears_of_them_again() {
    let (mut field, ann) = asked(json!({}));
    let message = messages(&field)[0];
    begin(&mut field, message);
    finish(&mut field, message, json!({ "withheld": { "why": "optOut" } }));
    assert_eq!(field.stands(ann), ("stopped".into(), json!("optOut")));
    finish(&mut field, message, written("anthropic", GOOD));
    field.pass(DAY, HOUR);
    assert!(field.asked.is_empty());
    assert_eq!(messages(&field).len(), 1, "it is not asked for again");

    // The room hears of it by an answer, after the model was asked.
    let (mut field, ann) = asked(json!({}));
    let message = messages(&field)[0];
    begin(&mut field, message);
    let campaign = field.campaign.clone();
    field.desk.ask(&json!({ "changeEnrolment":
        { "campaignId": campaign, "prospectId": ann, "state": "stopped" } }));
    finish(&mut field, message, written("anthropic", GOOD));
    assert_eq!(begin(&mut field, message), Value::Null);
    let approve = json!({ "verdict": "approve", "text": "All about doors, and nothing else." });
    assert_eq!(field.desk.refused(&judged(&field, ann, 1, approve)).0, Code::Conflict);
    field.pass(DAY, HOUR);
    assert!(field.asked.is_empty());
}

#[test]
fn an_erased_prospect_leaves_no_word_in_campaigns() {
    let (mut field, ann) = asked(json!({}));
    let message = messages(&field)[0];
    begin(&mut field, message);
    let words = "Ann of Smithy, your doors are the best in town.";
    // Its server says whom it does not know, and later sends the mail back.
    field.inboxes.values_mut().for_each(|it| it.answer = ("failed", Some("554 ann@acme.example")));
    finish(&mut field, message, written("anthropic", words));
    field.inboxes.values_mut().for_each(|it| it.answer = ("sent", None));
    field.pass(2 * HOUR, HOUR);
    field.tell(1, 4, "bounced", None);
    let said = "outreach_decisions where why like '% %' or why like '%@%'";
    assert_eq!(field.desk.room.count("outreach_answers"), 1);
    assert!(field.desk.room.count(said) > 0);
    let message = messages(&field).last().copied().expect("a message");
    let forget = json!({ "forgetProspect": { "prospectId": ann } });
    assert_eq!(field.desk.refused(&forget).0, Code::Forbidden, "not for agents");
    for _ in 0..2 {
        field.desk.system(&forget);
        field.settle();
    }
    finish(&mut field, message, written("anthropic", words));
    field.pass(DAY, HOUR);
    assert_eq!(field.asked.len(), 2);
    for one in texts(&mut field) {
        assert_eq!((&one["state"], &one["reason"]), (&json!("refused"), &json!("erased")));
        assert_eq!((&one["text"], &one["writer"]), (&Value::Null, &Value::Null));
    }
    let one = field.enrolment(ann);
    assert_eq!((&one["state"], &one["reason"]), (&json!("stopped"), &json!("bounced")));
    assert_eq!(one["answer"], Value::Null);
    let facts = "outreach_texts where facts is not null";
    for table in [facts, "outreach_answers", "outreach_mails"] {
        assert_eq!(field.desk.room.count(table), 0, "{table}");
    }
    let subject = "enrolments where subject is not null";
    assert_eq!(field.desk.room.count(subject), 0);
    assert_eq!(field.desk.room.count(said), 0);
    let told = "events where json like '%smithy%' or json like '%554 %'";
    assert_eq!(field.desk.room.count(told), 0, "nor in the log");
}

#[test]
fn of_many_without_a_text_a_turn_asks_for_some_and_the_next_for_more() {
    let mut field = Field::open(&["a@desk.example"]);
    let prompt = json!({ "prompt": "Praise their doors." });
    let steps = json!([{ "subject": "Doors", "text": "{{ai}}", "ai": prompt }]);
    let of_campaign = field.campaign(json!({ "steps": steps }));
    let campaign = field.campaign.clone();
    field.desk.manage(&json!({ "pauseCampaign": { "campaignId": of_campaign["id"] } }));
    let people: Vec<_> = (1..=150).map(|at| field.person(at, "ann@acme.example")).collect();
    field.desk.ask(&json!({ "enrol": { "campaignId": campaign, "prospectIds": people } }));
    field.settle();
    assert_eq!(messages(&field).len(), 0, "nobody is asked while it is paused");
    field.start();
    field.desk.room.alarm();
    field.answer();
    field.desk.room.alarm();
    field.answer();
    assert_eq!(messages(&field).len(), 100);
    field.pass(10_000, 1_000);
    assert_eq!(messages(&field).len(), 150);
}
