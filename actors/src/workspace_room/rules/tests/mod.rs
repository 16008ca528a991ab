//! Tests of rules through the whole room: commands as on the wire, replies, events, time.

mod automations;
mod bad;
mod calendar;
mod cascades;
mod silences;
mod sla;
mod workflows;

use crate::workspace_room::tests::desk::{Desk, text};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Makes a rule as the owner; gives its id.
fn rule(desk: &mut Desk, name: &str, trigger: Value, conditions: Value, actions: Value) -> String {
    let trigger = if trigger.is_string() { json!({ "on": trigger }) } else { trigger };
    let made = owner(
        desk,
        &json!({ "createAutomation": {
            "name": name, "trigger": trigger, "conditions": conditions, "actions": actions,
        }}),
    );
    text(&made["id"])
}

/// Asks as the owner; it is done.
fn owner(desk: &mut Desk, command: &Value) -> Value {
    let who = desk.owner.principal.clone();
    desk.ask_as(&who, command).unwrap_or_else(|refused| panic!("{command}: {refused:?}"))
}

/// What became of rules, the latest first: name, outcome, why.
fn log(desk: &mut Desk, ticket: &str) -> Vec<(String, String, String)> {
    let list = desk.ask(&json!({ "listAutomationRuns": { "ticketId": ticket } }));
    let one = |run: &Value| {
        let result = &run["result"];
        let why = result["why"].as_str().unwrap_or_default().to_owned();
        (text(&result["name"]), text(&result["outcome"]), why)
    };
    list["items"].as_array().expect("a list").iter().map(one).collect()
}

/// A mail of a customer; gives its ticket.
fn mail(desk: &mut Desk, id: &str, from: &str, subject: &str, body: &str) -> String {
    let receipt = desk.system(&json!({ "receiveMail": {
        "rawKey": format!("raw/{id}"), "messageId": format!("{id}@x.example"),
        "from": { "name": "Ann", "address": from }, "subject": subject, "text": body,
    }}));
    text(&receipt["ticketId"])
}

/// Another mail of a customer on the same ticket.
fn answer(desk: &mut Desk, id: &str, to: &str, from: &str, body: &str) {
    desk.system(&json!({ "receiveMail": {
        "rawKey": format!("raw/{id}"), "messageId": format!("{id}@x.example"),
        "inReplyTo": [format!("{to}@x.example")],
        "from": { "name": "Ann", "address": from }, "subject": "Re", "text": body,
    }}));
}

/// Of some events, those of a type.
fn of_type<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}
