//! What a key may, and when it no longer may.

use super::USE_MS;
use crate::workspace_room::access::tests::canary::dump;
use crate::workspace_room::access::tests::world::{DAY, ROLES, hash, set_active, set_role};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::ids::WorkspaceId;
use schema::{Caller, Code, Permission, Principal, Role};
use serde_json::{Value, json};

fn holder(desk: &Desk, key: &str) -> Principal {
    let caller = Caller::Key { hash: hash(key), id: None, agent: None, role: Role::Viewer };
    Principal { workspace: desk.room.workspace, caller }
}

fn make(desk: &mut Desk, key: &str, more: Value) -> Value {
    let mut input = json!({ "name": key, "role": "agent", "keyHash": hash(key) });
    for (name, value) in more.as_object().expect("fields") {
        input[name] = value.clone();
    }
    desk.manage(&json!({ "createApiKey": input }))
}

#[test]
fn a_key_may_what_its_role_may_and_acts_in_its_makers_name() {
    let mut desk = Desk::open();
    for role in ROLES {
        let key = format!("key-{}", role.as_str());
        make(&mut desk, &key, json!({ "role": role.as_str() }));
        let who = holder(&desk, &key);
        for permission in [Permission::Read, Permission::Work, Permission::Manage, Permission::Own]
        {
            let may = desk.room.may(&who, permission);
            assert_eq!(may.is_ok(), role.may(permission), "{role:?} {permission:?}");
            if let Ok(may) = may {
                assert_eq!(may["role"], role.as_str());
                assert_eq!(may["agentId"], json!(desk.owner.id()));
            }
        }
    }
    let who = holder(&desk, "key-agent");
    let ticket = desk.ask_as(&who, &json!({ "createTicket": { "subject": "S" } })).expect("made");
    let created = desk.events().pop().expect("an event");
    assert_eq!(created["by"]["id"], json!(desk.owner.id()));
    assert_eq!(desk.get(&text(&ticket["id"]))["subject"], "S");
    let me = desk.ask_as(&who, &json!({ "me": {} })).expect("it is told");
    assert_eq!(me["agent"]["id"], json!(desk.owner.id()));
}

#[test]
fn a_key_opens_no_session_and_makes_no_key() {
    let mut desk = Desk::open();
    make(&mut desk, "strong", json!({ "role": "owner" }));
    let who = holder(&desk, "strong");
    for command in [
        json!({ "createApiKey": { "name": "n", "role": "viewer", "keyHash": hash("n") } }),
        json!({ "createRealtimeTicket": { "ticketHash": hash("t") } }),
        json!({ "logout": {} }),
        json!({ "logoutEverywhere": {} }),
        json!({ "changePassword": { "currentHash": "$argon2id$x", "newHash": "$argon2id$y" } }),
        json!({ "login": { "agentId": desk.owner.id(), "passwordHash": "$argon2id$x",
            "refreshHash": hash("r") } }),
    ] {
        assert_eq!(desk.refused_as(&who, &command).0, Code::Forbidden, "{command}");
    }
    let door = schema::frame::Connect { principal: Some(who), ..desk.room.door() };
    assert_eq!(desk.room.connect(&door).expect_err("no seat").code, Code::Unauthorized);
}

#[test]
fn revoked_run_out_or_without_its_maker_a_key_is_nobodys_at_once() {
    let mut desk = Desk::open();
    let admin = desk.room.join(&desk.owner.clone(), Role::Admin);
    let read = json!({ "listTickets": {} });
    let whose = |desk: &mut Desk, key: &str, hours: Value| {
        let command = json!({ "createApiKey": { "name": key, "role": "admin",
            "keyHash": hash(key), "expiresAt": hours } });
        desk.ask_as(&admin.principal.clone(), &command).expect("made")
    };
    let start = desk.room.now;
    let revoked = whose(&mut desk, "revoked", Value::Null);
    whose(&mut desk, "ends", json!(start + DAY));
    whose(&mut desk, "stays", Value::Null);
    let [one, two, three] = ["revoked", "ends", "stays"].map(|key| holder(&desk, key));
    for who in [&one, &two, &three] {
        desk.ask_as(who, &read).expect("good");
    }
    // A repeated request tells nothing to a key that is gone.
    let command: schema::room::RoomCommand =
        serde_json::from_value(read.clone()).expect("a command");
    desk.room.try_ask_with_key(&one, Some("k"), command.clone()).expect("read");
    desk.manage(&json!({ "revokeApiKey": { "apiKeyId": revoked["id"] } }));
    assert_eq!(desk.refused_as(&one, &read).0, Code::Unauthorized);
    let again = desk.room.try_ask_with_key(&one, Some("k"), command);
    assert_eq!(again.expect_err("refused").code, Code::Unauthorized);
    desk.room.now = start + DAY - 1;
    desk.ask_as(&two, &read).expect("not yet over");
    desk.room.now = start + DAY;
    assert_eq!(desk.refused_as(&two, &read).0, Code::Unauthorized);
    // Its maker may less: so may the key.
    let owner = desk.owner.principal.clone();
    desk.room.try_ask(&owner, set_role(admin.id(), Role::Viewer)).expect("changed");
    desk.ask_as(&three, &read).expect("a viewer reads");
    let work = json!({ "createTicket": { "subject": "S" } });
    assert_eq!(desk.refused_as(&three, &work).0, Code::Forbidden);
    desk.room.try_ask(&owner, set_active(admin.id(), false)).expect("changed");
    assert_eq!(desk.refused_as(&three, &read).0, Code::Unauthorized);
    desk.room.try_ask(&owner, set_active(admin.id(), true)).expect("changed");
    desk.ask_as(&three, &read).expect("and back");
    // Nor is there a key where there never was one, or in another workspace.
    let unknown = holder(&desk, "unknown");
    assert_eq!(desk.refused_as(&unknown, &read).0, Code::Unauthorized);
    let other = Principal { workspace: WorkspaceId(uuid::Uuid::from_u128(7)), ..three };
    assert_eq!(desk.refused_as(&other, &read).0, Code::NotFound);
}

#[test]
fn the_last_use_is_written_once_an_hour() {
    let mut desk = Desk::open();
    let key = make(&mut desk, "k", json!({}));
    assert_eq!(key["lastUsedAt"], Value::Null);
    let who = holder(&desk, "k");
    let get = json!({ "getApiKey": { "apiKeyId": key["id"] } });
    let start = desk.room.now;
    let mut seen = Vec::new();
    for minutes in [0, 1, 59, 60, 61, 119, 120] {
        desk.room.now = start + minutes * 60_000;
        desk.ask_as(&who, &json!({ "listTickets": {} })).expect("good");
        seen.push(desk.manage(&get)["lastUsedAt"].as_i64().expect("used") - start);
    }
    assert_eq!(seen, [0, 0, 0, USE_MS, USE_MS, USE_MS, 2 * USE_MS]);
}

#[test]
fn keys_are_listed_without_their_hash_and_bad_ones_are_not_made() {
    let mut desk = Desk::open();
    for number in 0..5 {
        make(&mut desk, &format!("canary-key-{number}"), json!({}));
    }
    let stored = dump(&desk.room, |table, column| (table, column) != ("api_keys", "hash"));
    let replies = json!(desk.room.replies).to_string();
    for number in 0..5 {
        let secret = hash(&format!("canary-key-{number}"));
        assert!(!stored.contains(&secret) && !replies.contains(&secret));
    }
    let mut names = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = desk.manage(&json!({ "listApiKeys": { "limit": 2, "cursor": cursor } }));
        names.extend(page["items"].as_array().expect("items").iter().map(|it| text(&it["name"])));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(names, (0..5).rev().map(|n| format!("canary-key-{n}")).collect::<Vec<_>>());
    let now = desk.room.now;
    let own = desk.manage(&json!({ "listApiKeys": { "agentId": desk.agent.id() } }));
    assert_eq!(own["items"], json!([]));
    for (more, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": " \u{200b}" }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "keyHash": "prk_secret" }), "keyHash"),
        (json!({ "expiresAt": now }), "expiresAt"),
        (json!({ "expiresAt": -1 }), "expiresAt"),
        (json!({ "expiresAt": 9_007_199_254_740_991_i64 }), "expiresAt"),
        (json!({ "limit": 0 }), "limit"),
    ] {
        let mut input = json!({ "name": "n", "role": "agent", "keyHash": hash("n") });
        let command = if field == "limit" { "listApiKeys" } else { "createApiKey" };
        if field == "limit" {
            input = json!({});
        }
        for (name, value) in more.as_object().expect("fields") {
            input[name] = value.clone();
        }
        let refused = desk.manage_refused(&json!({ command: input }));
        assert_eq!((refused.0, &refused.1["field"]), (Code::InvalidInput, &json!(field)));
    }
    let twice = json!({ "name": "n", "role": "agent", "keyHash": hash("canary-key-0") });
    assert_eq!(desk.manage_refused(&json!({ "createApiKey": twice })).0, Code::Conflict);
}

#[test]
fn nobody_makes_or_takes_a_key_that_may_more_than_they() {
    let mut desk = Desk::open();
    let admin = desk.room.join(&desk.owner.clone(), Role::Admin).principal;
    let strong = json!({ "name": "n", "role": "owner", "keyHash": hash("n") });
    assert_eq!(desk.refused_as(&admin, &json!({ "createApiKey": strong })).0, Code::Forbidden);
    let owners = make(&mut desk, "owners", json!({ "role": "owner" }));
    let revoke = json!({ "revokeApiKey": { "apiKeyId": owners["id"] } });
    assert_eq!(desk.refused_as(&admin, &revoke).0, Code::Forbidden);
    desk.manage(&revoke);
    assert_eq!(desk.manage_refused(&revoke).0, Code::NotFound);
    for number in 0..schema::room::api_key::API_KEYS_MAX {
        make(&mut desk, &format!("many-{number}"), json!({}));
    }
    let one_more = json!({ "name": "n", "role": "agent", "keyHash": hash("n") });
    assert_eq!(desk.manage_refused(&json!({ "createApiKey": one_more })).0, Code::Conflict);
}

#[test]
fn a_key_that_only_reads_changes_nothing_in_its_makers_name() {
    let mut desk = Desk::open();
    make(&mut desk, "reads", json!({ "role": "viewer" }));
    let key = holder(&desk, "reads");
    let viewer = desk.viewer.principal.clone();
    let (ticket, owner, own) = (desk.ticket("a"), desk.owner.id(), desk.viewer.id());
    desk.comment(&ticket, "b");
    let rename = |agent: schema::ids::AgentId| {
        let change = json!({ "agentId": agent, "name": "Another" });
        json!({ "changeAgent": change })
    };
    assert_eq!(desk.refused_as(&key, &rename(owner)).0, Code::Forbidden);
    desk.ask_as(&viewer, &rename(own)).expect("a viewer may, for themself");
    for command in [
        json!({ "followTicket": { "ticketId": ticket } }),
        json!({ "unfollowTicket": { "ticketId": ticket } }),
        json!({ "markRead": { "ticketId": ticket } }),
        json!({ "readAllNotifications": {} }),
        json!({ "changeNotificationSettings": {} }),
    ] {
        assert_eq!(desk.refused_as(&key, &command).0, Code::Forbidden, "{command}");
        desk.ask_as(&viewer, &command).expect("a viewer may, for themself");
    }
    make(&mut desk, "works", json!({ "role": "agent" }));
    let key = holder(&desk, "works");
    desk.ask_as(&key, &json!({ "followTicket": { "ticketId": ticket } })).expect("it may work");
}
