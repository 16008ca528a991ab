//! One person, several handles.

use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use schema::room::user::HANDLES_MAX;
use serde_json::{Value, json};

fn values(user: &Value) -> Vec<String> {
    let handles = user["handles"].as_array().expect("handles");
    let shown = |it: &Value| {
        let mark = if it["primary"] == true { "*" } else { "" };
        format!("{}{mark} {}", text(&it["kind"]), text(&it["value"]))
    };
    handles.iter().map(shown).collect()
}

#[test]
fn a_user_is_found_by_every_handle_however_it_is_written() {
    let mut desk = Desk::open();
    let ann = desk.ask(&json!({ "createUser": { "email": "Ann@acme.example", "handles": [
        { "kind": "email", "value": "ann@gmail.com" },
        { "kind": "phone", "value": "+49 30 901820" },
        { "kind": "x", "value": "@Ann" },
    ] } }));
    let all = ["email* ann@acme.example", "email ann@gmail.com", "phone* +4930901820", "x* ann"];
    assert_eq!(
        (values(&ann), &ann["email"]),
        (all.map(Into::into).into(), &json!("ann@acme.example"))
    );
    for find in [
        json!({ "email": "ANN@gmail.com" }),
        json!({ "handleKind": "phone", "handle": "0049 (30) 901820" }),
        json!({ "handleKind": "x", "handle": "ann" }),
    ] {
        assert_eq!(desk.ask(&json!({ "listUsers": find }))["items"], json!([ann]));
    }
    let other = json!({ "listUsers": { "handleKind": "telegram", "handle": "ann" } });
    assert_eq!(desk.ask(&other)["items"], json!([]));
}

#[test]
fn mail_from_any_address_is_of_the_one_user() {
    let mut desk = Desk::open();
    let ann = desk.ask(&json!({ "createUser": { "email": "ann@acme.example", "handles": [
        { "kind": "email", "value": "private@gmail.com" } ] } }));
    let mail = json!({ "receiveMail": { "rawKey": "r", "text": "Hi",
        "from": { "address": "Private@GMAIL.com" } } });
    let ticket = text(&desk.system(&mail)["ticketId"]);
    let ticket = desk.get(&ticket);
    assert_eq!((&ticket["userId"], &ticket["userEmail"]), (&ann["id"], &ann["email"]));
}

#[test]
fn a_handle_has_one_user_whatever_the_command() {
    let mut desk = Desk::open();
    let phone = json!([{ "kind": "phone", "value": "+1 555 0100 200" }]);
    let ann = desk.ask(&json!({ "createUser": { "handles": phone } }));
    assert_eq!((&ann["email"], &ann["companyId"]), (&Value::Null, &Value::Null));
    let bob = desk.ask(&json!({ "createUser": { "email": "bob@acme.example" } }));
    let number = "+15550100200";
    for command in [
        json!({ "createUser": { "email": "c@d.example", "handles": phone } }),
        json!({ "addHandle": { "userId": bob["id"], "kind": "phone", "value": number } }),
    ] {
        let (code, details) = desk.refused(&command);
        assert_eq!((code, &details["userId"]), (Code::Conflict, &ann["id"]), "{command}");
    }
    let mail = json!({ "changeUser": { "userId": ann["id"], "email": "bob@acme.example" } });
    assert_eq!(desk.refused(&mail).1["userId"], bob["id"]);
    assert_eq!(desk.refused(&json!({ "createUser": { "name": "N" } })).1["field"], "email");
}

#[test]
fn handles_come_and_go_and_one_of_each_kind_is_primary() {
    let mut desk = Desk::open();
    let ann = desk.ask(&json!({ "createUser": { "email": "a@acme.example" } }));
    let id = text(&ann["id"]);
    let add = |desk: &mut Desk, kind: &str, value: &str, primary: bool| {
        desk.room.now += 1;
        desk.ask(&json!({ "addHandle":
            { "userId": id, "kind": kind, "value": value, "primary": primary } }))
    };
    assert_eq!(values(&add(&mut desk, "telegram", "@T1", false))[1], "telegram* t1");
    add(&mut desk, "email", "b@acme.example", false);
    let after = add(&mut desk, "email", "c@acme.example", true);
    let mails = ["email* c@acme.example", "email a@acme.example", "email b@acme.example"];
    assert_eq!(values(&after)[..3], mails);
    assert_eq!((&after["email"], &after["version"]), (&json!("c@acme.example"), &json!(4)));
    // Asked for again, nothing happens.
    assert_eq!(add(&mut desk, "email", "C@acme.example", true)["version"], 4);

    let remove = |kind: &str, value: &str| {
        json!({ "removeHandle":
        { "userId": id, "kind": kind, "value": value } })
    };
    desk.events();
    let left = desk.ask(&remove("email", "c@acme.example"));
    assert_eq!(left["email"], "a@acme.example");
    let event = desk.events().remove(0);
    assert_eq!(event["type"], "user.changed");
    assert_eq!(event["data"]["before"]["email"], "c@acme.example");
    assert_eq!(desk.refused(&remove("email", "c@acme.example")).0, Code::NotFound);
    desk.ask(&remove("email", "a@acme.example"));
    desk.ask(&remove("email", "b@acme.example"));
    assert_eq!(desk.refused(&remove("telegram", "t1")).0, Code::Conflict);
    // What was taken away is free for somebody else.
    desk.ask(&json!({ "createUser": { "email": "c@acme.example" } }));
}

#[test]
fn a_new_address_takes_the_place_of_the_primary_one_and_leaves_the_others() {
    let mut desk = Desk::open();
    let ann = desk.ask(&json!({ "createUser": { "email": "typo@acme.example", "handles": [
        { "kind": "email", "value": "old@acme.example" } ] } }));
    let change = |email: &str| json!({ "changeUser": { "userId": ann["id"], "email": email } });
    let fixed = desk.ask(&change("fixed@acme.example"));
    assert_eq!(values(&fixed), ["email* fixed@acme.example", "email old@acme.example"]);
    let other = desk.ask(&change("old@acme.example"));
    assert_eq!(values(&other), ["email* old@acme.example", "email fixed@acme.example"]);
}

#[test]
fn who_is_archived_is_in_a_list_of_their_own_until_they_write_again() {
    let mut desk = Desk::open();
    for name in ["a", "b", "c"] {
        desk.ask(&json!({ "createUser": { "email": format!("{name}@acme.example") } }));
    }
    let emails = |desk: &mut Desk, list: Value| -> Vec<String> {
        let page = desk.ask(&json!({ "listUsers": list }));
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|it| text(&it["email"])[..1].into())
            .collect()
    };
    let b = desk.ask(&json!({ "listUsers": { "email": "b@acme.example" } }))["items"][0].clone();
    desk.room.now += 5;
    desk.ask(&json!({ "changeUser": { "userId": b["id"], "archived": true } }));
    let company = &b["companyId"];
    assert_eq!(emails(&mut desk, json!({})), ["c", "a"]);
    assert_eq!(emails(&mut desk, json!({ "archived": true })), ["b"]);
    assert_eq!(emails(&mut desk, json!({ "companyId": company })), ["c", "a"]);
    assert_eq!(emails(&mut desk, json!({ "companyId": company, "archived": true })), ["b"]);
    desk.system(&json!({ "receiveMail": { "rawKey": "r", "text": "Hi",
        "from": { "address": "b@acme.example" } } }));
    assert_eq!(emails(&mut desk, json!({ "sort": "updatedAt" })), ["b", "c", "a"]);
    let pages = emails(&mut desk, json!({ "sort": "updatedAt", "limit": 2 }));
    assert_eq!(pages, ["b", "c"]);
    let by_company = json!({ "listUsers": { "companyId": company, "sort": "updatedAt" } });
    assert_eq!(desk.refused(&by_company).1["field"], "sort");
}

#[test]
fn bad_handles_are_refused_by_field() {
    let mut desk = Desk::open();
    let ann = desk.ask(&json!({ "createUser": { "email": "a@acme.example" } }));
    let id = &ann["id"];
    let many: Vec<_> =
        (0..HANDLES_MAX).map(|n| json!({ "kind": "other", "value": n.to_string() })).collect();
    for (command, field) in [
        (json!({ "addHandle": { "userId": id, "kind": "phone", "value": "1" } }), "value"),
        (json!({ "createUser": { "handles": [{ "kind": "x", "value": " " }] } }), "handles"),
        (json!({ "createUser": { "email": "b@c.example", "handles": many } }), "handles"),
        (json!({ "listUsers": { "handle": "a" } }), "handleKind"),
        (json!({ "listUsers": { "handleKind": "x" } }), "handle"),
        (json!({ "listUsers": { "email": "a@b.c", "handle": "a", "handleKind": "x" } }), "handle"),
        (json!({ "changeUser": { "userId": id, "companyId": id } }), "companyId"),
    ] {
        let (code, details) = desk.refused(&command);
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)), "{command}");
    }
}
