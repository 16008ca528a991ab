//! Users and companies.

use super::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

#[test]
fn an_address_has_one_user_however_it_is_written() {
    let mut desk = Desk::open();
    let ann = desk.ask(&json!({ "createUser": { "email": "Ann@Acme.example", "name": "Ann" } }));
    let again = json!({ "createUser": { "email": " ann@acme.EXAMPLE " } });
    let (code, details) = desk.refused(&again);
    assert_eq!((code, &details["userId"]), (Code::Conflict, &ann["id"]));
    let ticket = desk.ask(&json!({ "createTicket": {
        "subject": "a", "userEmail": "ANN@acme.example", "userName": "Another",
    } }));
    assert_eq!((&ticket["userId"], &ticket["userName"]), (&ann["id"], &json!("Ann")));
    let found = desk.ask(&json!({ "listUsers": { "email": "ann@ACME.example" } }));
    assert_eq!(found["items"], json!([ann]));
}

#[test]
fn companies_are_made_by_domain_and_free_mail_has_none() {
    let mut desk = Desk::open();
    for email in ["a@acme.example", "b@acme.example", "c@gmail.com", "d@other.example"] {
        desk.ask(&json!({ "createUser": { "email": email } }));
    }
    let companies = desk.ask(&json!({ "listCompanies": {} }));
    let companies = companies["items"].as_array().expect("items");
    let named: Vec<(Value, Value)> =
        companies.iter().map(|it| (it["domains"][0].clone(), it["users"].clone())).collect();
    let expected = [(json!("other.example"), json!(1)), (json!("acme.example"), json!(2))];
    assert_eq!(named, expected);
    let of = json!({ "listUsers": { "companyId": companies[1]["id"] } });
    assert_eq!(desk.ask(&of)["items"].as_array().map(Vec::len), Some(2));
    let free = desk.ask(&json!({ "listUsers": { "email": "c@gmail.com" } }));
    assert_eq!(free["items"][0]["companyId"], Value::Null);
}

#[test]
fn a_user_who_moves_takes_their_tickets_to_the_new_company() {
    let mut desk = Desk::open();
    let create = json!({ "subject": "a", "userEmail": "ann@acme.example" });
    let ticket = desk.ask(&json!({ "createTicket": create }));
    let user = text(&ticket["userId"]);
    desk.ask(&json!({ "createUser": { "email": "bob@acme.example" } }));
    let taken = json!({ "changeUser": { "userId": user, "email": "bob@acme.example" } });
    assert_eq!(desk.refused(&taken).0, Code::Conflict);
    let old = json!({ "changeUser": { "userId": user, "name": "A", "ifVersion": 7 } });
    assert_eq!(desk.refused(&old).0, Code::VersionMismatch);

    let change = json!({ "userId": user, "email": "ann@new.example", "name": "Ann" });
    let moved = desk.ask(&json!({ "changeUser": change }));
    assert_eq!((&moved["companyName"], &moved["version"]), (&json!("new.example"), &json!(2)));
    assert_eq!(desk.get(&text(&ticket["id"]))["companyName"], "new.example");
    let unnamed = desk.ask(&json!({ "changeUser": { "userId": user, "name": null } }));
    assert_eq!((&unnamed["name"], &unnamed["email"]), (&Value::Null, &moved["email"]));
    let users = desk.room.number("select users from companies where name = 'acme.example'");
    assert_eq!(users, 1);
}

#[test]
fn a_bad_user_of_a_ticket_is_refused_by_name() {
    let mut desk = Desk::open();
    let someone = uuid::Uuid::from_u128(5);
    for (part, field) in [
        (json!({ "userId": someone }), "userId"),
        (json!({ "userEmail": "a@b@c" }), "userEmail"),
        (json!({ "userEmail": "a@b.cd", "userId": someone }), "userEmail"),
        (json!({ "userName": "Ann" }), "userName"),
    ] {
        let mut create = json!({ "subject": "a" });
        let fields = part.as_object().expect("an object").clone();
        create.as_object_mut().expect("an object").extend(fields);
        let (code, details) = desk.refused(&json!({ "createTicket": create }));
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)));
    }
}
