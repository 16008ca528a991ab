//! From an event to the receiver: what it gets, when it fails, what is seen of it.

use super::receiver::{Receiver, Says, answered};
use crate::kernel::{Effect, Entry, Outcome, PostJob};
use crate::workspace_room::tests::desk::{Desk, text};
use crate::workspace_room::webhooks::{LEASE_MS, SCHEDULE_MS};
use schema::Code;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

#[test]
fn a_receiver_gets_the_events_it_wants_in_the_shape_of_the_specification() {
    let mut receiver = Receiver::of(&["ticket.created", "comment.*"]);
    let ticket = receiver.desk.ticket("Help");
    receiver.desk.set_status(&ticket, "pending");
    receiver.desk.comment(&ticket, "Hello");
    receiver.run();
    let types: Vec<String> = receiver.told().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(types, ["ticket.created", "comment.created"]);
    let (id, body) = receiver.got[1].clone();
    let number = body["number"].as_i64().expect("a number");
    let simple = receiver.webhook.replace('-', "");
    assert_eq!(id, format!("evt_{simple}_{number}"));
    assert_eq!(body["timestamp"], "2026-11-02T12:00:00.000Z");
    assert_eq!(body["ticketId"], ticket);
    assert_eq!(body["data"]["comment"]["body"], "Hello");
    assert_eq!(body["by"]["kind"], "agent");
    let deliveries = receiver.deliveries();
    assert_eq!(deliveries.len(), 2);
    assert_eq!(deliveries[0]["state"], "delivered");
    assert_eq!(deliveries[0]["attempts"][0]["status"], 204);
    assert_eq!(deliveries[0]["answer"], "ok ");
    let webhook = receiver.get();
    assert_eq!((&webhook["waiting"], &webhook["failingSince"]), (&json!(0), &Value::Null));
}

#[test]
fn what_a_private_note_says_stays_in_the_room() {
    let mut receiver = Receiver::of(&["*"]);
    let ticket = receiver.desk.ticket("Help");
    let hour = receiver.desk.room.now + 60 * 60 * 1000;
    for command in [
        json!({ "postComment": {
            "ticketId": ticket, "body": "canary note", "visibility": "private" } }),
        json!({ "scheduleComment": { "ticketId": ticket, "body": "canary later",
            "visibility": "private", "publishAt": hour } }),
    ] {
        receiver.desk.ask(&command);
    }
    receiver.desk.comment(&ticket, "for everybody");
    receiver.run();
    receiver.pass(DAY);
    let told: Vec<&Value> = receiver.got.iter().map(|(_, body)| body).collect();
    let all = json!(told).to_string();
    assert!(!all.contains("canary"), "{all}");
    let notes: Vec<_> = told.iter().filter(|it| it["data"]["comment"]["body"] == "").collect();
    assert_eq!(notes.len(), 2, "that there are notes is told");
    assert!(all.contains("for everybody"));
}

#[test]
fn every_event_arrives_once_however_many_there_are() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    for number in 0..30 {
        receiver.desk.ticket(&format!("t{number}"));
    }
    assert_eq!(receiver.run(), 30);
    let mut told = receiver.told();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 30);
    assert_eq!(receiver.run() + receiver.pass(DAY), 0);
}

#[test]
fn without_a_webhook_an_event_costs_no_read_and_no_row() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("t");
    let seen = statements(&mut desk, &ticket);
    assert!(!seen.iter().any(|statement| statement.contains("webhook")), "{seen:?}");

    let mut receiver = Receiver::of(&["*"]);
    let ticket = receiver.desk.ticket("t");
    let with = statements(&mut receiver.desk, &ticket);
    assert!(with.iter().any(|statement| statement.contains("from webhooks")));
    receiver.act("changeWebhook", json!({ "active": false }));
    let off = statements(&mut receiver.desk, &ticket);
    assert!(!off.iter().any(|statement| statement.contains("webhook")), "{off:?}");
}

/// The statements that a comment runs.
fn statements(desk: &mut Desk, ticket: &str) -> Vec<String> {
    use std::cell::RefCell;
    use std::rc::Rc;
    let seen = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&seen);
    let hook = move |statement: &str| noted.borrow_mut().push(statement.to_owned());
    desk.room.home.set_hook(Some(Box::new(hook)));
    desk.comment(ticket, "c");
    desk.room.home.set_hook(None);
    seen.take()
}

#[test]
fn a_failed_delivery_is_tried_again_by_the_schedule_and_then_given_up() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.says = Says::Status(500);
    receiver.desk.ticket("t");
    assert_eq!(receiver.run(), 1);
    for (index, wait) in SCHEDULE_MS.into_iter().enumerate() {
        let next = receiver.deliveries()[0]["nextAttemptAt"].as_i64().expect("it waits");
        let ahead = next - receiver.desk.room.now;
        assert!((wait..=wait + wait / 10).contains(&ahead), "try {index}: {ahead} of {wait}");
        assert_eq!(receiver.pass(ahead - 1), 0, "not before its time");
        assert_eq!(receiver.pass(1), 1, "try {index}");
    }
    let delivery = receiver.deliveries().remove(0);
    assert_eq!((&delivery["state"], &delivery["nextAttemptAt"]), (&json!("failed"), &Value::Null));
    assert_eq!(delivery["attempts"].as_array().map(Vec::len), Some(10));
    assert_eq!(receiver.pass(2 * DAY), 0);
    let mut ids: Vec<_> = receiver.got.iter().map(|(id, _)| id.clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "the id is the same on every try");
}

#[test]
fn a_redirect_and_silence_are_failures_and_retry_after_is_honoured() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.desk.ticket("t");
    receiver.says = Says::Status(302);
    receiver.run();
    receiver.says = Says::Nothing;
    assert_eq!(receiver.pass(6_000), 1);
    let delivery = receiver.deliveries().remove(0);
    assert_eq!(delivery["attempts"][0]["status"], 302);
    assert_eq!(delivery["attempts"][1]["error"], "no answer in time");
    receiver.says = Says::Later(429, 3 * 60 * 60 * 1000);
    assert_eq!(receiver.pass(6 * 60_000), 1);
    receiver.says = Says::Status(200);
    assert_eq!(receiver.pass(3 * 60 * 60 * 1000 - 1), 0);
    assert_eq!(receiver.pass(1), 1);
    assert_eq!(receiver.deliveries()[0]["state"], "delivered");
}

#[test]
fn a_receiver_that_fails_is_left_alone_for_longer_and_longer_and_gets_all_in_the_end() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.says = Says::Status(503);
    for number in 0..50 {
        receiver.desk.ticket(&format!("t{number}"));
        receiver.pass(1_000);
    }
    let tried = receiver.got.len();
    assert!(tried < 30, "{tried} requests in 50 s to a receiver that is down");
    receiver.says = Says::Status(200);
    for _ in 0..100 {
        receiver.pass(10 * 60_000);
    }
    let delivered = receiver.deliveries();
    assert_eq!(delivered.len(), 50);
    assert!(delivered.iter().all(|one| one["state"] == "delivered"), "{delivered:?}");
    assert_eq!(receiver.get()["failingSince"], Value::Null);
}

#[test]
fn what_happens_while_a_receiver_is_left_alone_waits_no_longer_than_that() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.says = Says::Later(429, 3 * 60 * 60 * 1000);
    receiver.desk.ticket("asked to come back in three hours");
    receiver.run();
    receiver.says = Says::Status(200);
    receiver.desk.ticket("another");
    assert_eq!(receiver.pass(1_000), 0);
    assert_eq!(receiver.pass(5_000), 1);
    assert_eq!(receiver.deliveries()[0]["state"], "delivered");
}

#[test]
fn gone_switches_a_webhook_off_at_once() {
    let mut receiver = Receiver::of(&["ticket.*"]);
    receiver.says = Says::Status(410);
    receiver.desk.ticket("t");
    receiver.desk.events();
    receiver.run();
    let webhook = receiver.get();
    assert_eq!((&webhook["active"], &webhook["waiting"]), (&json!(false), &json!(0)));
    assert_eq!(webhook["disabledReason"], "the receiver answered 410 Gone");
    assert_eq!(receiver.desk.event_types(), ["webhook.disabled"]);
    receiver.desk.ticket("u");
    assert_eq!(receiver.pass(10 * DAY), 0);
    let number = receiver.deliveries()[0]["number"].clone();
    assert_eq!(receiver.deliveries()[0]["state"], "failed");
    let id = receiver.webhook.clone();
    let replay = json!({ "replayDelivery": { "webhookId": id, "number": number } });
    assert_eq!(receiver.refused(&replay), Code::Conflict);
}

#[test]
fn five_days_of_failure_switch_a_webhook_off_and_one_success_begins_them_anew() {
    let mut receiver = Receiver::of(&["ticket.*"]);
    receiver.says = Says::Status(500);
    for day in 0..4 {
        receiver.desk.ticket(&format!("t{day}"));
        receiver.pass(DAY);
    }
    receiver.says = Says::Status(200);
    receiver.pass(DAY);
    receiver.says = Says::Status(500);
    for day in 0..4 {
        receiver.desk.ticket(&format!("u{day}"));
        receiver.pass(DAY);
    }
    assert_eq!(receiver.get()["active"], true);
    for day in 0..3 {
        receiver.desk.ticket(&format!("v{day}"));
        receiver.pass(DAY);
    }
    let webhook = receiver.get();
    assert_eq!(webhook["active"], false);
    assert_eq!(webhook["disabledReason"], "every request of the last five days failed");
}

#[test]
fn switched_on_again_it_gets_what_happens_from_then_on_and_the_rest_by_replay() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.act("changeWebhook", json!({ "active": false }));
    receiver.desk.ticket("missed");
    let missed = receiver.desk.events().pop().expect("an event")["seq"].clone();
    receiver.act("changeWebhook", json!({ "active": true }));
    receiver.desk.ticket("seen");
    assert_eq!(receiver.run(), 1);
    receiver.act("replayDelivery", json!({ "number": missed }));
    assert_eq!(receiver.run(), 1);
    let (_, body) = receiver.got.pop().expect("a request");
    assert_eq!(body["data"]["ticket"]["subject"], "missed");
    receiver.act("replayDelivery", json!({ "number": missed }));
    assert_eq!(receiver.run(), 1);
    let deliveries = receiver.deliveries();
    let again = deliveries.iter().find(|one| one["number"] == missed).expect("listed");
    assert_eq!(again["attempts"].as_array().map(Vec::len), Some(2));
    let id = receiver.webhook.clone();
    for number in [0, -1, 1_000_000, schema::codec::INTEGER_MAX] {
        let none = json!({ "replayDelivery": { "webhookId": id, "number": number } });
        assert_eq!(receiver.refused(&none), Code::NotFound);
    }
}

#[test]
fn a_test_reaches_its_own_webhook_whatever_it_wants() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.create(&["comment.created"]);
    receiver.act("testWebhook", json!({}));
    assert_eq!(receiver.run(), 1);
    assert_eq!(receiver.told()[0].0, "webhook.tested");
    let simple = receiver.webhook.replace('-', "");
    assert!(receiver.got[0].0.contains(&simple));
}

#[test]
fn requests_whose_object_died_are_made_again() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.desk.ticket("t");
    let begun = receiver.desk.room.begin();
    let posts = begun.iter().filter(|(_, effect)| matches!(effect, Effect::Post(_)));
    assert_eq!(posts.count(), 1);
    receiver.desk.room.restart();
    assert_eq!(receiver.run(), 0, "they may still be under way");
    assert_eq!(receiver.pass(LEASE_MS) + receiver.pass(LEASE_MS), 1);
    assert_eq!(receiver.deliveries()[0]["state"], "delivered");
    assert_eq!(receiver.get()["waiting"], 0);
}

#[test]
fn a_try_is_of_the_time_at_which_it_was_made() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.desk.ticket("t");
    let (entry, job) = requested(&mut receiver);
    let asked = receiver.desk.room.now;
    receiver.desk.pass(14_000);
    settle(&mut receiver, &entry, &job, &Says::Status(500));
    let delivery = receiver.deliveries().remove(0);
    assert_eq!(delivery["attempts"][0]["at"], asked);
    let next = delivery["nextAttemptAt"].as_i64().expect("it waits");
    assert!(next >= asked + 14_000 + SCHEDULE_MS[0], "it waits from the answer on");
}

#[test]
fn an_answer_that_is_overtaken_by_the_next_requests_is_kept_in_its_place_and_plans_nothing() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.desk.ticket("t");
    let (first_entry, first) = requested(&mut receiver);
    receiver.desk.pass(DAY);
    let (second_entry, second) = requested(&mut receiver);
    assert_eq!((&first.id, first.asked_at + DAY), (&second.id, second.asked_at));
    settle(&mut receiver, &second_entry, &second, &Says::Status(503));
    receiver.desk.pass(SCHEDULE_MS[0] * 2);
    let (_, third) = requested(&mut receiver);

    settle(&mut receiver, &first_entry, &first, &Says::Status(500));
    let delivery = receiver.deliveries().remove(0);
    let at = |index: usize| delivery["attempts"][index]["at"].clone();
    assert_eq!((at(0), at(1)), (json!(first.asked_at), json!(second.asked_at)));
    let statuses = [0, 1].map(|index| delivery["attempts"][index]["status"].clone());
    assert_eq!(statuses, [500, 503]);
    let next = third.asked_at + LEASE_MS;
    assert_eq!(delivery["nextAttemptAt"], next, "one of an event is under way at once");
    assert_eq!(receiver.pass(LEASE_MS / 2), 0);
}

/// The request that is to be made now, and its entry; nobody has answered it yet.
fn requested(receiver: &mut Receiver) -> (Entry, PostJob) {
    // What was under way too long is taken note of first.
    let begun = [receiver.desk.room.begin(), receiver.desk.room.begin()].into_iter().flatten();
    let posts = begun.filter_map(|(entry, effect)| match effect {
        Effect::Post(jobs) => Some((entry, jobs)),
        _ => None,
    });
    let mut posts: Vec<_> = posts.collect();
    assert_eq!(posts.len(), 1);
    let (entry, mut jobs) = posts.remove(0);
    assert_eq!(jobs.len(), 1);
    (entry, jobs.remove(0))
}

fn settle(receiver: &mut Receiver, entry: &Entry, job: &PostJob, says: &Says) {
    let outcome = Outcome::Posted(vec![answered(job, says)]);
    receiver.desk.room.settle(entry, &outcome);
}

#[test]
fn an_answer_that_comes_after_its_webhook_is_gone_changes_nothing() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    receiver.desk.ticket("t");
    let begun = receiver.desk.room.begin();
    receiver.act("deleteWebhook", json!({}));
    for (entry, effect) in begun {
        if let Effect::Post(_) = effect {
            receiver.desk.room.settle(&entry, &Outcome::Posted(Vec::new()));
        }
    }
    receiver.pass(DAY);
    assert_eq!(receiver.desk.room.count("webhook_deliveries"), 0);
    assert_eq!(receiver.desk.room.count("outbox"), 0);
}

#[test]
fn deliveries_are_listed_by_pages_the_latest_first() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    for number in 0..5 {
        receiver.desk.ticket(&format!("t{number}"));
    }
    receiver.run();
    let first = receiver.act("listDeliveries", json!({ "limit": 3 }));
    let next = text(&first["nextCursor"]);
    let second = receiver.act("listDeliveries", json!({ "limit": 3, "cursor": next }));
    let numbers: Vec<i64> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().expect("items"))
        .map(|item| item["number"].as_i64().expect("a number"))
        .collect();
    assert_eq!(numbers.len(), 5);
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    let other = receiver.create(&["*"]);
    let foreign = json!({ "listDeliveries": { "webhookId": other, "cursor": next } });
    assert_eq!(receiver.refused(&foreign), Code::InvalidInput);
}
