//! Making, changing, rotating, taking away.

use super::receiver::{Receiver, sealed};
use crate::workspace_room::tests::desk::text;
use schema::Code;
use serde_json::{Value, json};

#[test]
fn a_webhook_is_shown_without_its_secret_and_told_of_without_its_url() {
    let mut receiver = Receiver::of(&["ticket.*"]);
    let shown = receiver.get();
    assert_eq!(shown["url"], "https://hooks.example.com/in?key=hunter2");
    assert_eq!((&shown["active"], &shown["waiting"]), (&json!(true), &json!(0)));
    assert!(!shown.to_string().contains("ecret\":"), "{shown}");
    let events = receiver.desk.events();
    let created = events.iter().find(|event| event["type"] == "webhook.created").expect("told");
    assert_eq!(created["data"]["webhook"]["host"], "hooks.example.com");
    assert!(!created.to_string().contains("hunter2"), "{created}");
}

#[test]
fn webhooks_are_for_those_who_manage() {
    let mut receiver = Receiver::of(&["*"]);
    let id = receiver.webhook.clone();
    for command in [
        json!({ "listWebhooks": {} }),
        json!({ "getWebhook": { "webhookId": id } }),
        json!({ "createWebhook": {
            "url": "https://a.example", "kinds": ["*"], "sealedSecret": sealed(1) } }),
        json!({ "changeWebhook": { "webhookId": id, "active": false } }),
        json!({ "rotateWebhookSecret": { "webhookId": id, "sealedSecret": sealed(2) } }),
        json!({ "deleteWebhook": { "webhookId": id } }),
        json!({ "testWebhook": { "webhookId": id } }),
        json!({ "listDeliveries": { "webhookId": id } }),
        json!({ "replayDelivery": { "webhookId": id, "number": 1 } }),
    ] {
        let people = [&receiver.desk.agent, &receiver.desk.viewer];
        for who in people.map(|person| person.principal.clone()) {
            assert_eq!(receiver.desk.refused_as(&who, &command).0, Code::Forbidden, "{command}");
        }
    }
}

#[test]
fn bad_fields_are_refused_and_change_nothing() {
    let mut receiver = Receiver::of(&["*"]);
    let good = json!({
        "url": "https://a.example/x", "kinds": ["*"], "description": "d", "sealedSecret": sealed(1),
    });
    let long = "x".repeat(201);
    for (field, bad) in [
        ("url", json!("http://10.0.0.1/")),
        ("url", json!("https://0xa9fea9fe/latest")),
        ("url", json!("https://[::ffff:a00:1]/")),
        ("url", json!("https://user:pass@a.example/")),
        ("url", json!("https://a.example:8443/")),
        ("url", json!("")),
        ("kinds", json!([])),
        ("kinds", json!(["tickets"])),
        ("kinds", json!(["ticket.created; drop table"])),
        ("description", json!(long)),
        ("description", json!("a\nb")),
        ("sealedSecret", json!([1, 2, 3])),
    ] {
        let mut input = good.clone();
        input[field] = bad.clone();
        let code = receiver.refused(&json!({ "createWebhook": input }));
        assert_eq!(code, Code::InvalidInput, "{field}: {bad}");
    }
    let missing = "0190f5fe-7c00-7a00-8000-000000000001";
    for verb in ["getWebhook", "deleteWebhook", "testWebhook", "listDeliveries"] {
        let code = receiver.refused(&json!({ verb: { "webhookId": missing } }));
        assert_eq!(code, Code::NotFound, "{verb}");
    }
}

#[test]
fn there_are_at_most_twenty() {
    let mut receiver = Receiver::of(&["*"]);
    for _ in 1..20 {
        receiver.create(&["*"]);
    }
    assert_eq!(receiver.ask(&json!({ "listWebhooks": {} })).as_array().map(Vec::len), Some(20));
    let one_more = json!({ "createWebhook": {
        "url": "https://a.example", "kinds": ["*"], "sealedSecret": sealed(1) } });
    assert_eq!(receiver.refused(&one_more), Code::Conflict);
}

#[test]
fn a_change_counts_its_version_and_an_old_one_is_refused() {
    let mut receiver = Receiver::of(&["*"]);
    let changed = receiver.act("changeWebhook", json!({ "kinds": ["ticket.*"], "ifVersion": 1 }));
    assert_eq!((&changed["version"], &changed["kinds"]), (&json!(2), &json!(["ticket.*"])));
    let same = receiver.act("changeWebhook", json!({ "kinds": ["ticket.*"] }));
    assert_eq!(same["version"], 2);
    let id = receiver.webhook.clone();
    let old = json!({ "changeWebhook": { "webhookId": id, "active": false, "ifVersion": 1 } });
    assert_eq!(receiver.refused(&old), Code::VersionMismatch);
}

#[test]
fn while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone() {
    let mut receiver = Receiver::of(&["*"]);
    let day = 24 * 60 * 60 * 1000;
    let until = receiver.desk.room.now + day;
    let rotated = receiver.act("rotateWebhookSecret", json!({ "sealedSecret": sealed(2) }));
    assert_eq!(rotated["previousSecretUntil"], until);
    assert_eq!(signers(&mut receiver), [sealed(2), sealed(1)]);
    receiver.desk.room.now += day;
    assert_eq!(signers(&mut receiver), [sealed(2)]);
    assert_eq!(receiver.get()["previousSecretUntil"], Value::Null);
    let at_once = json!({ "sealedSecret": sealed(3), "keepPreviousMs": 0 });
    receiver.act("rotateWebhookSecret", at_once);
    assert_eq!(signers(&mut receiver), [sealed(3)]);
    let id = receiver.webhook.clone();
    let current = json!({ "rotateWebhookSecret": {
        "webhookId": receiver.webhook, "sealedSecret": sealed(3) } });
    assert_eq!(receiver.refused(&current), Code::InvalidInput, "it rotates nothing");
    let bad = json!({ "rotateWebhookSecret": {
        "webhookId": id, "sealedSecret": sealed(4), "keepPreviousMs": 7 * day + 1 } });
    assert_eq!(receiver.refused(&bad), Code::InvalidInput);
}

/// The sealed secrets of the next request, and whose they are said to be.
fn signers(receiver: &mut Receiver) -> Vec<Vec<u8>> {
    use crate::kernel::{Effect, Outcome};
    receiver.run();
    receiver.act("testWebhook", json!({}));
    let mut seen = Vec::new();
    receiver.desk.room.drain(|_, effect| {
        let Effect::Post(jobs) = effect else { panic!("{effect:?}") };
        let job = jobs.last().expect("a request");
        assert!(job.owner.ends_with("/webhooks"));
        seen = job.sealed_secrets.iter().map(|it| it.to_vec()).collect();
        Outcome::Posted(Vec::new())
    });
    seen
}

#[test]
fn what_leans_on_the_gateway_is_not_taken_from_a_socket() {
    use crate::kernel::Actor;
    use crate::workspace_room::Core;
    let command = |json: Value| schema::codec::from_json(json.to_string().as_bytes());
    let id = "0190f5fe-7c00-7a00-8000-000000000001";
    let create = json!({ "createWebhook": {
        "url": "https://a.example", "kinds": ["*"], "sealedSecret": sealed(1) } });
    let rotate = json!({ "rotateWebhookSecret": { "webhookId": id, "sealedSecret": sealed(1) } });
    let change = json!({ "changeWebhook": { "webhookId": id, "url": "https://a.example" } });
    for json in [create, change, rotate] {
        assert!(!Core::from_socket(&command(json.clone()).expect("known")), "{json}");
    }
    let list = command(json!({ "listWebhooks": {} })).expect("known");
    assert!(Core::from_socket(&list));
}

#[test]
fn a_new_webhook_keeps_its_deliveries_when_those_of_a_deleted_one_go() {
    for tickets in [0, 2] {
        let mut receiver = Receiver::of(&["ticket.created"]);
        for number in 0..tickets {
            receiver.desk.ticket(&format!("t{number}"));
        }
        receiver.run();
        receiver.act("deleteWebhook", json!({}));
        receiver.webhook = receiver.create(&["ticket.created"]);
        receiver.desk.ticket("for the new one");
        receiver.run();
        receiver.pass(60_000);
        assert_eq!(receiver.deliveries().len(), 1, "{tickets} before");
        assert_eq!(receiver.desk.room.count("webhook_deliveries"), 1);
    }
}

#[test]
fn a_deleted_webhook_takes_its_deliveries_with_it() {
    let mut receiver = Receiver::of(&["ticket.created"]);
    for number in 0..3 {
        receiver.desk.ticket(&format!("t{number}"));
        receiver.run();
    }
    assert_eq!(receiver.desk.room.count("webhook_deliveries"), 3);
    receiver.act("deleteWebhook", json!({}));
    receiver.desk.ticket("after");
    assert_eq!(receiver.pass(1), 0);
    assert_eq!(receiver.desk.room.count("webhook_deliveries"), 0);
    assert_eq!(receiver.ask(&json!({ "listWebhooks": {} })), json!([]));
    let types = receiver.desk.event_types();
    assert!(types.contains(&text(&json!("webhook.deleted"))), "{types:?}");
}
