//! Rules that act on silence: at the minute, once, and not after an answer.

use super::{HOUR, MINUTE, answer, log, mail, of_type, owner, rule};
use crate::workspace_room::tests::desk::Desk;
use serde_json::{Value, json};

fn silent(on: &str, minutes: i64) -> Value {
    json!({ "on": on, "minutes": minutes })
}

fn tags(desk: &mut Desk, ticket: &str) -> Value {
    desk.get(ticket)["tags"].clone()
}

#[test]
fn a_customer_who_waits_a_day_is_noticed_at_the_minute_and_once() {
    let mut desk = Desk::open();
    let note = json!([{ "addTags": ["late"] }, { "note": { "body": "late" } }]);
    rule(&mut desk, "late", silent("noAgentReply", 24 * 60), json!({}), note);
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    desk.pass(10 * HOUR);
    answer(&mut desk, "2", "1", "ann@acme.example", "hello?");
    desk.pass(14 * HOUR - 1);
    assert_eq!(
        tags(&mut desk, &ticket),
        json!([]),
        "the first mail counts, and it is not a day ago"
    );
    desk.pass(1);
    assert_eq!(tags(&mut desk, &ticket), json!(["late"]));
    desk.room.restart();
    for _ in 0..100 {
        desk.pass(HOUR);
    }
    assert_eq!(desk.get(&ticket)["comments"], 3, "two mails and one note");
    let runs = log(&mut desk, &ticket);
    assert_eq!(runs.len(), 1);
    // Answered, and asked again: another wait.
    desk.comment(&ticket, "here");
    desk.pass(30 * HOUR);
    assert_eq!(log(&mut desk, &ticket).len(), 1);
    answer(&mut desk, "3", "1", "ann@acme.example", "and?");
    desk.pass(24 * HOUR);
    assert_eq!(log(&mut desk, &ticket).len(), 2);
}

#[test]
fn an_answer_in_time_ends_the_wait_and_a_rule_s_reply_does_not() {
    let mut desk = Desk::open();
    let hello = json!([{ "reply": { "body": "we are on it" } }]);
    rule(&mut desk, "hello", json!("ticketCreated"), json!({}), hello);
    let late = json!([{ "addTags": ["late"] }]);
    rule(&mut desk, "late", silent("noAgentReply", 60), json!({}), late);
    let answered = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let silent = mail(&mut desk, "2", "bob@acme.example", "b", "hello");
    desk.pass(30 * MINUTE);
    desk.comment(&answered, "yes?");
    desk.pass(31 * MINUTE);
    assert_eq!(tags(&mut desk, &answered), json!([]));
    assert_eq!(tags(&mut desk, &silent), json!(["late"]));
}

#[test]
fn a_solved_ticket_waits_for_nobody() {
    let mut desk = Desk::open();
    let late = json!([{ "addTags": ["late"] }]);
    for (on, minutes) in [("noAgentReply", 60), ("unassigned", 60), ("noUserReply", 60)] {
        rule(&mut desk, on, silent(on, minutes), json!({}), late.clone());
    }
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    desk.set_status(&ticket, "solved");
    assert_eq!(desk.room.count("ticket_waits"), 0);
    desk.pass(3 * HOUR);
    assert_eq!(tags(&mut desk, &ticket), json!([]));
}

#[test]
fn a_customer_who_does_not_answer_is_reminded_and_a_ticket_without_an_agent_is_given_one() {
    let mut desk = Desk::open();
    let close = json!([{ "reply": { "body": "still there?" } }, { "setStatus": "solved" }]);
    let pending = json!({ "of": [{ "field": "status", "op": "is", "values": ["pending"] }] });
    rule(&mut desk, "remind", silent("noUserReply", 3 * 24 * 60), pending, close);
    let next = json!([{ "assignNext": { "by": "turn" } }]);
    rule(&mut desk, "orphan", silent("unassigned", 30), json!({}), next);
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    desk.pass(30 * MINUTE);
    assert_ne!(desk.get(&ticket)["assigneeId"], Value::Null);
    desk.comment(&ticket, "which order?");
    desk.set_status(&ticket, "pending");
    desk.events();
    desk.pass(3 * 24 * HOUR);
    assert_eq!(desk.get(&ticket)["status"], "solved");
    let events = desk.events();
    assert_eq!(of_type(&events, "comment.created").len(), 1);
}

#[test]
fn a_rule_finds_the_tickets_that_were_there_before_it() {
    let mut desk = Desk::open();
    let waiting = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let answered = mail(&mut desk, "2", "bob@acme.example", "b", "hello");
    desk.pass(10 * MINUTE);
    desk.comment(&answered, "yes");
    let done = desk.ticket("c");
    desk.set_status(&done, "closed");
    for number in 0..250 {
        desk.ticket(&format!("more {number}"));
    }
    desk.pass(20 * MINUTE);
    let late = json!([{ "addTags": ["late"] }]);
    let id = rule(&mut desk, "late", silent("noAgentReply", 60), json!({}), late.clone());
    rule(&mut desk, "orphan", silent("unassigned", 60), json!({}), json!([{ "addTags": ["o"] }]));
    desk.pass(29 * MINUTE);
    assert_eq!(tags(&mut desk, &waiting), json!([]));
    desk.pass(MINUTE);
    assert_eq!(tags(&mut desk, &waiting), json!(["late", "o"]));
    assert_eq!(tags(&mut desk, &answered), json!(["o"]));
    // An alarm runs 200 timers at most, and rings again for the rest.
    desk.pass(HOUR);
    desk.room.alarm();
    let tagged = desk.room.number("select count(*) from ticket_tags where tag = 'o'");
    assert_eq!(tagged, 252, "all that are open");
    // A change of its name does not let it act again.
    owner(&mut desk, &json!({ "changeAutomation": { "automationId": id, "name": "later" } }));
    desk.pass(HOUR);
    assert_eq!(log(&mut desk, &waiting).len(), 2);
}

#[test]
fn a_rule_that_is_switched_off_and_on_does_not_act_again_on_the_same_wait() {
    for others in [0, 1] {
        let mut desk = Desk::open();
        let sorry = json!([{ "reply": { "body": "sorry" } }]);
        let late = rule(&mut desk, "sorry", silent("noAgentReply", 60), json!({}), sorry);
        let tag = json!([{ "addTags": ["o"] }]);
        let orphan = rule(&mut desk, "orphan", silent("unassigned", 60), json!({}), tag.clone());
        for _ in 0..others {
            rule(&mut desk, "more", silent("unassigned", 90), json!({}), tag.clone());
        }
        let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
        desk.pass(2 * HOUR);
        let runs = 2 + others;
        assert_eq!(log(&mut desk, &ticket).len(), runs);
        for enabled in [false, true] {
            for id in [&late, &orphan] {
                let change = json!({ "automationId": id, "enabled": enabled });
                owner(&mut desk, &json!({ "changeAutomation": change }));
            }
            desk.pass(2 * HOUR);
        }
        assert_eq!(log(&mut desk, &ticket).len(), runs, "one answer to one wait");
        // The next wait is another.
        desk.comment(&ticket, "here");
        answer(&mut desk, "2", "1", "ann@acme.example", "and?");
        desk.pass(2 * HOUR);
        assert_eq!(log(&mut desk, &ticket).len(), runs + 1);
    }
}

#[test]
fn only_business_hours_count_where_a_rule_says_so() {
    let mut desk = Desk::open();
    // Friday 6 November 2026, 16:30 in Rome.
    desk.room.now = 1_793_979_000_000;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let week: Vec<Value> =
        days.map(|day| json!({ "day": day, "from": "09:00", "to": "17:00" })).to_vec();
    let set = json!({ "timeZone": "Europe/Rome", "week": week });
    owner(&mut desk, &json!({ "setBusinessHours": set }));
    let trigger = json!({ "on": "noAgentReply", "minutes": 60, "businessHours": true });
    rule(&mut desk, "late", trigger, json!({}), json!([{ "addTags": ["late"] }]));
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let begin = desk.room.now;
    while tags(&mut desk, &ticket) == json!([]) {
        desk.pass(30 * MINUTE);
        assert!(desk.room.now < begin + 7 * 24 * HOUR, "it never came");
    }
    // Half an hour on Friday, half an hour on Monday morning.
    assert_eq!(desk.room.now - begin, 2 * 24 * HOUR + 17 * HOUR);
}
