//! Who, what, when, and from where.

use crate::workspace_room::access::tests::world::hash;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::room::RoomCommand;
use schema::room::access::Logout;
use schema::{Caller, Code, Envelope, Principal, Role};
use serde_json::{Value, json};

fn list(desk: &mut Desk, input: &Value) -> Vec<Value> {
    let page = desk.manage(&json!({ "listAudit": input }));
    page["items"].as_array().expect("items").clone()
}

fn kinds(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|it| text(&it["type"])).collect()
}

/// Asks from an address, as the gateway does.
fn ask_from(desk: &mut Desk, address: &str, who: &Principal, command: &Value) -> Value {
    let command: RoomCommand = serde_json::from_value(command.clone()).expect("a command");
    let mut envelope = Envelope::new(desk.room.instance.clone(), who.clone(), None, &command);
    envelope.address = Some(address.to_owned());
    desk.room.answer(&envelope.encode()).reply().expect("done")
}

#[test]
fn it_says_who_changed_what_when_from_where_and_what_was_before() {
    let mut desk = Desk::open();
    let start = desk.room.now;
    let (owner, agent) = (desk.owner.id(), desk.agent.id());
    desk.room.now += 1_000;
    let promote = json!({ "changeAgent": { "agentId": agent, "role": "admin" } });
    let who = desk.owner.principal.clone();
    ask_from(&mut desk, "203.0.113.7", &who, &promote);
    desk.room.now += 1_000;
    let ticket = desk.ticket("a");
    desk.set_status(&ticket, "solved");
    desk.comment(&ticket, r#""type":"agent.changed""#);
    let changed = list(&mut desk, &json!({ "kind": ["agent.changed"] }));
    assert_eq!(changed.len(), 1, "what people write is no entry: {changed:?}");
    let entry = &changed[0];
    assert_eq!((&entry["by"]["id"], &entry["at"]), (&json!(owner), &json!(start + 1_000)));
    assert_eq!(entry["sessionId"], json!(desk.owner.opened.session.id));
    assert_eq!(entry["address"], "203.0.113.7");
    assert_eq!(entry["data"]["before"], json!({ "role": "agent" }));
    assert_eq!(entry["data"]["agent"]["role"], "admin");
    let event: String = desk
        .room
        .home
        .connection()
        .query_row("select json from events where seq = ?", [entry["seq"].as_i64()], |row| {
            row.get(0)
        })
        .expect("the event that it points to");
    assert!(event.contains("agent.changed"));
    let timed = list(&mut desk, &json!({ "from": start + 500, "until": start + 1_500 }));
    assert_eq!(kinds(&timed), ["agent.changed"]);
    let of_agent = list(&mut desk, &json!({ "agentId": agent, "kind": ["session"] }));
    assert_eq!(kinds(&of_agent), ["session.opened"]);
    // The daily work on tickets is in their activities.
    assert!(
        kinds(&list(&mut desk, &json!({ "limit": 100 }))).iter().all(|it| !it.contains("ticket"))
    );
}

#[test]
fn log_ins_keys_settings_exports_and_erasures_are_all_in_it_and_pages_hold_each_once() {
    let mut desk = Desk::open();
    let email = desk.agent.opened.agent.email.clone();
    let person = desk.room.log_in(&email, "another").expect("logged in");
    desk.room.try_ask(&person.principal, RoomCommand::Logout(Logout {})).expect("out");
    let key = json!({ "name": "k", "role": "admin", "keyHash": hash("k") });
    let key = desk.manage(&json!({ "createApiKey": key }));
    let caller = Caller::Key { hash: hash("k"), id: None, agent: None, role: Role::Viewer };
    let holder = Principal { workspace: desk.room.workspace, caller };
    let change = json!({ "changeWorkspace": { "name": "By key" } });
    ask_from(&mut desk, "2001:db8::/64", &holder, &change);
    desk.manage(&json!({ "exportRows": {} }));
    let user = desk.ask(&json!({ "createUser": { "email": "ann@people.example" } }));
    desk.manage(&json!({ "exportUser": { "userId": user["id"] } }));
    desk.manage(&json!({ "eraseUser": { "userId": user["id"] } }));
    desk.pass(0);
    desk.manage(&json!({ "revokeApiKey": { "apiKeyId": key["id"] } }));

    let all = list(&mut desk, &json!({ "limit": 100 }));
    let seen = kinds(&all);
    for kind in [
        "workspace.created",
        "session.opened",
        "session.ended",
        "agent.joined",
        "invitation.created",
        "apiKey.created",
        "apiKey.revoked",
        "workspace.changed",
        "workspace.exported",
        "user.exported",
        "user.erased",
    ] {
        assert!(seen.iter().any(|it| it == kind), "{kind} is missing: {seen:?}");
    }
    let by_key = all.iter().find(|it| it["type"] == "workspace.changed").expect("changed");
    assert_eq!(by_key["apiKeyId"], key["id"]);
    assert_eq!((&by_key["sessionId"], &by_key["address"]), (&Value::Null, &json!("2001:db8::/64")));
    assert!(!json!(all).to_string().contains("ann@people.example"), "who is erased is not in it");

    let mut numbers = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = desk.manage(&json!({ "listAudit": { "limit": 3, "cursor": cursor } }));
        let items = page["items"].as_array().expect("items");
        numbers.extend(items.iter().filter_map(|it| it["number"].as_i64()));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let count = desk.room.count("audit");
    assert_eq!(numbers, (1..=count).rev().collect::<Vec<_>>());
}

#[test]
fn a_refresh_token_that_comes_back_is_told() {
    let mut desk = Desk::open();
    desk.room.log_in("owner@example.com", "first").expect("logged in");
    desk.room.refresh("first", "second").expect("refreshed");
    assert!(desk.room.refresh("first", "third").is_none());
    let told = list(&mut desk, &json!({ "kind": ["session.tokenReused"] }));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["agentId"], json!(desk.owner.id()));
}

#[test]
fn bad_filters_are_refused_and_agents_do_not_see_it() {
    let mut desk = Desk::open();
    for (input, field) in [
        (json!({ "from": 2, "until": 1 }), "until"),
        (json!({ "limit": 101 }), "limit"),
        (json!({ "kind": [""] }), "kind"),
        (json!({ "kind": vec!["x"; 21] }), "kind"),
        (json!({ "cursor": "0.5.0123456789abcdef" }), "cursor"),
    ] {
        let refused = desk.manage_refused(&json!({ "listAudit": input }));
        assert_eq!((refused.0, &refused.1["field"]), (Code::InvalidInput, &json!(field)));
    }
    assert_eq!(desk.refused(&json!({ "listAudit": {} })).0, Code::Forbidden);
}
