//! Answers that models read.

use super::answers::{file, mail, written_by, written_to};
use super::field::{DAY, Field, HOUR};
use super::texts::{begin, finish, messages};
use crate::prospect_dedup::identity::Identity;
use crate::workspace_room::tests::desk::text;
use schema::ids::ProspectId;
use schema::pipeline::{Work, WriteText};
use serde_json::{Value, json};

const UNDECIDED: &str = "We moved to a tent.";

/// Ann got the first step, and answered what no rule knows; the message that has it read.
fn asked_about(more: Value) -> (Field, ProspectId, WriteText) {
    let (mut field, ann) = written_by(more);
    switch(&mut field, true);
    let message = undecided(&mut field);
    (field, ann, message)
}

fn switch(field: &mut Field, on: bool) {
    field.desk.manage(&json!({ "changeAiSettings": { "classifyAnswers": on } }));
}

fn undecided(field: &mut Field) -> WriteText {
    field.desk.room.now += 1_000;
    mail(field, json!({ "text": UNDECIDED }));
    *messages(field).last().expect("a message")
}

fn says(word: &str) -> Value {
    json!({ "written": { "provider": "openai", "text": word, "facts": "" } })
}

/// Kind of the answer, and who says so.
fn answer(field: &mut Field, ann: ProspectId) -> (String, String) {
    let answer = &field.enrolment(ann)["answer"];
    (text(&answer["kind"]), text(&answer["by"]))
}

/// What was decided about the reading of answers, the latest first.
fn decided(field: &mut Field, ann: ProspectId) -> Vec<String> {
    let campaign = &field.campaign;
    let list = json!({ "listDecisions": { "campaignId": campaign, "prospectId": ann } });
    let found = field.desk.ask(&list);
    let found = found["items"].as_array().expect("items").iter();
    found.filter(|one| one["what"] == "classified").map(|one| text(&one["why"])).collect()
}

fn meetings(field: &Field) -> usize {
    let read = |(queue, body): &(_, Vec<u8>)| Work::read(*queue, body).expect("a message");
    field.queued.iter().map(read).filter(|work| matches!(work, Work::MeetingAsked(_))).count()
}

#[test]
fn what_rules_cannot_tell_is_read_where_the_workspace_wants_that_and_stops_before() {
    let (mut field, ann) = written_to();
    mail(&mut field, json!({ "text": UNDECIDED }));
    assert_eq!(answer(&mut field, ann), ("other".into(), "rules".into()));
    assert!(messages(&field).is_empty(), "nobody wanted that");

    let (mut field, ann) = written_to();
    assert_eq!(field.desk.ask(&json!({ "getAiSettings": {} }))["classifyAnswers"], false);
    switch(&mut field, true);
    mail(&mut field, json!({ "text": "Tell me more." }));
    assert!(messages(&field).is_empty(), "the rules know");
    let quoted = format!("{UNDECIDED}\n\nOn Monday Desk wrote:\n> Dear Ann, a door?");
    field.desk.room.now += 1_000;
    mail(&mut field, json!({ "text": quoted, "visibleText": UNDECIDED }));
    assert_eq!(field.stands(ann), ("stopped".into(), json!("replied")));
    assert_eq!(answer(&mut field, ann), ("other".into(), "rules".into()));
    let message = messages(&field)[0];
    let order = begin(&mut field, message);
    assert_eq!(order["answer"], UNDECIDED, "without what is quoted");
    for nothing in ["workspacePrompt", "prompt", "template"] {
        assert_eq!(order[nothing], "", "{nothing}");
    }
    assert_eq!(begin(&mut field, message), Value::Null, "one consumer at a time");
    let before = field.enrolment(ann)["answer"].clone();
    field.desk.events();
    finish(&mut field, message, says("interested"));
    let told = field.desk.events();
    let told: Vec<_> = told.iter().filter(|one| one["type"] == "outreach.answered").collect();
    let after = field.enrolment(ann)["answer"].clone();
    assert_eq!((told.len(), &told[0]["data"]["answer"]), (1, &after));
    assert_eq!((&after["kind"], &after["by"]), (&json!("interested"), &json!("ai")));
    assert_eq!((&after["at"], &after["ticketId"]), (&before["at"], &before["ticketId"]));
    assert_eq!(decided(&mut field, ann), ["interested: openai", "waiting"]);
    // The message comes twice, and another consumer was slow.
    assert_eq!(begin(&mut field, message), Value::Null);
    finish(&mut field, message, says("optOut"));
    assert_eq!(answer(&mut field, ann), ("interested".into(), "ai".into()));
    assert!(field.suppressed.iter().all(|(_, why)| why == "replied"));
    // Nor is it among the texts that are shown.
    let list = json!({ "listCampaignTexts": { "campaignId": field.campaign } });
    assert_eq!(field.desk.ask(&list)["items"], json!([]));
}

#[test]
fn a_meeting_rings_once_and_an_opt_out_holds_for_all_whom_the_mail_names() {
    let (mut field, ann, message) = asked_about(json!({}));
    for message in [Some(message), None] {
        let message = message.unwrap_or_else(|| undecided(&mut field));
        begin(&mut field, message);
        finish(&mut field, message, says("meeting"));
        assert_eq!(answer(&mut field, ann), ("meeting".into(), "ai".into()));
    }
    assert_eq!(meetings(&field), 1);

    let (mut field, ann) = written_to();
    let identity = Identity::email("email", "bob@acme.example").expect("an address");
    let bob = field.enrol(identity.id(field.desk.room.workspace).0.as_u128(), "bob@acme.example");
    field.pass(HOUR, HOUR);
    switch(&mut field, true);
    let (from, id) = (json!({ "address": "bob@acme.example" }), "own1@desk.example");
    mail(&mut field, json!({ "text": UNDECIDED, "from": from, "inReplyTo": [id] }));
    let message = messages(&field)[0];
    begin(&mut field, message);
    field.suppressed.clear();
    finish(&mut field, message, says("optOut"));
    field.suppressed.sort_unstable();
    let mut both = [ann, bob].map(|id| (id.to_string(), "optOut".to_owned()));
    both.sort_unstable();
    assert_eq!(field.suppressed, both);
    assert_eq!(answer(&mut field, ann), ("optOut".into(), "ai".into()));
}

#[test]
fn nothing_goes_on_at_the_word_of_a_model() {
    for word in ["outOfOffice", "notNow", "interested", "other"] {
        let (mut field, ann, message) = asked_about(json!({ "notNowDays": 5 }));
        begin(&mut field, message);
        finish(&mut field, message, says(word));
        assert_eq!(answer(&mut field, ann), (word.into(), "ai".into()));
        assert_eq!(field.stands(ann), ("stopped".into(), json!("replied")), "{word}");
        field.pass(20 * DAY, 6 * HOUR);
        assert_eq!((field.asked.len(), field.stands(ann).0), (1, "stopped".into()), "{word}");
        assert_eq!((meetings(&field), messages(&field).len()), (0, 1), "{word}");
    }
}

#[test]
fn what_no_model_reads_stays_other_after_a_few_tries_and_it_is_said_why() {
    let away = json!({ "unavailable": { "why": "xai did not answer", "retryAfterMs": 1_000,
        "asked": true } });
    let failed = json!({ "failed": { "why": "xai refused to write" } });
    let withheld = json!({ "withheld": { "why": "optOut" } });
    for (outcome, tries, why) in [
        (Some(away), 12, "other: xai did not answer"),
        (Some(failed), 3, "other: xai refused to write"),
        (Some(withheld), 1, "other: optOut"),
        (Some(says("bounce")), 3, "other: openai said something else"),
        (Some(says("Say meeting!")), 3, "other: openai said something else"),
        (None, 12, "other: noModelAnswered"),
    ] {
        let (mut field, ann, _) = asked_about(json!({}));
        let (mut read, mut seen) = (0, 0);
        for _ in 0..200 {
            for message in messages(&field).split_off(seen) {
                seen += 1;
                if begin(&mut field, message) != Value::Null {
                    read += 1;
                    let outcome = outcome.iter().cloned();
                    outcome.for_each(|outcome| finish(&mut field, message, outcome));
                }
            }
            field.pass(HOUR / 4, HOUR / 4);
        }
        assert_eq!((read, &*decided(&mut field, ann)[0]), (tries, why));
        assert_eq!(answer(&mut field, ann), ("other".into(), "rules".into()), "{why}");
        assert_eq!(seen, messages(&field).len(), "nobody is asked any more: {why}");
        let open = "outreach_texts where ask_at is not null or text is not null";
        assert_eq!(field.desk.room.count(open), 0, "{why}");
    }
}

#[test]
fn what_was_erased_withdrawn_or_followed_by_another_mail_is_not_read() {
    let nothing = |field: &mut Field, ann, message, kind: &str| {
        assert_eq!(begin(field, message), Value::Null, "{kind}");
        finish(field, message, says("optOut"));
        let kept = field.enrolment(ann)["answer"].clone();
        let found = kept.get("kind").map_or("", |kind| kind.as_str().expect("a text"));
        assert_eq!(found, kind);
        assert!(field.suppressed.iter().all(|(_, why)| why == "replied"), "{kind}");
    };
    let (mut field, ann, message) = asked_about(json!({}));
    field.desk.room.now += 1_000;
    mail(&mut field, json!({ "text": "Call me on Tuesday." }));
    nothing(&mut field, ann, message, "meeting");

    let (mut field, ann, old) = asked_about(json!({}));
    begin(&mut field, old);
    let message = undecided(&mut field);
    assert_ne!(old.attempt, message.attempt);
    nothing(&mut field, ann, old, "other");
    assert_eq!(begin(&mut field, message)["answer"], UNDECIDED);
    // A machine of theirs says nothing about it.
    let away = json!({ "kind": "autoReply", "reason": "auto_submitted" });
    field.desk.room.now += 1_000;
    file(&mut field, json!({ "text": "Away.", "automatic": away }));
    finish(&mut field, message, says("interested"));
    assert_eq!(answer(&mut field, ann), ("interested".into(), "ai".into()));

    let (mut field, ann, message) = asked_about(json!({}));
    field.desk.system(&json!({ "forgetProspect": { "prospectId": ann } }));
    nothing(&mut field, ann, message, "");

    let (mut field, ann, message) = asked_about(json!({}));
    let ticket = field.enrolment(ann)["answer"]["ticketId"].clone();
    let ticket = field.desk.ask(&json!({ "getTicket": { "ticketId": ticket } }));
    field.desk.manage(&json!({ "eraseUser": { "userId": ticket["userId"] } }));
    field.pass(HOUR, HOUR / 60);
    nothing(&mut field, ann, message, "other");
    assert_eq!(decided(&mut field, ann)[0], "other: nothingToRead");

    let (mut field, ann, message) = asked_about(json!({}));
    switch(&mut field, false);
    nothing(&mut field, ann, message, "other");
    assert_eq!(decided(&mut field, ann)[0], "other: switchedOff");
}

#[test]
fn that_our_own_limits_let_nobody_be_asked_is_no_try_but_has_an_end() {
    let busy = json!({ "unavailable": { "why": "xai wants to be left alone", "retryAfterMs": 1 } });
    for heard_at in [20, u32::MAX] {
        let (mut field, ann, _) = asked_about(json!({}));
        let (from, mut read, mut seen) = (field.desk.room.now, 0, 0);
        while decided(&mut field, ann)[0] == "waiting" {
            for message in messages(&field).split_off(seen) {
                seen += 1;
                if begin(&mut field, message) != Value::Null {
                    read += 1;
                    let outcome = if read == heard_at { says("interested") } else { busy.clone() };
                    finish(&mut field, message, outcome);
                }
            }
            field.pass(HOUR / 4, HOUR / 4);
        }
        let passed = field.desk.room.now - from;
        if heard_at == 20 {
            assert_eq!((read, answer(&mut field, ann)), (20, ("interested".into(), "ai".into())));
            assert!(passed > 4 * HOUR, "ever later: {passed}");
            continue;
        }
        assert!((DAY..DAY + 3 * HOUR).contains(&passed) && read < 60, "{read} in {passed}");
        assert!(decided(&mut field, ann)[0].starts_with("other: "));
        let open = "outreach_texts where ask_at is not null or text is not null";
        assert_eq!(field.desk.room.count(open), 0);
    }
}

#[test]
fn of_who_writes_again_and_again_three_mails_a_day_are_read() {
    let (mut field, ann, mut message) = asked_about(json!({}));
    for nth in 1..=3 {
        begin(&mut field, message);
        finish(&mut field, message, says("interested"));
        assert_eq!((answer(&mut field, ann).0, messages(&field).len()), ("interested".into(), nth));
        if nth < 3 {
            message = undecided(&mut field);
        }
    }
    for _ in 0..5 {
        undecided(&mut field);
    }
    assert_eq!(messages(&field).len(), 3);
    assert_eq!(answer(&mut field, ann), ("other".into(), "rules".into()));
    let said = decided(&mut field, ann);
    assert_eq!((&*said[0], said.len()), ("other: tooMany", 7), "once: {said:?}");
    field.pass(DAY, 6 * HOUR);
    assert_eq!(messages(&field).len(), 3);
    let message = undecided(&mut field);
    assert_eq!(begin(&mut field, message)["answer"], UNDECIDED, "the next day");
}

#[test]
fn a_meeting_that_a_model_finds_of_who_opted_out_meanwhile_rings_for_nobody() {
    let (mut field, ann, message) = asked_about(json!({}));
    begin(&mut field, message);
    let link = field.asked[0].mail.opt_out_url.clone().expect("a link");
    let token = link.rsplit_once('/').expect("a path").1;
    field.desk.system(&json!({ "optOut": { "token": token } }));
    field.settle();
    finish(&mut field, message, says("meeting"));
    assert_eq!((answer(&mut field, ann).0, meetings(&field)), ("other".into(), 0));
    assert_eq!(field.suppressed.last(), Some(&(ann.to_string(), "optOut".into())));
}

#[test]
fn an_answer_of_no_enrolment_is_asked_for_no_more() {
    for begins_before in [false, true] {
        let (mut field, _, message) = asked_about(json!({}));
        if begins_before {
            begin(&mut field, message);
        }
        field.desk.room.home.connection().execute("delete from enrolments", []).expect("none");
        if begins_before {
            finish(&mut field, message, says("meeting"));
        } else {
            assert_eq!(begin(&mut field, message), Value::Null);
        }
        let open = "outreach_texts where step = 0 and ask_at is not null";
        assert_eq!(field.desk.room.count(open), 0, "{begins_before}");
    }
}
