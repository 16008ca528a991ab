//! What was decided long ago.

use super::field::{DAY, Field, HOUR};
use super::texts::{begin, finish, messages};
use serde_json::{Value, json};

#[test]
fn what_was_decided_long_ago_is_given_out_and_forgotten_once_it_is_in_storage() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    field.inboxes.values_mut().for_each(|it| it.answer = ("failed", Some("554 ann@acme.example")));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    let before = field.desk.room.now + 1;
    let ask = |field: &mut Field, through: i64| -> Vec<Value> {
        let command = json!({ "archiveOutreach": { "before": before, "through": through } });
        field.desk.system(&command)["items"].as_array().expect("items").clone()
    };
    field.pass(DAY, DAY / 4);
    let campaign = field.campaign.clone();
    let list = json!({ "listDecisions": { "campaignId": campaign, "prospectId": ann } });
    let all = field.desk.ask(&list)["items"].as_array().expect("items").len();
    let old = ask(&mut field, 0);
    let what: Vec<_> = old.iter().map(|one| (one["what"].clone(), one["why"].clone())).collect();
    assert_eq!(what.len(), 3, "{what:?}");
    assert_eq!(what[2], (json!("postponed"), json!("failed")), "no words of a server");
    assert_eq!((&old[0]["campaignId"], &old[0]["enrolment"]), (&campaign, &json!(1)));
    assert_eq!(ask(&mut field, 0), old, "nothing is forgotten that is not in storage");
    // Whatever number is named, nothing goes that is not old.
    assert!(ask(&mut field, i64::from(u32::MAX)).is_empty());
    let left = field.desk.ask(&list)["items"].as_array().expect("items").len();
    assert_eq!(left, all - 3);
    assert!(left > 0);
}

/// What campaigns did from a time on.
fn count(field: &mut Field, since: i64) -> [i64; 7] {
    let told = field.desk.system(&json!({ "countOutreach": { "since": since } }));
    ["sent", "replied", "meetings", "optedOut", "bounced", "complained", "textsWaiting"]
        .map(|name| told[name].as_i64().expect("a number"))
}

/// Whoever got a mail answers it.
fn answer(field: &mut Field, at: usize, text: &str) {
    field.desk.room.now += 1_000;
    let (own, number) = (&field.asked[at], field.desk.room.now);
    let mail = json!({ "rawKey": format!("raw/{number}"), "messageId": format!("{number}@x"),
        "from": { "address": own.mail.to[0] }, "subject": "Re: Doors", "text": text,
        "inboxId": own.inbox, "inReplyTo": [format!("own{}@desk.example", own.number)] });
    field.desk.system(&json!({ "receiveMail": mail }));
    field.settle();
}

#[test]
fn what_campaigns_did_is_counted_from_a_time_on() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({ "spacingS": 0 }));
    let names = ["ann", "bob", "cleo", "dirk"];
    for (n, name) in names.iter().enumerate() {
        field.enrol(n as u128 + 1, &format!("{name}@acme.example"));
    }
    field.pass(HOUR, HOUR / 12);
    assert_eq!(field.asked.len(), 4);
    field.tell(3, 9, "bounced", Some("no such mailbox"));
    let since = field.desk.room.now;
    assert_eq!(count(&mut field, 0), [4, 0, 0, 0, 1, 0, 0]);
    field.desk.room.now += HOUR;
    for (at, text) in ["Let's meet on Tuesday.", "Not now.", "Please remove me."].iter().enumerate()
    {
        answer(&mut field, at, text);
    }
    assert_eq!(count(&mut field, 0), [4, 2, 1, 1, 1, 0, 0]);
    assert_eq!(count(&mut field, since + 1), [0, 2, 1, 1, 0, 0, 0]);
}

#[test]
fn who_opts_out_and_what_a_machine_sends_is_no_reply_whoever_finds_that() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({ "spacingS": 0 }));
    field.desk.manage(&json!({ "changeAiSettings": { "classifyAnswers": true } }));
    for (n, name) in ["ann", "bob", "cleo", "dirk"].iter().enumerate() {
        field.enrol(n as u128 + 1, &format!("{name}@acme.example"));
    }
    field.pass(HOUR, HOUR / 12);
    assert_eq!(field.asked.len(), 4);
    let read = |field: &mut Field, at: usize, word: &str| {
        answer(field, at, "We moved to a tent.");
        let message = *messages(field).last().expect("a message");
        begin(field, message);
        let said = json!({ "provider": "openai", "text": word, "facts": "" });
        finish(field, message, json!({ "written": said }));
    };
    for (at, word) in ["optOut", "outOfOffice", "meeting", "other"].into_iter().enumerate() {
        read(&mut field, at, word);
    }
    assert_eq!(count(&mut field, 0), [4, 2, 1, 1, 0, 0, 0]);
    // A machine of who answered before says nothing about that.
    read(&mut field, 3, "outOfOffice");
    assert_eq!(count(&mut field, 0), [4, 2, 1, 1, 0, 0, 0]);
    answer(&mut field, 2, "Please remove me.");
    assert_eq!(count(&mut field, 0), [4, 1, 0, 2, 0, 0, 0]);
    for since in field.asked.iter().flat_map(|it| [it.at, it.at + 1]).collect::<Vec<_>>() {
        let left = field.asked.iter().filter(|it| it.at >= since).count();
        assert_eq!(count(&mut field, since)[0], left as i64, "{since}");
    }
    let later = field.desk.room.now + 1;
    assert_eq!(count(&mut field, later), [0; 7]);
}
