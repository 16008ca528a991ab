//! Attributes: what is defined, and which values it takes.

use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

fn define(desk: &mut Desk, subject: &str, key: &str, kind: &str) -> Value {
    let options = if kind == "list" { json!(["gold", "silver"]) } else { json!([]) };
    desk.manage(&json!({ "createAttribute": { "subject": subject, "key": key, "label": key,
        "type": kind, "options": options } }))
}

#[test]
fn values_are_checked_against_the_definition() {
    let mut desk = Desk::open();
    for kind in ["text", "number", "boolean", "date", "list"] {
        define(&mut desk, "user", kind, kind);
    }
    define(&mut desk, "company", "size", "number");
    let good = json!({ "text": " T ", "number": 1.5, "boolean": false, "date": "2026-02-28",
        "list": "gold" });
    let create = json!({ "email": "a@acme.example", "attributes": good });
    let ann = desk.ask(&json!({ "createUser": create }));
    let kept = json!({ "text": "T", "number": 1.5, "boolean": false, "date": "2026-02-28",
        "list": "gold" });
    assert_eq!(ann["attributes"], kept);
    let id = &ann["id"];
    let long = "x".repeat(1_001);
    for (key, value) in [
        ("text", json!(1)),
        ("text", json!("")),
        ("text", json!(long)),
        ("number", json!("1")),
        ("boolean", json!(1)),
        ("date", json!("2026-02-29")),
        ("date", json!(20_260_228)),
        ("list", json!("bronze")),
        ("list", json!(["gold"])),
        ("size", json!(1)),
        ("unknown", Value::Null),
    ] {
        let change = json!({ "userId": id, "attributes": { key: value } });
        let (code, details) = desk.refused(&json!({ "changeUser": change }));
        let field = format!("attributes.{key}");
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)), "{change}");
    }
    let change = json!({ "userId": id, "attributes": { "list": null, "number": 7 } });
    let changed = desk.ask(&json!({ "changeUser": change }));
    let left = json!({ "text": "T", "number": 7, "boolean": false, "date": "2026-02-28" });
    assert_eq!(changed["attributes"], left);
    let sized = json!({ "name": "Acme", "attributes": { "size": 9 } });
    assert_eq!(desk.ask(&json!({ "createCompany": sized }))["attributes"], json!({ "size": 9 }));
}

#[test]
fn all_values_together_are_bounded() {
    let mut desk = Desk::open();
    let mut values = serde_json::Map::new();
    for n in 0..17 {
        define(&mut desk, "user", &format!("t{n}"), "text");
        values.insert(format!("t{n}"), json!("x".repeat(1_000)));
    }
    let create = json!({ "createUser": { "email": "a@acme.example", "attributes": values } });
    assert_eq!(desk.refused(&create).1["field"], "attributes");
}

#[test]
fn a_definition_is_made_changed_and_deleted_and_its_values_go_with_the_next_change() {
    let mut desk = Desk::open();
    desk.events();
    let plan = define(&mut desk, "user", "plan", "list");
    let old = define(&mut desk, "user", "old", "text");
    define(&mut desk, "ticket", "plan", "text");
    let id = text(&plan["id"]);
    let create = json!({ "email": "a@b.example", "attributes": { "plan": "gold", "old": "o" } });
    let ann = desk.ask(&json!({ "createUser": create }));
    let change = json!({ "attributeId": id, "label": "Plan", "options": ["bronze"],
        "ifVersion": 1 });
    let changed = desk.manage(&json!({ "changeAttribute": change }));
    assert_eq!((&changed["options"], &changed["version"]), (&json!(["bronze"]), &json!(2)));
    assert_eq!(desk.manage_refused(&json!({ "changeAttribute": change })).0, Code::VersionMismatch);
    desk.manage(&json!({ "deleteAttribute": { "attributeId": old["id"] } }));
    let bronze = json!({ "userId": ann["id"], "attributes": { "plan": "bronze" } });
    let now = desk.ask(&json!({ "changeUser": bronze }));
    assert_eq!(now["attributes"], json!({ "plan": "bronze" }));

    let all = desk.ask(&json!({ "listAttributes": { "limit": 1 } }));
    assert_eq!(all["items"], json!([changed]));
    let rest = json!({ "listAttributes": { "cursor": all["nextCursor"] } });
    assert_eq!(desk.ask(&rest)["items"][0]["subject"], "ticket");
    let of_users = desk.ask(&json!({ "listAttributes": { "subject": "user" } }));
    assert_eq!(of_users["items"], json!([changed]));
    assert_eq!(desk.ask(&json!({ "getAttribute": { "attributeId": id } })), changed);
    let types: Vec<String> = desk.event_types();
    let own = types.iter().filter(|it| it.starts_with("attribute.")).count();
    assert_eq!(own, 5, "{types:?}");
}

#[test]
fn bad_definitions_are_refused_by_field() {
    let mut desk = Desk::open();
    define(&mut desk, "user", "taken", "text");
    let whole = json!({ "subject": "user", "key": "k", "label": "L", "type": "text" });
    for (field, value) in [
        ("key", json!("")),
        ("key", json!("Upper")),
        ("key", json!("1st")),
        ("key", json!("a-b")),
        ("key", json!("k".repeat(51))),
        ("label", json!("")),
        ("label", json!("l".repeat(101))),
        ("options", json!(["a"])),
    ] {
        let mut input = whole.clone();
        input[field] = value;
        let (code, details) = desk.manage_refused(&json!({ "createAttribute": input }));
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)), "{input}");
    }
    let mut input = whole.clone();
    input["type"] = json!("list");
    for options in [json!([]), json!(["a", "a"]), json!([""])] {
        input["options"] = options;
        let (_, details) = desk.manage_refused(&json!({ "createAttribute": input }));
        assert_eq!(details["field"], "options", "{input}");
    }
    let mut input = whole;
    input["key"] = json!("taken");
    assert_eq!(desk.manage_refused(&json!({ "createAttribute": input })).0, Code::Conflict);
}
