//! The catalogue of sources, and what is kept of their readings.

use crate::workspace_room::tests::desk::Desk;
use schema::Code;
use serde_json::{Value, json};

fn feed(more: Value) -> Value {
    let mut all = json!({ "name": "Directory", "url": "https://feeds.example/people.json",
        "kind": "json", "mapping": { "items": "people", "email": "mail" } });
    let fields = all.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    json!({ "createSource": all })
}

#[test]
fn a_source_is_made_changed_and_deleted_by_who_manages() {
    let mut desk = Desk::open();
    let made = desk.manage(&feed(json!({})));
    let id = made["id"].clone();
    assert_eq!((&made["active"], &made["version"]), (&json!(true), &json!(1)));
    let of = json!({ "sourceId": id });
    let change = json!({ "changeSource": { "sourceId": id, "active": false, "ifVersion": 1 } });
    let changed = desk.manage(&change);
    assert_eq!((&changed["active"], &changed["version"]), (&json!(false), &json!(2)));
    assert_eq!(desk.manage_refused(&change).0, Code::VersionMismatch);
    assert_eq!(desk.manage(&json!({ "getSource": of })), changed);
    let other = desk.manage(&feed(json!({ "name": "News", "kind": "feed" })));
    assert_eq!(desk.manage(&json!({ "listSources": {} })), json!([other, changed]));
    for command in ["getSource", "deleteSource"] {
        assert_eq!(desk.refused(&json!({ command: of })).0, Code::Forbidden, "{command}");
    }
    assert_eq!(desk.manage(&json!({ "deleteSource": of })), changed);
    assert_eq!(desk.manage_refused(&json!({ "getSource": of })).0, Code::NotFound);
    assert_eq!(desk.manage(&json!({ "listSources": {} })), json!([other]));
}

#[test]
fn what_no_source_may_be_is_refused() {
    let mut desk = Desk::open();
    let attributes: serde_json::Map<_, _> =
        (0..21).map(|n| (format!("a{n}"), json!("x"))).collect();
    for wrong in [
        json!({ "name": " " }),
        json!({ "url": "http://feeds.example/" }),
        json!({ "url": "https://10.0.0.1/" }),
        json!({ "url": "https://169.254.169.254/latest" }),
        json!({ "url": "https://a:b@feeds.example/" }),
        json!({ "url": "file:///etc/passwd" }),
        json!({ "mapping": {} }),
        json!({ "mapping": { "name": "who" } }),
        json!({ "mapping": { "domain": "site" } }),
        json!({ "mapping": { "email": " " } }),
        json!({ "mapping": { "email": "x".repeat(201) } }),
        json!({ "mapping": { "email": "mail", "attributes": { "": "x" } } }),
        json!({ "mapping": { "email": "mail", "attributes": attributes } }),
    ] {
        let refused = desk.manage_refused(&feed(wrong.clone()));
        assert_eq!(refused.0, Code::InvalidInput, "{wrong}");
    }
    for number in 0..50 {
        desk.manage(&feed(json!({ "name": format!("S{number}") })));
    }
    assert_eq!(desk.manage_refused(&feed(json!({}))).0, Code::Conflict, "fifty at most");
}

#[test]
fn what_the_server_said_is_kept_until_the_source_is_another() {
    let mut desk = Desk::open();
    let made = desk.manage(&feed(json!({})));
    let (id, import) = (made["id"].clone(), uuid::Uuid::from_u128(7));
    let begin = json!({ "beginReading": { "sourceId": id, "importId": import } });
    let end = |version: i64, etag: &str| {
        json!({ "endReading": { "sourceId": id, "version": version,
            "mark": { "etag": etag, "lastModified": "Mon" } } })
    };
    assert_eq!(desk.manage_refused(&begin).0, Code::Forbidden);
    assert_eq!(desk.manage_refused(&end(1, "a")).0, Code::Forbidden);
    let none = json!({ "etag": null, "lastModified": null });
    assert_eq!(desk.system(&begin)["mark"], none);
    desk.system(&end(1, "a"));
    let again = desk.system(&begin);
    assert_eq!(again["mark"], json!({ "etag": "a", "lastModified": "Mon" }));
    assert_eq!(again["source"]["lastImportId"], json!(import));
    assert_eq!(again["source"]["version"], 1, "to be read changes nothing of it");
    // Changed while it was read: all of it is read again.
    desk.manage(&json!({ "changeSource": { "sourceId": id, "mapping": { "email": "e" } } }));
    assert_eq!(desk.system(&begin)["mark"], none);
    desk.system(&end(1, "b"));
    assert_eq!(desk.system(&begin)["mark"], none);
    desk.system(&end(2, &"x".repeat(1_001)));
    assert_eq!(desk.system(&begin)["mark"]["etag"], Value::Null, "too long to be kept");
}
