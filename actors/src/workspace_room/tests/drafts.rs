//! Drafts: an agent's own, seen by others only where shared, and never an event.

use super::desk::Desk;
use schema::Code;
use serde_json::{Value, json};

#[test]
fn a_draft_is_its_authors_and_leaves_no_trace_in_the_log() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let events = desk.room.count("events");
    let save = |body: &str, shared: bool| {
        let draft = json!({ "ticketId": ticket, "body": body, "shared": shared });
        json!({ "saveDraft": draft })
    };
    let own = json!({ "getDraft": { "ticketId": ticket } });
    let list = json!({ "listDrafts": { "ticketId": ticket } });
    let first = desk.ask(&save("Dear An", false));
    assert_eq!((&first["version"], &first["body"]), (&json!(1), &json!("Dear An")));
    desk.room.now += 5;
    let second = desk.ask(&save("Dear Ann", false));
    assert_eq!((&second["version"], &second["createdAt"]), (&json!(2), &first["createdAt"]));
    assert_eq!(desk.ask(&own), second);
    assert_eq!(desk.ask(&list)["items"], json!([second]));

    let owner = desk.owner.principal.clone();
    assert_eq!(desk.refused_as(&owner, &own).0, Code::NotFound);
    assert_eq!(desk.owner_asks(&list)["items"], json!([]), "not even the owner");
    let shared = desk.ask(&save("Dear Ann,", true));
    assert_eq!(desk.owner_asks(&list)["items"], json!([shared]));
    assert_eq!(desk.owner_asks(&json!({ "listDrafts": {} }))["items"], json!([]));
    assert_eq!(desk.ask(&json!({ "listDrafts": {} }))["items"], json!([shared]));

    let old = json!({ "ticketId": ticket, "body": "x", "ifVersion": 1 });
    assert_eq!(desk.refused(&json!({ "saveDraft": old })).0, Code::VersionMismatch);
    assert_eq!(desk.refused(&save(" ", false)).0, Code::InvalidInput);
    assert_eq!(desk.refused(&save(&"a".repeat(65_537), false)).0, Code::TooLarge);
    desk.ask(&json!({ "deleteDraft": { "ticketId": ticket } }));
    assert_eq!(desk.refused(&own).0, Code::NotFound);
    assert_eq!(desk.room.count("events"), events);
    assert_eq!(desk.get(&ticket)["version"], 1);
}

#[test]
fn drafts_are_listed_by_pages_and_bounded() {
    let mut desk = Desk::open();
    for n in 0..500 {
        let ticket = desk.ticket(&format!("t{n}"));
        desk.ask(&json!({ "saveDraft": { "ticketId": ticket, "body": "x" } }));
    }
    let one_more = desk.ticket("more");
    let full = json!({ "saveDraft": { "ticketId": one_more, "body": "x" } });
    assert_eq!(desk.refused(&full).0, Code::Conflict);
    let (mut seen, mut cursor) = (0, Value::Null);
    loop {
        let page = desk.ask(&json!({ "listDrafts": { "limit": 90, "cursor": cursor } }));
        seen += page["items"].as_array().map_or(0, Vec::len);
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, 500);
}
