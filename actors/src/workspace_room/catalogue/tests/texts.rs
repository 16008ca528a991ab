//! Canned replies and signatures: variables, defaults, what is missing.

use crate::workspace_room::catalogue::render::VARIABLES;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

fn canned(desk: &mut Desk, body: &str) -> String {
    let name = desk.room.fresh("reply");
    text(&desk.owner_asks(&json!({ "createCannedReply": { "name": name, "body": body } }))["id"])
}

fn render(id: &str, ticket: &str) -> Value {
    json!({ "renderCannedReply": { "id": id, "ticketId": ticket } })
}

#[test]
fn every_variable_has_its_value() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    let all: Vec<String> = VARIABLES.iter().map(|name| format!("{{{{ {name} }}}}")).collect();
    let id = canned(&mut desk, &all.join("/"));
    let agent = desk.agent.opened.agent.clone();
    let said = desk.ask(&render(&id, &ticket));
    let expected = format!(
        "Ann Lee/Ann/ann@acme.example/acme.example/1/Printer/open/{}/{}/{}/Acme",
        agent.name, agent.name, agent.email
    );
    assert_eq!(said, json!({ "id": id, "body": expected }));
    let own = json!({ "createCustomStatus": { "name": "In the lab", "status": "waiting" } });
    let own = desk.owner_asks(&own)["id"].clone();
    desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "customStatusId": own } }));
    let id = canned(&mut desk, "It is {{ticket.status}}.");
    assert_eq!(desk.ask(&render(&id, &ticket))["body"], "It is In the lab.");
}

#[test]
fn an_unknown_variable_is_refused_when_the_text_is_saved() {
    let mut desk = Desk::open();
    let owner = desk.owner.principal.clone();
    let good = canned(&mut desk, "Hello");
    for body in
        ["Hi {{user.nam}}", "{{}}", "{{ user }}", "{{user.name", "{{user.name|a{b}}", "{{a|b}}"]
    {
        let make = json!({ "createCannedReply": { "name": "x", "body": body } });
        assert_eq!(desk.refused_as(&owner, &make).0, Code::InvalidInput, "{body}");
        let change = json!({ "changeCannedReply": { "id": good, "body": body } });
        assert_eq!(desk.refused_as(&owner, &change).0, Code::InvalidInput, "{body}");
        let macro_ = json!({ "createMacro": { "name": "x", "actions": { "reply": body } } });
        assert_eq!(desk.refused_as(&owner, &macro_).0, Code::InvalidInput, "{body}");
    }
    let make = json!({ "createCannedReply": { "name": "x", "body": "Hi {{user.nam}}" } });
    let (_, details) = desk.refused_as(&owner, &make);
    assert_eq!(details["variable"], "user.nam");
    assert_eq!(details["variables"].as_array().map(Vec::len), Some(VARIABLES.len()));
}

#[test]
fn a_missing_value_is_an_error_unless_there_is_a_default() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let id = canned(&mut desk, "Hi {{user.name}} of {{user.company}}, {{user.name}}");
    let (code, details) = desk.refused(&render(&id, &ticket));
    assert_eq!(code, Code::InvalidInput);
    assert_eq!(details["missing"], json!(["user.name", "user.company"]));
    let id = canned(&mut desk, "Hi {{ user.name | there }}, {{user.email|}}{{ticket.number}}");
    assert_eq!(desk.ask(&render(&id, &ticket))["body"], "Hi there, 1");
}

#[test]
fn what_is_put_in_is_never_looked_at_again() {
    let mut desk = Desk::open();
    let made = desk.ask(&json!({ "createTicket": {
        "subject": "{{agent.email}}",
        "userEmail": "eve@evil.example",
        "userName": "{{workspace.name}}",
    } }));
    let id = canned(&mut desk, "{{user.name}}: {{ticket.subject}}");
    let said = desk.ask(&render(&id, &text(&made["id"])));
    assert_eq!(said["body"], "{{workspace.name}}: {{agent.email}}");
}

#[test]
fn the_nearest_signature_stands_below_a_reply() {
    let mut desk = Desk::open();
    let team = desk.owner_asks(&json!({ "createTeam": { "name": "T" } }))["id"].clone();
    let ticket = desk.ask(&json!({ "createTicket": { "subject": "a", "teamId": team } }));
    let plain = desk.ticket("b");
    let sign = |ticket: &Value| json!({ "renderSignature": { "ticketId": ticket } });
    let none = desk.ask(&sign(&ticket["id"]));
    assert_eq!(none, json!({ "id": null, "body": "" }));
    let make =
        |desk: &mut Desk, input: Value| desk.owner_asks(&json!({ "createSignature": input }));
    make(&mut desk, json!({ "name": "all", "body": "-- {{workspace.name}}" }));
    assert_eq!(desk.ask(&sign(&ticket["id"]))["body"], "-- Acme");
    make(&mut desk, json!({ "name": "team", "body": "-- T", "teamId": team }));
    assert_eq!(desk.ask(&sign(&ticket["id"]))["body"], "-- T");
    assert_eq!(desk.ask(&sign(&json!(plain)))["body"], "-- Acme");
    let own = json!({ "name": "me", "body": "-- {{agent.email}}", "personal": true });
    let own = desk.ask(&json!({ "createSignature": own }));
    let mail = desk.agent.opened.agent.email.clone();
    assert_eq!(desk.ask(&sign(&ticket["id"]))["body"], format!("-- {mail}"));
    assert_eq!(desk.owner_asks(&sign(&ticket["id"]))["body"], "-- T");
    desk.ask(&json!({ "archiveSignature": { "id": own["id"] } }));
    assert_eq!(desk.ask(&sign(&ticket["id"]))["body"], "-- T");
    let owner = desk.owner.principal.clone();
    let second = json!({ "createSignature": { "name": "second", "body": "x", "teamId": team } });
    assert_eq!(desk.refused_as(&owner, &second).0, Code::Conflict, "a team has one");
}
