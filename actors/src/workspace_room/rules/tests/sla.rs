//! SLA: clocks in business hours, paused, warned, broken once, and reckoned anew.

use super::{HOUR, MINUTE, answer, mail, of_type, owner, rule};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

fn policy(desk: &mut Desk, more: Value) -> String {
    let mut input = json!({ "name": "gold", "businessHours": false, "warnMinutes": 15, "targets": [
        { "priority": "normal", "firstReplyMinutes": 60, "resolutionMinutes": 480 },
        { "priority": "urgent", "firstReplyMinutes": 30, "resolutionMinutes": 120 },
    ]});
    for (key, value) in more.as_object().expect("an object") {
        input[key] = value.clone();
    }
    text(&owner(desk, &json!({ "createSlaPolicy": input }))["id"])
}

fn sla(desk: &mut Desk, ticket: &str) -> Value {
    desk.ask(&json!({ "getTicketSla": { "ticketId": ticket } }))
}

fn told(desk: &mut Desk) -> Vec<(String, String)> {
    let events = desk.events();
    ["sla.warning", "sla.breached"]
        .iter()
        .flat_map(|kind| of_type(&events, kind))
        .map(|event| (text(&event["type"]), text(&event["data"]["promise"])))
        .collect()
}

fn pair(kind: &str, promise: &str) -> (String, String) {
    (kind.into(), promise.into())
}

#[test]
fn a_promise_is_warned_of_and_broken_once_at_its_minute() {
    let mut desk = Desk::open();
    policy(&mut desk, json!({}));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let begin = desk.room.now;
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["firstReply"]["dueAt"], json!(begin + HOUR));
    assert_eq!(seen["resolution"]["dueAt"], json!(begin + 8 * HOUR));
    desk.events();
    desk.pass(45 * MINUTE - 1);
    assert_eq!(told(&mut desk), []);
    desk.pass(1);
    assert_eq!(told(&mut desk), [pair("sla.warning", "firstReply")]);
    desk.room.restart();
    desk.pass(15 * MINUTE - 1);
    assert_eq!(told(&mut desk), []);
    desk.pass(1);
    assert_eq!(told(&mut desk), [pair("sla.breached", "firstReply")]);
    assert_eq!(sla(&mut desk, &ticket)["firstReply"]["breachedAt"], json!(begin + HOUR));
    desk.comment(&ticket, "sorry");
    assert_eq!(sla(&mut desk, &ticket)["firstReply"]["metAt"], json!(begin + HOUR));
    for _ in 0..60 {
        desk.pass(15 * MINUTE);
    }
    assert_eq!(
        told(&mut desk),
        [pair("sla.warning", "resolution"), pair("sla.breached", "resolution")]
    );
}

#[test]
fn a_promise_that_is_kept_is_kept() {
    let mut desk = Desk::open();
    policy(&mut desk, json!({}));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    desk.pass(10 * MINUTE);
    desk.events();
    desk.comment(&ticket, "here");
    desk.set_status(&ticket, "solved");
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["resolution"]["metAt"], json!(desk.room.now));
    assert_eq!((&seen["paused"], &seen["resolution"]["dueAt"]), (&json!(true), &Value::Null));
    assert_eq!(seen["spentMs"], json!(10 * MINUTE));
    desk.pass(100 * HOUR);
    assert_eq!(told(&mut desk), []);
    // Opened again, the clock goes on where it stood.
    answer(&mut desk, "2", "1", "ann@acme.example", "not solved");
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["resolution"]["dueAt"], json!(desk.room.now + 8 * HOUR - 10 * MINUTE));
    assert_eq!(seen["resolution"]["metAt"], Value::Null);
}

#[test]
fn the_clock_stands_still_while_the_customer_must_act() {
    let mut desk = Desk::open();
    policy(&mut desk, json!({}));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    desk.pass(20 * MINUTE);
    desk.set_status(&ticket, "pending");
    desk.events();
    desk.pass(50 * HOUR);
    assert_eq!(told(&mut desk), []);
    let seen = sla(&mut desk, &ticket);
    assert_eq!((&seen["paused"], &seen["spentMs"]), (&json!(true), &json!(20 * MINUTE)));
    desk.set_status(&ticket, "waiting");
    desk.pass(HOUR);
    desk.set_status(&ticket, "open");
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["firstReply"]["dueAt"], json!(desk.room.now + 40 * MINUTE));
    desk.pass(40 * MINUTE);
    assert!(told(&mut desk).contains(&pair("sla.breached", "firstReply")));
}

#[test]
fn another_priority_has_other_promises_at_once() {
    let mut desk = Desk::open();
    policy(&mut desk, json!({ "warnMinutes": null }));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let begin = desk.room.now;
    desk.pass(40 * MINUTE);
    desk.events();
    let change = |priority: &str| {
        json!({ "changeTicket": { "ticketId": ticket,
        "priority": priority } })
    };
    desk.ask(&change("urgent"));
    assert_eq!(told(&mut desk), [pair("sla.breached", "firstReply")], "30 minutes are over");
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["resolution"]["dueAt"], json!(begin + 2 * HOUR));
    desk.ask(&change("normal"));
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["firstReply"]["breachedAt"], Value::Null, "an hour is not");
    assert_eq!(seen["firstReply"]["dueAt"], json!(begin + HOUR));
    desk.ask(&change("low"));
    let none = json!({ "getTicketSla": { "ticketId": ticket } });
    assert_eq!(desk.refused(&none).0, Code::NotFound, "nothing is promised for it");
    desk.pass(100 * HOUR);
    assert_eq!(told(&mut desk), []);
}

#[test]
fn the_first_policy_that_fits_is_the_ticket_s_and_a_changed_one_is_heeded() {
    let mut desk = Desk::open();
    let vip = json!({ "of": [{ "field": "userDomain", "op": "is", "values": ["vip.example"] }] });
    let first = policy(&mut desk, json!({ "name": "vip", "conditions": vip }));
    let rest = policy(&mut desk, json!({ "name": "rest" }));
    let ticket = mail(&mut desk, "1", "ann@vip.example", "a", "hello");
    let begin = desk.room.now;
    let other = mail(&mut desk, "2", "bob@acme.example", "b", "hello");
    assert_eq!(sla(&mut desk, &ticket)["slaPolicyId"], json!(first));
    assert_eq!(sla(&mut desk, &other)["slaPolicyId"], json!(rest));
    let targets = json!([{ "priority": "normal", "firstReplyMinutes": 10 }]);
    let change = json!({ "slaPolicyId": first, "targets": targets });
    desk.room.now += MINUTE;
    owner(&mut desk, &json!({ "changeSlaPolicy": change }));
    desk.room.alarm();
    let seen = sla(&mut desk, &ticket);
    assert_eq!(seen["firstReply"]["dueAt"], json!(begin + 10 * MINUTE));
    assert_eq!(seen["resolution"], Value::Null);
    owner(&mut desk, &json!({ "deleteSlaPolicy": { "slaPolicyId": first } }));
    desk.room.alarm();
    let seen = sla(&mut desk, &ticket);
    assert_eq!((&seen["slaPolicyId"], &seen["name"]), (&json!(rest), &json!("rest")));
    assert_eq!(seen["firstReply"]["dueAt"], json!(begin + HOUR), "what has counted still counts");
    owner(&mut desk, &json!({ "deleteSlaPolicy": { "slaPolicyId": rest } }));
    desk.room.alarm();
    assert_eq!(desk.room.count("ticket_slas"), 0);
    desk.events();
    desk.pass(100 * HOUR);
    assert_eq!(told(&mut desk), []);
}

#[test]
fn business_hours_stretch_a_promise_over_the_night_and_new_hours_move_it() {
    let mut desk = Desk::open();
    // Wednesday 4 November 2026, 16:30 in Rome.
    desk.room.now = 1_793_806_200_000;
    let hours = |to: &str, holidays: Value| {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        let week: Vec<Value> =
            days.map(|day| json!({ "day": day, "from": "09:00", "to": to })).to_vec();
        json!({ "setBusinessHours": { "timeZone": "Europe/Rome", "week": week,
            "holidays": holidays } })
    };
    owner(&mut desk, &hours("17:00", json!([])));
    policy(&mut desk, json!({ "businessHours": true, "warnMinutes": null }));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let begin = desk.room.now;
    let due = |desk: &mut Desk| {
        sla(desk, &ticket)["firstReply"]["dueAt"].as_i64().expect("a time") - begin
    };
    assert_eq!(due(&mut desk), 17 * HOUR, "half an hour today, half an hour tomorrow");
    owner(&mut desk, &hours("18:00", json!([])));
    desk.room.alarm();
    assert_eq!(due(&mut desk), HOUR);
    owner(&mut desk, &hours("17:00", json!([{ "date": "2026-11-05" }, { "date": "2026-11-06" }])));
    desk.room.alarm();
    assert_eq!(due(&mut desk), 5 * 24 * HOUR - 7 * HOUR, "until Monday");
    desk.events();
    desk.pass(5 * 24 * HOUR - 7 * HOUR - 1);
    assert_eq!(told(&mut desk), []);
    desk.pass(1);
    assert_eq!(told(&mut desk), [pair("sla.breached", "firstReply")]);
}

#[test]
fn a_rule_can_act_on_a_warning() {
    let mut desk = Desk::open();
    policy(&mut desk, json!({}));
    rule(&mut desk, "hurry", json!("slaWarning"), json!({}), json!([{ "setPriority": "urgent" }]));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    desk.events();
    desk.pass(45 * MINUTE);
    assert_eq!(desk.get(&ticket)["priority"], "urgent");
    // The rule's change has other promises, which are broken already.
    let expected = [pair("sla.warning", "firstReply"), pair("sla.breached", "firstReply")];
    assert_eq!(told(&mut desk), expected);
}
