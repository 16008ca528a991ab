//! What reacts, what is set, who is told: in and out.

use super::{CREATED, Mover, agent, category, id, team, with};
use crate::workspace_room::tests::desk::text;
use schema::Code;
use serde_json::{Value, json};

const NEVER: &str = "hunter2";

/// A workspace where everything is set.
fn set_up() -> Mover {
    let mut mover = Mover::open();
    mover.outcomes(json!([agent(1), team(1), category(1)]));
    let agent = mover.desk.agent.id();
    let week = json!([{ "day": "monday", "from": "09:00", "to": "17:00" }]);
    for command in [
        json!({ "createAttribute": { "subject": "ticket", "key": "plan", "label": "Plan",
            "type": "list", "options": ["gold", "lead"] } }),
        json!({ "createAttribute": { "subject": "user", "key": "vip", "label": "VIP",
            "type": "boolean" } }),
        json!({ "setBusinessHours": { "timeZone": "Europe/Berlin", "week": week,
            "holidays": [{ "date": "2026-12-25", "name": "Christmas" }] } }),
        json!({ "changeFreeMail": { "domains": ["free.example"] } }),
        json!({ "changeNotificationTemplates": { "templates": [
            { "kind": "assigned", "title": "Yours: {{ticket.subject}}", "body": "See it." }] } }),
        json!({ "createWebhook": { "url": format!("https://hooks.example.com/in?key={NEVER}"),
            "kinds": ["ticket.*"], "description": "CRM", "sealedSecret": vec![7; 61] } }),
        json!({ "createSlaPolicy": { "name": "Soon",
            "targets": [{ "priority": "low", "firstReplyMinutes": 5 }] } }),
        json!({ "createWorkflow": { "name": "Later",
            "steps": [{ "wait": { "minutes": 5 } }, { "do": { "assignAgent": agent } }] } }),
        json!({ "createAutomation": { "name": "Gone", "trigger": { "on": "ticketCreated" },
            "actions": [{ "addTags": ["x"] }] } }),
        json!({ "createAutomation": { "name": "Late", "enabled": false,
            "trigger": { "on": "noAgentReply", "minutes": 5, "businessHours": true },
            "actions": [{ "assignTeam": id(7, 1) }, { "setCategory": id(8, 1) }] } }),
        json!({ "createAutomation": { "name": "First", "trigger": { "on": "ticketCreated" },
            "conditions": { "of": [
                { "field": "team", "op": "is", "values": [id(7, 1)] }] },
            "actions": [{ "notify": { "agentIds": [agent], "text": "Look" } }] } }),
    ] {
        mover.desk.owner_asks(&command);
    }
    // One is deleted and two change places: what is left has gaps, and is in an order of its own.
    let list = mover.desk.owner_asks(&json!({ "listAutomations": {} }));
    let ids: Vec<String> = (0..3).map(|at| text(&list["items"][at]["id"])).collect();
    mover.desk.owner_asks(&json!({ "deleteAutomation": { "automationId": ids[0] } }));
    let order = json!([ids[2], ids[1]]);
    mover.desk.owner_asks(&json!({ "reorderAutomations": { "automationIds": order } }));
    mover
}

fn of_kind<'v>(rows: &'v [Value], kind: &str) -> Vec<&'v Value> {
    rows.iter().filter_map(|row| row.get(kind)).collect()
}

const KINDS: [(&str, usize); 8] = [
    ("attribute", 2),
    ("businessHours", 1),
    ("freeMail", 1),
    ("notificationTemplate", 1),
    ("webhook", 1),
    ("slaPolicy", 1),
    ("workflow", 1),
    ("automation", 2),
];

#[test]
fn what_is_set_in_a_workspace_is_set_in_another_one() {
    let mut old = set_up();
    let (rows, _) = old.export();
    for (kind, count) in KINDS {
        assert_eq!(of_kind(&rows, kind).len(), count, "{kind}");
    }
    let names: Vec<&Value> = of_kind(&rows, "automation").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["First", "Late"]);

    let mut new = Mover::open();
    new.desk.events();
    let outcomes = new.outcomes(json!(rows));
    assert!(outcomes.iter().all(|it| it == "created" || it == "unchanged"), "{outcomes:?}");
    assert_eq!(new.desk.event_types(), ["workspace.imported"]);
    let (again, _) = new.export();
    assert_eq!(json!(again).to_string(), json!(rows).to_string());
    let before = new.desk.room.home.rows_written();
    assert!(new.outcomes(json!(rows)).iter().all(|outcome| outcome == "unchanged"));
    assert_eq!(new.desk.room.home.rows_written(), before);
    // And into the workspace where it is from.
    assert!(old.outcomes(json!(rows)).iter().all(|outcome| outcome == "unchanged"));
}

#[test]
fn what_came_works_from_then_on_and_not_before() {
    let mut old = set_up();
    let late = json!({ "listAutomations": { "enabled": false } });
    let late = old.desk.owner_asks(&late)["items"][0]["id"].clone();
    old.desk.owner_asks(&json!({ "changeAutomation": { "automationId": late, "enabled": true } }));
    let (rows, _) = old.export();
    let mut new = Mover::open();
    let there = new.desk.ticket("there before");
    new.outcomes(json!(rows));
    // No ticket that is there is looked at because rules came.
    new.desk.pass(7 * 24 * 60 * 60_000);
    let found = new.desk.get(&there);
    assert_eq!((&found["teamId"], &found["version"]), (&Value::Null, &json!(1)));
    let comes =
        json!({ "createTicket": { "subject": "s", "teamId": id(7, 1), "priority": "low" } });
    let comes = text(&new.desk.ask(&comes)["id"]);
    let list = json!({ "listAutomationRuns": { "ticketId": comes } });
    let run = new.desk.ask(&list)["items"][0].clone();
    assert_eq!(run["result"]["name"], "First", "{run}");
    new.desk.ask(&json!({ "getTicketSla": { "ticketId": comes } }));
}

#[test]
fn no_secret_of_a_webhook_moves_and_it_is_off_until_it_has_one() {
    let mut old = set_up();
    let (rows, _) = old.export();
    let all = json!(rows).to_string();
    assert!(!all.contains(NEVER) && !all.contains("ecret\":"), "{all}");
    let mut new = Mover::open();
    new.outcomes(json!(rows));
    let hook = of_kind(&rows, "webhook")[0]["id"].clone();
    let there = new.desk.owner_asks(&json!({ "getWebhook": { "webhookId": hook } }));
    assert_eq!(
        (&there["active"], &there["url"]),
        (&json!(false), &json!("https://hooks.example.com/in"))
    );
    assert!(there["disabledReason"].as_str().is_some_and(|why| why.contains("secret")), "{there}");
    let owner = new.owner.clone();
    let on = json!({ "changeWebhook": { "webhookId": there["id"], "active": true } });
    assert_eq!(new.desk.refused_as(&owner, &on).0, Code::Conflict);
    for command in [
        json!({ "testWebhook": { "webhookId": there["id"] } }),
        json!({ "replayDelivery": { "webhookId": there["id"], "number": 1 } }),
    ] {
        assert_eq!(new.desk.refused_as(&owner, &command).0, Code::Conflict, "{command}");
    }
    let rotate = json!({ "webhookId": there["id"], "sealedSecret": vec![9; 61] });
    let rotated = new.desk.owner_asks(&json!({ "rotateWebhookSecret": rotate }));
    assert_eq!(rotated["previousSecretUntil"], Value::Null, "there was none before");
    assert_eq!(new.desk.owner_asks(&on)["active"], true);
}

#[test]
fn what_is_newer_wins_and_what_was_set_here_stays() {
    let mut mover = set_up();
    let (rows, _) = mover.export();
    let one = |kind: &str, fields: Value| with(json!({ kind: of_kind(&rows, kind)[0] }), fields);
    let later = mover.desk.room.now;
    mover.desk.room.now += 1;
    let newer = json!([
        one("attribute", json!({ "label": "Tariff", "updatedAt": later + 1 })),
        one("businessHours", json!({ "timeZone": "UTC", "updatedAt": later + 1 })),
        one("slaPolicy", json!({ "name": "Sooner", "updatedAt": later + 1 })),
        one("workflow", json!({ "name": "Much later", "updatedAt": later + 1 })),
        one("automation", json!({ "enabled": false, "updatedAt": later + 1 })),
    ]);
    assert_eq!(mover.outcomes(newer.clone()), vec!["updated"; 5]);
    assert_eq!(mover.outcomes(newer), vec!["unchanged"; 5]);
    let policy = mover.desk.owner_asks(&json!({ "listSlaPolicies": {} }))["items"][0].clone();
    assert_eq!((&policy["name"], &policy["version"]), (&json!("Sooner"), &json!(2)));
    let older = json!([
        one("attribute", json!({})),
        one("businessHours", json!({})),
        one("automation", json!({ "name": "Other" })),
        one("freeMail", json!({ "domains": ["other.example"] })),
        one("notificationTemplate", json!({ "title": "Other" })),
        one("webhook", json!({ "description": "Other" })),
    ]);
    let results = mover.import(older);
    for result in &results {
        assert_eq!(result["outcome"], "conflict", "{result}");
        assert!(
            result["reason"].as_str().is_some_and(|why| why.contains("differs in")),
            "{result}"
        );
    }
}

#[test]
fn what_cannot_be_is_refused_with_a_reason_and_changes_nothing() {
    let mut mover = set_up();
    let (rows, _) = mover.export();
    let one = |kind: &str, fields: Value| {
        let row = with(json!({ kind: of_kind(&rows, kind).last() }), json!({ "id": id(11, 1) }));
        with(row, fields)
    };
    let hours = |fields: Value| {
        with(json!({ "businessHours": of_kind(&rows, "businessHours")[0] }), fields)
    };
    let bad = [
        (one("attribute", json!({ "key": "Plan!" })), "key"),
        (one("attribute", json!({ "key": "x", "options": [] })), "options"),
        (one("attribute", json!({ "type": "text", "options": [] })), "key"),
        (one("attribute", json!({ "key": "x", "createdAt": -1 })), "createdAt"),
        (hours(json!({ "timeZone": "Mars/Olympus" })), "timeZone"),
        (hours(json!({ "shoeSize": 43 })), "shoeSize"),
        (hours(json!({ "version": 7 })), "version"),
        (json!({ "freeMail": { "domains": ["."] } }), "domains"),
        (
            json!({ "notificationTemplate": { "kind": "replied", "title": "{{x}}", "body": "b" } }),
            "title",
        ),
        (one("webhook", json!({ "url": "http://10.0.0.1/" })), "url"),
        (one("webhook", json!({ "kinds": [] })), "kinds"),
        (one("slaPolicy", json!({ "targets": [] })), "targets"),
        (one("workflow", json!({ "steps": [] })), "steps"),
        (one("workflow", json!({ "steps": [{ "explode": {} }] })), "explode"),
        (one("automation", json!({ "actions": [] })), "actions"),
        (one("automation", json!({ "name": "" })), "name"),
        (one("automation", json!({ "trigger": { "on": "noAgentReply" } })), "trigger.minutes"),
        (one("automation", json!({ "position": 3 })), "position"),
        (one("automation", json!({ "shoeSize": 43 })), "shoeSize"),
        (one("automation", json!({ "id": "x" })), "id"),
        (one("automation", json!({ "updatedAt": null })), "updatedAt"),
    ];
    mover.refuses(&bad);
    let same = one("attribute", json!({ "createdAt": CREATED }));
    assert_eq!(mover.outcomes(json!([same])), ["known"]);
}
