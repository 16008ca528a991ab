//! Companies, their domains, and the users who belong to them.

use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

fn user(desk: &mut Desk, email: &str) -> Value {
    desk.ask(&json!({ "createUser": { "email": email } }))
}

fn company_of(desk: &mut Desk, user: &Value) -> Value {
    desk.ask(&json!({ "getUser": { "userId": user["id"] } }))["companyName"].clone()
}

#[test]
fn a_company_is_made_changed_and_deleted_and_every_step_is_an_event() {
    let mut desk = Desk::open();
    desk.events();
    let create = json!({ "name": "Acme", "domains": ["ACME.example", "acme.test"] });
    let acme = desk.ask(&json!({ "createCompany": create }));
    assert_eq!(acme["domains"], json!(["acme.example", "acme.test"]));
    let id = text(&acme["id"]);
    assert_eq!(desk.ask(&json!({ "getCompany": { "companyId": id } })), acme);
    let find = json!({ "listCompanies": { "domain": "acme.TEST" } });
    assert_eq!(desk.ask(&find)["items"], json!([acme]));
    let change = json!({ "companyId": id, "name": "Acme Ltd", "domains": ["acme.test"],
        "ifVersion": 1 });
    let changed = desk.ask(&json!({ "changeCompany": change }));
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Acme Ltd"), &json!(2)));
    assert_eq!(desk.refused(&json!({ "changeCompany": change })).0, Code::VersionMismatch);
    desk.manage(&json!({ "deleteCompany": { "companyId": id } }));
    assert_eq!(desk.refused(&json!({ "getCompany": { "companyId": id } })).0, Code::NotFound);
    let events = desk.events();
    let types: Vec<_> = events.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["company.created", "company.changed", "company.deleted"]);
    let before = json!({ "name": "Acme", "domains": ["acme.example", "acme.test"] });
    assert_eq!(events[1]["data"]["before"], before);
}

#[test]
fn users_of_all_its_domains_belong_to_a_company_those_too_who_were_there_before() {
    let mut desk = Desk::open();
    let free = json!({ "changeFreeMail": { "domains": ["agency.example"] } });
    desk.manage(&free);
    let ann = user(&mut desk, "ann@agency.example");
    assert_eq!(ann["companyId"], Value::Null);
    desk.manage(&json!({ "changeFreeMail": { "domains": [] } }));
    let many: Vec<Value> =
        (0..3).map(|n| user(&mut desk, &format!("u{n}@other.example"))).collect();
    let auto = desk.ask(&json!({ "listCompanies": {} }))["items"][0].clone();
    assert_eq!((&auto["name"], &auto["users"]), (&json!("other.example"), &json!(3)));

    let taken = json!({ "createCompany": { "name": "A", "domains": ["other.example"] } });
    let (code, details) = desk.refused(&taken);
    assert_eq!((code, &details["companyId"]), (Code::Conflict, &auto["id"]));
    let create = json!({ "createCompany": { "name": "Agency", "domains": ["agency.example"] } });
    let agency = desk.ask(&create);
    desk.pass(0);
    assert_eq!(company_of(&mut desk, &ann), "Agency");
    let bob = user(&mut desk, "bob@agency.example");
    assert_eq!(bob["companyName"], "Agency");
    let now = desk.ask(&json!({ "getCompany": { "companyId": agency["id"] } }));
    assert_eq!(now["users"], 2);
    assert_eq!(company_of(&mut desk, &many[0]), "other.example");
    let most = desk.ask(&json!({ "listCompanies": { "sort": "users", "limit": 1 } }));
    assert_eq!(most["items"][0]["name"], "other.example");
    let rest = json!({ "listCompanies": { "sort": "users", "cursor": most["nextCursor"] } });
    assert_eq!(desk.ask(&rest)["items"][0]["name"], "Agency");
}

#[test]
fn hundreds_of_users_follow_their_domain_step_by_step() {
    let mut desk = Desk::open();
    desk.manage(&json!({ "changeFreeMail": { "domains": ["big.example"] } }));
    for n in 0..450 {
        user(&mut desk, &format!("u{n}@big.example"));
    }
    desk.manage(&json!({ "changeFreeMail": { "domains": [] } }));
    let create = json!({ "createCompany": { "name": "Big", "domains": ["big.example"] } });
    let big = desk.ask(&create);
    desk.pass(0);
    let now = desk.ask(&json!({ "getCompany": { "companyId": big["id"] } }));
    assert_eq!(now["users"], 450);
    let linked = desk.room.number("select count(*) from users where company_id is not null");
    assert_eq!(linked, 450);
}

#[test]
fn a_new_name_reaches_the_rows_of_all_tickets() {
    use schema::summary::{Cell, Table};
    let mut desk = Desk::open();
    for n in 0..45 {
        let email = format!("u{n}@acme.example");
        desk.ask(&json!({ "createTicket": { "subject": "s", "userEmail": email } }));
    }
    let archive = desk.ask(&json!({ "listUsers": { "email": "u0@acme.example" } }));
    let archive = archive["items"][0]["id"].clone();
    desk.ask(&json!({ "changeUser": { "userId": archive, "archived": true } }));
    let rows = |desk: &mut Desk, name: &str| {
        desk.room.drain(|_, _| panic!("only rows"));
        let named = Cell::Text(name.to_owned());
        let all = desk.room.rows.iter().filter(|((table, _), _)| *table == Table::Tickets);
        all.filter(|(_, row)| row.cells.contains(&named)).count()
    };
    assert_eq!(rows(&mut desk, "acme.example"), 45);
    let acme = desk.ask(&json!({ "listCompanies": {} }))["items"][0]["id"].clone();
    desk.ask(&json!({ "changeCompany": { "companyId": acme, "name": "Acme Ltd" } }));
    desk.pass(0);
    assert_eq!(rows(&mut desk, "Acme Ltd"), 45);
    desk.manage(&json!({ "deleteCompany": { "companyId": acme, "unlinkUsers": true } }));
    desk.pass(0);
    assert_eq!(rows(&mut desk, "Acme Ltd"), 0);
}

#[test]
fn a_company_with_users_is_deleted_only_where_they_may_be_left_without() {
    let mut desk = Desk::open();
    let ann = user(&mut desk, "ann@acme.example");
    let delete = json!({ "companyId": ann["companyId"] });
    let (code, details) = desk.manage_refused(&json!({ "deleteCompany": delete }));
    assert_eq!((code, &details["users"]), (Code::Conflict, &json!(1)));
    let unlink = json!({ "companyId": ann["companyId"], "unlinkUsers": true });
    desk.manage(&json!({ "deleteCompany": unlink }));
    assert_eq!(company_of(&mut desk, &ann), Value::Null);
    // The domain is free: who comes next finds a company of a new id.
    let bob = user(&mut desk, "bob@acme.example");
    assert_ne!(bob["companyId"], ann["companyId"]);
}

#[test]
fn an_agent_moves_a_user_by_hand_and_the_counts_follow() {
    let mut desk = Desk::open();
    let ann = user(&mut desk, "ann@acme.example");
    let other = desk.ask(&json!({ "createCompany": { "name": "Other" } }));
    let to = json!({ "userId": ann["id"], "companyId": other["id"] });
    let moved = desk.ask(&json!({ "changeUser": to }));
    assert_eq!(moved["companyName"], "Other");
    let users = |desk: &mut Desk, id: &Value| {
        desk.ask(&json!({ "getCompany": { "companyId": id } }))["users"].clone()
    };
    assert_eq!(users(&mut desk, &ann["companyId"]), 0);
    assert_eq!(users(&mut desk, &other["id"]), 1);
    let none = json!({ "changeUser": { "userId": ann["id"], "companyId": null } });
    assert_eq!(desk.ask(&none)["companyId"], Value::Null);
    assert_eq!(users(&mut desk, &other["id"]), 0);
}

#[test]
fn bad_companies_and_domains_are_refused_by_field() {
    let mut desk = Desk::open();
    let many: Vec<String> = (0..51).map(|n| format!("d{n}.example")).collect();
    let free: Vec<String> = (0..501).map(|n| format!("d{n}.example")).collect();
    for (command, field) in [
        (json!({ "createCompany": { "name": "\u{feff}" } }), "name"),
        (json!({ "createCompany": { "name": "A", "domains": ["gmail.com"] } }), "domains"),
        (json!({ "createCompany": { "name": "A", "domains": ["a@b.example"] } }), "domains"),
        (json!({ "createCompany": { "name": "A", "domains": ["nodot"] } }), "domains"),
        (json!({ "createCompany": { "name": "A", "domains": ["10.0.0.1"] } }), "domains"),
        (json!({ "createCompany": { "name": "A", "domains": many } }), "domains"),
        (json!({ "changeFreeMail": { "domains": free } }), "domains"),
        (json!({ "changeFreeMail": { "domains": ["."] } }), "domains"),
        (json!({ "listCompanies": { "domain": "x" } }), "domain"),
    ] {
        let (code, details) = desk.manage_refused(&command);
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)), "{command}");
    }
}

#[test]
fn a_domain_has_one_spelling() {
    let mut desk = Desk::open();
    let create = |domain: &str| json!({ "createCompany": { "name": "B", "domains": [domain] } });
    let made = desk.ask(&create("Bücher.example"));
    assert_eq!(made["domains"], json!(["xn--bcher-kva.example"]));
    let (code, details) = desk.refused(&create("xn--bcher-kva.example"));
    assert_eq!((code, &details["companyId"]), (Code::Conflict, &made["id"]));
    let found = desk.ask(&json!({ "listCompanies": { "domain": "bücher.EXAMPLE" } }));
    assert_eq!(found["items"][0]["id"], made["id"]);
    for email in ["ann@bücher.example", "bob@xn--bcher-kva.example"] {
        let user = user(&mut desk, email);
        assert_eq!(company_of(&mut desk, &user), "B", "{email}");
    }
    for bad in ["*.example", "-a.example", "a-.example", "a..example", ".example", "a b.example"] {
        let (code, details) = desk.refused(&create(bad));
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!("domains")), "{bad}");
    }
}
