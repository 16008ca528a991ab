//! Changing many tickets alike: each wholly or not at all, with a result for each.

use super::desk::Desk;
use schema::Code;
use serde_json::{Value, json};

#[test]
fn each_ticket_is_changed_or_refused_by_itself() {
    let mut desk = Desk::open();
    let (a, b, c) = (desk.ticket("a"), desk.ticket("b"), desk.ticket("c"));
    desk.set_status(&b, "solved");
    let nowhere = uuid::Uuid::from_u128(7).to_string();
    let (merged, into) = (desk.ticket("m"), desk.ticket("i"));
    desk.ask(&json!({ "mergeTickets": { "ticketId": merged, "intoId": into } }));
    desk.ask(&json!({ "changeTicket": { "ticketId": c, "tags": ["old", "x"] } }));
    desk.events();
    let done = desk.ask(&json!({ "bulkChangeTickets": {
        "ticketIds": [a, b, nowhere, merged, c],
        "change": {
            "status": "waiting", "priority": "high", "addTags": ["new"], "removeTags": ["old"],
        },
    } }));
    let results = done["results"].as_array().expect("results");
    let ok: Vec<bool> = results.iter().map(|it| it["ok"] == json!(true)).collect();
    assert_eq!(ok, [true, false, false, false, true]);
    let codes: Vec<&Value> = results.iter().map(|it| &it["error"]["code"]).collect();
    assert_eq!(codes[1..4], [&json!("conflict"), &json!("not_found"), &json!("conflict")]);
    assert_eq!(desk.event_types(), ["ticket.changed", "ticket.changed"]);
    let (a, b, c) = (desk.get(&a), desk.get(&b), desk.get(&c));
    assert_eq!(
        (&a["status"], &a["priority"], &a["tags"]),
        (&json!("waiting"), &json!("high"), &json!(["new"]))
    );
    assert_eq!(
        (&b["status"], &b["priority"], &b["tags"]),
        (&json!("solved"), &json!("normal"), &json!([]))
    );
    assert_eq!(c["tags"], json!(["new", "x"]));
    assert_eq!(results[0]["version"], a["version"]);
    let tagged = desk.ask(&json!({ "listTickets": { "tag": "new" } }));
    assert_eq!(tagged["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_hundred_at_once_and_not_one_more() {
    let mut desk = Desk::open();
    let ids: Vec<String> = (0..101).map(|n| desk.ticket(&format!("t{n}"))).collect();
    let ask = |ids: &[String]| {
        let change = json!({ "priority": "low" });
        json!({ "bulkChangeTickets": { "ticketIds": ids, "change": change } })
    };
    assert_eq!(desk.refused(&ask(&ids)).0, Code::InvalidInput);
    assert_eq!(desk.refused(&ask(&[])).0, Code::InvalidInput);
    assert_eq!(desk.refused(&ask(&[ids[0].clone(), ids[0].clone()])).0, Code::InvalidInput);
    let nothing = json!({ "bulkChangeTickets": { "ticketIds": [ids[0]] } });
    assert_eq!(desk.refused(&nothing).0, Code::InvalidInput);
    let done = desk.ask(&ask(&ids[..100]));
    let results = done["results"].as_array().expect("results");
    assert!(results.len() == 100 && results.iter().all(|it| it["ok"] == json!(true)));
    assert_eq!(desk.room.number("select count(*) from tickets where priority = 'low'"), 100);
}

#[test]
fn only_who_manages_deletes_many() {
    let mut desk = Desk::open();
    let (a, b) = (desk.ticket("a"), desk.ticket("b"));
    let delete = json!({ "bulkChangeTickets": { "ticketIds": [a, b], "delete": true } });
    assert_eq!(desk.refused(&delete).0, Code::Forbidden);
    let done = desk.owner_asks(&delete);
    assert_eq!(
        (&done["results"][0]["ok"], &done["results"][1]["ok"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(desk.ask(&json!({ "listTickets": {} }))["items"], json!([]));
    let both = json!({ "ticketIds": [a], "delete": true, "change": { "priority": "low" } });
    let owner = desk.owner.principal.clone();
    assert_eq!(
        desk.refused_as(&owner, &json!({ "bulkChangeTickets": both })).0,
        Code::InvalidInput
    );
}

#[test]
fn the_versions_are_those_after_rules_have_reacted() {
    let mut desk = Desk::open();
    desk.owner_asks(&json!({ "createAutomation": {
        "name": "hot", "trigger": { "on": "ticketChanged" },
        "conditions": { "of": [{ "field": "priority", "op": "is", "values": ["urgent"] }] },
        "actions": [{ "addTags": ["hot"] }],
    } }));
    let ids = [desk.ticket("a"), desk.ticket("b")];
    let done = desk.ask(&json!({ "bulkChangeTickets": {
        "ticketIds": ids, "change": { "priority": "urgent" },
    } }));
    for (result, id) in done["results"].as_array().expect("results").iter().zip(&ids) {
        let ticket = desk.get(id);
        assert_eq!((&result["version"], &ticket["tags"]), (&ticket["version"], &json!(["hot"])));
        let change = json!({ "ticketId": id, "priority": "low", "ifVersion": result["version"] });
        desk.ask(&json!({ "changeTicket": change }));
    }
}
