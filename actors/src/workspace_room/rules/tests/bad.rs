//! Bad inputs: refused with the field, and nothing is left.

use super::{owner, rule};
use crate::workspace_room::tests::desk::Desk;
use schema::Code;
use serde_json::{Value, json};

/// As the owner: refused, and where.
fn refused(desk: &mut Desk, command: &Value) -> (Code, String) {
    let tables = ["rules", "workflow_runs", "business_hours"];
    let count = |desk: &Desk| tables.map(|table| desk.room.count(table));
    let before = count(desk);
    let who = desk.owner.principal.clone();
    let (code, details) = desk.refused_as(&who, command);
    assert_eq!(count(desk), before);
    (code, details["field"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn rules_that_make_no_sense_are_refused_by_field() {
    let mut desk = Desk::open();
    let good = json!({ "name": "a", "trigger": { "on": "ticketCreated" },
        "actions": [{ "addTags": ["x"] }] });
    let condition = |condition: Value| json!({ "conditions": { "of": [condition] } });
    let nobody = "01900000-0000-7000-8000-000000000000";
    let many = |count: usize, value: Value| Value::from(vec![value; count]);
    let status = |value: &str| json!({ "field": "status", "op": "is", "values": [value] });
    let cases = [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "\u{200b}" }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "trigger": { "on": "ticketCreated", "minutes": 5 } }), "trigger.minutes"),
        (json!({ "trigger": { "on": "noAgentReply" } }), "trigger.minutes"),
        (json!({ "trigger": { "on": "unassigned", "minutes": 0 } }), "trigger.minutes"),
        (json!({ "trigger": { "on": "unassigned", "minutes": 600_000 } }), "trigger.minutes"),
        (
            json!({ "trigger": { "on": "noteAdded", "businessHours": true } }),
            "trigger.businessHours",
        ),
        (json!({ "actions": [] }), "actions"),
        (json!({ "actions": many(21, json!({ "addTags": ["x"] })) }), "actions"),
        (json!({ "actions": [{ "addTags": [] }] }), "tags"),
        (json!({ "actions": [{ "addTags": [""] }] }), "tags"),
        (json!({ "actions": [{ "note": { "body": " \u{feff}" } }] }), "body"),
        (json!({ "actions": [{ "assignAgent": nobody }] }), "assigneeId"),
        (json!({ "actions": [{ "startWorkflow": nobody }] }), "startWorkflow"),
        (json!({ "actions": [{ "assignNext": { "by": "turn", "teamId": nobody } }] }), "teamId"),
        (json!({ "actions": [{ "webhook": { "name": "a\nb" } }] }), "name"),
        (condition(status("gone")), "conditions.of[0]"),
        (
            condition(json!({ "field": "status", "op": "contains", "values": ["open"] })),
            "conditions.of[0]",
        ),
        (condition(json!({ "field": "subject", "op": "over", "number": 1 })), "conditions.of[0]"),
        (condition(json!({ "field": "subject", "op": "is" })), "conditions.of[0]"),
        (condition(json!({ "field": "tags", "op": "isSet", "values": ["x"] })), "conditions.of[0]"),
        (condition(json!({ "field": "comments", "op": "over" })), "conditions.of[0]"),
        (condition(json!({ "field": "comments", "op": "over", "number": -1 })), "conditions.of[0]"),
        (
            condition(json!({ "field": "assignee", "op": "is", "values": ["me"] })),
            "conditions.of[0]",
        ),
        (
            condition(json!({ "field": "subject", "op": "is", "values": ["x".repeat(201)] })),
            "conditions.of[0]",
        ),
        (json!({ "conditions": { "of": many(21, status("open")) } }), "conditions.of"),
        (json!({ "conditions": { "groups": [{ "of": [] }] } }), "conditions.groups[0].of"),
        (
            json!({ "conditions": { "groups": [{ "of": [status("open"), status("x")] }] } }),
            "conditions.groups[0].of[1]",
        ),
    ];
    for (change, field) in cases {
        let mut input = good.clone();
        for (key, value) in change.as_object().expect("an object") {
            input[key] = value.clone();
        }
        let (code, at) = refused(&mut desk, &json!({ "createAutomation": input }));
        assert_eq!((code, at.as_str()), (Code::InvalidInput, field), "{change}");
    }
    let long = json!([{ "reply": { "body": "x".repeat(70_000) } }]);
    let mut input = good.clone();
    input["actions"] = long;
    assert_eq!(refused(&mut desk, &json!({ "createAutomation": input })).0, Code::TooLarge);
    for _ in 0..100 {
        owner(&mut desk, &json!({ "createAutomation": good }));
    }
    assert_eq!(refused(&mut desk, &json!({ "createAutomation": good })).0, Code::Conflict);
}

#[test]
fn words_of_no_closed_set_and_unknown_fields_are_refused_when_read() {
    for text in [
        r#"{"createAutomation":{"name":"a","trigger":{"on":"fullMoon"},"actions":[]}}"#,
        r#"{"createAutomation":{"name":"a","trigger":{"on":"noteAdded"},"actions":[{"rm":"/"}]}}"#,
        r#"{"createAutomation":{"name":"a","trigger":{"on":"noteAdded","x":1},"actions":[]}}"#,
        r#"{"createAutomation":{"name":"a","trigger":{"on":"noteAdded"},"actions":[],
            "conditions":{"of":[{"field":"password","op":"is","values":["x"]}]}}}"#,
        r#"{"createAutomation":{"name":"a","trigger":{"on":"noteAdded"},"actions":[],
            "conditions":{"groups":[{"of":[],"groups":[]}]}}}"#,
        r#"{"createWorkflow":{"name":"a","steps":[{"wait":{"minutes":"5"}}]}}"#,
        r#"{"setBusinessHours":{"timeZone":"UTC","week":[{"day":"mon","from":"1","to":"2"}]}}"#,
    ] {
        let read = schema::codec::from_json::<schema::room::RoomCommand>(text.as_bytes());
        assert!(read.is_err(), "{text}");
    }
}

#[test]
fn workflows_hours_and_policies_that_make_no_sense_are_refused_by_field() {
    let mut desk = Desk::open();
    let nobody = "01900000-0000-7000-8000-000000000000";
    let week = |from: &str, to: &str| json!([{ "day": "monday", "from": from, "to": to }]);
    let hours = |zone: &str, week: Value| {
        json!({ "setBusinessHours": {
        "timeZone": zone, "week": week } })
    };
    let policy = |targets: Value| json!({ "createSlaPolicy": { "name": "a", "targets": targets } });
    let target = |minutes: Value| json!({ "priority": "low", "firstReplyMinutes": minutes });
    let flow = |steps: Value| json!({ "createWorkflow": { "name": "a", "steps": steps } });
    let over = json!([{ "day": "monday", "from": "09:00", "to": "12:00" },
        { "day": "monday", "from": "11:59", "to": "13:00" }]);
    let cases = [
        (flow(json!([])), "steps"),
        (flow(json!([{ "wait": { "minutes": 0 } }])), "minutes"),
        (flow(json!([{ "wait": { "minutes": 1_000_000 } }])), "minutes"),
        (flow(json!([{ "do": { "startWorkflow": nobody } }])), "startWorkflow"),
        (flow(Value::from(vec![json!({ "untilOpen": {} }); 31])), "steps"),
        (hours("Mars/Olympus", week("09:00", "17:00")), "timeZone"),
        (hours("UTC", json!([])), "week"),
        (hours("UTC", week("9:00", "17:00")), "week"),
        (hours("UTC", week("09:00", "24:01")), "week"),
        (hours("UTC", week("17:00", "09:00")), "week"),
        (hours("UTC", week("09:60", "17:00")), "week"),
        (hours("UTC", week("é9:00", "17:00")), "week"),
        (hours("UTC", over), "week"),
        (policy(json!([])), "targets"),
        (policy(json!([{ "priority": "low" }])), "targets"),
        (policy(json!([target(json!(0))])), "targets"),
        (policy(json!([target(json!(100_000))])), "targets"),
        (policy(json!([target(json!(5)), target(json!(6))])), "targets"),
    ];
    for (command, field) in cases {
        let (code, at) = refused(&mut desk, &command);
        assert_eq!((code, at.as_str()), (Code::InvalidInput, field), "{command}");
    }
    let holiday = json!({ "setBusinessHours": { "timeZone": "UTC", "week": week("09:00", "17:00"),
        "holidays": [{ "date": "25.12.2026" }] } });
    assert_eq!(refused(&mut desk, &holiday).1, "holidays");
    let asks = json!({ "createSlaPolicy": { "name": "a", "targets": [target(json!(5))],
        "conditions": { "of": [{ "field": "body", "op": "isSet" }] } } });
    assert_eq!(refused(&mut desk, &asks).1, "conditions");
}

#[test]
fn an_order_that_misses_one_or_names_one_twice_is_refused() {
    let mut desk = Desk::open();
    let tag = || json!([{ "addTags": ["x"] }]);
    let a = rule(&mut desk, "a", json!("noteAdded"), json!({}), tag());
    let b = rule(&mut desk, "b", json!("noteAdded"), json!({}), tag());
    for ids in [json!([a]), json!([a, a]), json!([a, b, b]), json!([])] {
        let order = json!({ "reorderAutomations": { "automationIds": ids } });
        assert_eq!(refused(&mut desk, &order).1, "automationIds");
    }
}

#[test]
fn agents_read_rules_and_do_not_change_them_and_viewers_do_neither() {
    let mut desk = Desk::open();
    let id = rule(&mut desk, "a", json!("noteAdded"), json!({}), json!([{ "addTags": ["x"] }]));
    let ticket = desk.ticket("a");
    let week = json!([{ "day": "monday", "from": "09:00", "to": "17:00" }]);
    let changes = [
        json!({ "createAutomation": { "name": "b", "trigger": { "on": "noteAdded" },
            "actions": [{ "addTags": ["x"] }] } }),
        json!({ "changeAutomation": { "automationId": id, "enabled": false } }),
        json!({ "deleteAutomation": { "automationId": id } }),
        json!({ "reorderAutomations": { "automationIds": [id] } }),
        json!({ "createWorkflow": { "name": "a", "steps": [{ "untilOpen": {} }] } }),
        json!({ "setBusinessHours": { "timeZone": "UTC", "week": week } }),
        json!({ "createSlaPolicy": { "name": "a", "targets": [
            { "priority": "low", "firstReplyMinutes": 5 } ] } }),
    ];
    for command in &changes {
        assert_eq!(desk.refused(command).0, Code::Forbidden, "{command}");
    }
    let reads = [
        json!({ "listAutomations": {} }),
        json!({ "getAutomation": { "automationId": id } }),
        json!({ "dryRunAutomation": { "ticketId": ticket } }),
        json!({ "listAutomationRuns": {} }),
        json!({ "listWorkflows": {} }),
        json!({ "listWorkflowRuns": {} }),
        json!({ "getBusinessHours": {} }),
        json!({ "listSlaPolicies": {} }),
    ];
    let viewer = desk.viewer.principal.clone();
    for command in &reads {
        desk.ask(command);
        assert_eq!(desk.refused_as(&viewer, command).0, Code::Forbidden, "{command}");
    }
}
