//! How many mails leave, from which inbox, and what binds.

use super::field::{DAY, Field, HOUR, MONDAY};
use crate::kernel::{Effect, Outcome};
use schema::inbox::TOO_LATE;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;

fn enrol(field: &mut Field, count: u128) {
    for number in 1..=count {
        field.enrol(number, &format!("p{number}@acme.example"));
    }
}

fn binding(field: &mut Field) -> (Value, Value) {
    let caps = field.caps();
    (caps[0]["binding"].clone(), caps[0]["until"].clone())
}

#[test]
fn each_limit_binds_and_says_until_when() {
    let tomorrow = json!(MONDAY - 9 * HOUR + DAY);
    for (plan, settings, slots, limit, until, most) in [
        (json!({ "dailyMax": 3 }), json!({}), None, "campaign", &tomorrow, 3),
        (json!({}), json!({ "dailyMax": 4 }), None, "workspace", &tomorrow, 4),
        (json!({}), json!({ "domainDailyMax": 5 }), None, "domain", &tomorrow, 5),
        (json!({}), json!({ "inboxDailyMax": 2 }), None, "inbox", &tomorrow, 2),
        (json!({}), json!({}), Some(1), "warmup", &tomorrow, 1),
        (json!({}), json!({ "dailyMax": 0 }), None, "workspace", &tomorrow, 0),
    ] {
        let mut field = Field::open(&["a@desk.example"]);
        field.desk.manage(&json!({ "changeOutreachSettings": settings }));
        field.inboxes.values_mut().for_each(|it| it.slots = slots);
        field.campaign(plan);
        enrol(&mut field, 8);
        field.pass(2 * HOUR, MINUTE);
        assert_eq!(field.asked.len(), most, "{limit}");
        assert_eq!(binding(&mut field), (json!(limit), until.clone()), "{limit}");
        let campaign = field.campaign.clone();
        let turns = field.desk.ask(&json!({ "listTurns": { "campaignId": campaign } }));
        assert_eq!(turns["items"][0]["why"], limit);
    }
}

#[test]
fn a_window_of_all_hours_of_all_days_has_no_gap_at_midnight() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week = days.map(|day| json!({ "day": day, "from": "00:00", "to": "24:00" }));
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({ "window": { "timeZone": "UTC", "week": week } }));
    field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
    field.enrol(1, "ann@acme.example");
    field.pass(15 * HOUR, HOUR);
    // It counts for the day, and has to leave in it.
    let midnight = MONDAY - 9 * HOUR + DAY;
    assert_eq!((field.asked.len(), field.asked[0].mail.leave_by), (1, Some(midnight)));
    field.inboxes.values_mut().for_each(|it| it.answer = ("sent", None));
    field.tell(0, 5, "cancelled", Some(TOO_LATE));
    field.pass(2 * HOUR, 10 * MINUTE);
    assert_eq!(field.asked.len(), 2, "it leaves in the first hours of the day, not a day later");
}

#[test]
fn nothing_leaves_outside_the_window_nor_on_holidays() {
    let mut field = Field::open(&["a@desk.example"]);
    let window = json!({ "timeZone": "Europe/Rome",
        "week": [{ "day": "tuesday", "from": "10:00", "to": "11:00" },
            { "day": "wednesday", "from": "10:00", "to": "11:00" }],
        "holidays": [{ "date": "2026-11-24" }] });
    field.campaign(json!({ "window": window, "spacingS": 1500 }));
    enrol(&mut field, 20);
    field.settle();
    // Tuesday is a holiday: it opens on Wednesday at 10:00 in Rome.
    let opens = MONDAY + 2 * DAY;
    let (limit, until) = binding(&mut field);
    let begins = until.as_i64().expect("a time") - opens;
    assert_eq!(limit, "window");
    assert!((0..5 * MINUTE).contains(&begins), "{begins} ms after it opens");
    field.pass(15 * DAY, 10 * MINUTE);
    assert!(field.asked.len() > 4, "{}", field.asked.len());
    for asked in &field.asked {
        let after = (asked.at - opens).rem_euclid(DAY);
        assert!(asked.at >= opens && after < HOUR, "at {} ms of the hour", after);
        assert_eq!(asked.mail.leave_by, Some(asked.at - after + HOUR));
    }
}

#[test]
fn inboxes_begin_one_by_one_in_a_window_that_opens() {
    let emails: Vec<String> = (0..30).map(|n| format!("i{n}@desk.example")).collect();
    let emails: Vec<&'static str> = emails.into_iter().map(|it| &*it.leak()).collect();
    for (to, within) in [("18:00", 5 * MINUTE), ("10:04", MINUTE)] {
        let mut field = Field::open(&emails);
        field.desk.manage(&json!({ "changeOutreachSettings": { "inboxDailyMax": 1 } }));
        let days = ["tuesday", "wednesday"];
        let week = days.map(|day| json!({ "day": day, "from": "10:00", "to": to }));
        field.campaign(json!({ "window": { "timeZone": "UTC", "week": week } }));
        enrol(&mut field, 60);
        field.settle();
        let opens = MONDAY + HOUR + DAY;
        let mut offsets: Vec<BTreeMap<_, _>> = Vec::new();
        for day in [opens, opens + DAY] {
            field.pass(day - field.desk.room.now, HOUR);
            field.asked.clear();
            field.pass(within, 1_000);
            offsets.push(field.asked.iter().map(|it| (it.inbox, it.at - day)).collect());
        }
        let [first, second] = &offsets[..] else { panic!("two days") };
        assert_eq!((first.len(), second), (30, first), "each inbox has a moment of its own");
        let (least, most) = (first.values().min().expect("30"), first.values().max().expect("30"));
        assert!(*least >= 0 && *most < within && most - least > within / 2, "{least} to {most}");
    }
}

#[test]
fn mails_of_an_inbox_are_apart_and_those_of_two_are_shared_evenly() {
    let mut field = Field::open(&["a@desk.example", "b@other.example"]);
    field.campaign(json!({ "spacingS": 600 }));
    enrol(&mut field, 12);
    field.pass(4 * HOUR, MINUTE);
    let mut times: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for asked in &field.asked {
        times.entry(asked.inbox).or_default().push(asked.at);
    }
    assert_eq!(times.values().map(Vec::len).collect::<Vec<_>>(), [6, 6]);
    let gaps = times.values().flat_map(|all| all.windows(2).map(|pair| pair[1] - pair[0]));
    let gaps: Vec<i64> = gaps.collect();
    assert!(gaps.iter().all(|gap| (10 * MINUTE..=17 * MINUTE).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap != gaps[0]), "by chance, some more apart");

    // The second step comes from the inbox of the first.
    field.pass(4 * DAY, 10 * MINUTE);
    assert_eq!(field.asked.len(), 24);
    for asked in &field.asked[12..] {
        let first = field.asked.iter().find(|it| it.mail.to == asked.mail.to).expect("a first");
        assert_eq!(first.inbox, asked.inbox);
    }
}

#[test]
fn an_inbox_that_is_paused_is_left_alone_and_the_other_goes_on() {
    let mut field = Field::open(&["a@desk.example", "b@other.example"]);
    let paused = field.inbox("a@desk.example");
    field.inboxes.get_mut(&paused).expect("a").paused = Some("bounces");
    field.campaign(json!({}));
    enrol(&mut field, 5);
    field.pass(HOUR, MINUTE);
    assert_eq!(field.asked.len(), 5);
    assert!(field.asked.iter().all(|it| it.inbox != paused));
    let caps = field.caps();
    let cap = caps.as_array().expect("caps").iter().find(|it| it["inboxId"] == json!(paused));
    assert_eq!(cap.expect("its cap")["binding"], "paused");
    // Resumed, it is found out within minutes.
    field.inboxes.get_mut(&paused).expect("a").paused = None;
    for number in 11..=16 {
        field.enrol(number, &format!("p{number}@acme.example"));
    }
    field.pass(HOUR, MINUTE);
    assert!(field.asked.iter().any(|it| it.inbox == paused));
}

#[test]
fn a_paused_campaign_sends_nothing_and_goes_on_where_it_was() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    enrol(&mut field, 6);
    field.pass(3 * MINUTE, MINUTE);
    let sent = field.asked.len();
    assert!((1..6).contains(&sent), "{sent}");
    let campaign = field.campaign.clone();
    let paused = field.desk.manage(&json!({ "pauseCampaign": { "campaignId": campaign } }));
    assert_eq!(paused["status"], "paused");
    field.pass(DAY, HOUR);
    assert_eq!(field.asked.len(), sent);
    field.start();
    field.pass(HOUR, MINUTE);
    assert_eq!(field.asked.len(), 6);
    let read = field.desk.ask(&json!({ "getCampaign": { "campaignId": campaign } }));
    assert_eq!(read["enrolments"]["waiting"], 6);
    // Taken twice, a turn finds nothing more to do.
    let taken = [0; 2].map(|_| field.desk.manage(&json!({ "takeTurns": {} })));
    assert_eq!(taken[0]["assigned"], 0);
    assert_eq!(taken[1]["assigned"], 0);
}

#[test]
fn what_one_inbox_is_given_is_missing_to_the_others_in_the_same_turn() {
    let three = ["a@desk.example", "b@desk.example", "c@other.example"];
    for (plan, settings, most) in [
        (json!({ "dailyMax": 2 }), json!({}), 2),
        (json!({}), json!({ "dailyMax": 2 }), 2),
        (json!({}), json!({ "domainDailyMax": 1 }), 2),
        (json!({}), json!({}), 3),
    ] {
        let mut field = Field::open(&three);
        field.desk.manage(&json!({ "changeOutreachSettings": settings }));
        field.campaign(plan);
        // All three have said how they are before anybody is due.
        field.enrol(1, "p1@acme.example");
        field.pass(2 * MINUTE, MINUTE);
        field.desk.room.now += DAY;
        field.settle();
        field.asked.clear();
        for number in 2..=9 {
            field.person(number, &format!("p{number}@acme.example"));
        }
        let people: Vec<_> = field.people.keys().copied().collect();
        let campaign = field.campaign.clone();
        let all = json!({ "enrol": { "campaignId": campaign, "prospectIds": people } });
        field.desk.ask(&all);
        field.settle();
        field.settle();
        assert_eq!(field.asked.len(), most, "{settings}");
    }
}

#[test]
fn an_inbox_that_has_no_slot_left_today_is_asked_nothing_until_tomorrow() {
    let mut field = Field::open(&["a@desk.example"]);
    field.inboxes.values_mut().for_each(|it| it.slots = Some(1));
    field.campaign(json!({}));
    enrol(&mut field, 3);
    field.pass(10 * MINUTE, MINUTE);
    assert_eq!(field.asked.len(), 1);
    let mut calls = 0;
    for _ in 0..5 * 60 {
        field.desk.room.now += MINUTE;
        field.desk.room.alarm();
        field.desk.room.drain(|_, effect| {
            calls += usize::from(matches!(effect, Effect::Call { .. }));
            Outcome::Done(b"{}".to_vec())
        });
    }
    assert_eq!(calls, 0);
    field.inboxes.values_mut().for_each(|it| it.slots = Some(1));
    field.pass(DAY, 10 * MINUTE);
    assert_eq!(field.asked.len(), 2);
}

#[test]
fn counts_of_days_that_are_long_gone_are_forgotten() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({ "dailyMax": 1 }));
    enrol(&mut field, 15);
    field.pass(12 * DAY, HOUR);
    assert!(field.asked.len() > 9, "{}", field.asked.len());
    // Of the campaign, the workspace, the domain and the inbox.
    let rows = field.desk.room.count("outreach_days");
    assert!((4..=4 * 8).contains(&rows), "{rows}");
}

#[test]
fn a_prospect_that_never_answers_keeps_its_inbox_from_nobody_else() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let ann = field.person(1, "ann@acme.example");
    let person = field.people.insert(ann, Value::Null).expect("ann");
    let campaign = field.campaign.clone();
    let enrol = json!({ "enrol": { "campaignId": campaign, "prospectIds": [ann] } });
    field.desk.ask(&enrol);
    field.settle();
    let bob = field.enrol(2, "bob@acme.example");
    field.pass(HOUR, MINUTE);
    let written: Vec<_> = field.asked.iter().map(|asked| asked.mail.to.clone()).collect();
    assert_eq!(written, [["bob@acme.example"]]);
    assert_eq!(field.stands(bob).0, "waiting");
    let list = json!({ "listDecisions": { "campaignId": campaign, "prospectId": ann } });
    let decisions = field.desk.ask(&list)["items"].to_string();
    assert!(decisions.contains("noAnswer"), "{decisions}");
    field.people.insert(ann, person);
    field.pass(3 * HOUR, MINUTE);
    assert_eq!(field.asked.len(), 2, "she is asked again");
}
