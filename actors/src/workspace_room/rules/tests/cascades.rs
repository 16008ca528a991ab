//! Bounds: rules that react to rules come to an end, in one step and over many.

use super::{HOUR, log, of_type, rule};
use crate::workspace_room::rules::workflows::STARTS_MAX;
use crate::workspace_room::tests::desk::Desk;
use serde_json::{Value, json};

fn is(field: &str, value: &str) -> Value {
    json!({ "of": [{ "field": field, "op": "is", "values": [value] }] })
}

#[test]
fn two_rules_that_undo_each_other_end_within_one_step() {
    let mut desk = Desk::open();
    let up = json!([{ "setPriority": "high" }]);
    let down = json!([{ "setPriority": "low" }]);
    rule(&mut desk, "up", json!("ticketChanged"), is("priority", "low"), up);
    rule(&mut desk, "down", json!("ticketChanged"), is("priority", "high"), down);
    let ticket = desk.ticket("a");
    desk.events();
    let change = json!({ "changeTicket": { "ticketId": ticket, "priority": "high" } });
    let changed = desk.ask(&change);
    let events = desk.events();
    // The agent's change, and one of each rule.
    assert_eq!(of_type(&events, "ticket.changed").len(), 3);
    assert_eq!(of_type(&events, "automation.fired").len(), 2);
    assert_eq!(changed["priority"], "high");
    let (name, outcome, why) = log(&mut desk, &ticket)
        .into_iter()
        .find(|(_, outcome, _)| outcome == "stopped")
        .expect("one was held back");
    assert_eq!((name.as_str(), outcome.as_str()), ("down", "stopped"));
    assert_eq!(why, "it has acted on this ticket in this step already");
}

#[test]
fn a_chain_of_rules_is_three_rounds_deep() {
    let mut desk = Desk::open();
    for step in 0..6 {
        let conditions = json!({ "of": [
            { "field": "tags", "op": "is", "values": [format!("t{step}")] },
            { "field": "tags", "op": "isNot", "values": [format!("t{}", step + 1)] },
        ]});
        let actions = json!([{ "addTags": [format!("t{}", step + 1)] }]);
        rule(&mut desk, &format!("r{step}"), json!("ticketChanged"), conditions, actions);
    }
    // Each rule of the chain comes before the one it waits for, so that it takes a round each.
    let list = desk.ask(&json!({ "listAutomations": {} }));
    let mut ids: Vec<_> =
        list["items"].as_array().expect("a list").iter().map(|rule| rule["id"].clone()).collect();
    ids.reverse();
    super::owner(&mut desk, &json!({ "reorderAutomations": { "automationIds": ids } }));
    let ticket = desk.ticket("a");
    let change = json!({ "changeTicket": { "ticketId": ticket, "tags": ["t0"] } });
    let changed = desk.ask(&change);
    assert_eq!(changed["tags"], json!(["t0", "t1", "t2", "t3"]));
    let stopped: Vec<_> = log(&mut desk, &ticket)
        .into_iter()
        .filter(|(_, outcome, _)| outcome == "stopped")
        .collect();
    assert_eq!(stopped.len(), 1);
    assert_eq!(stopped[0].0, "r3");
    assert_eq!(stopped[0].2, "rules react to rules 3 rounds deep at most");
}

#[test]
fn rules_act_on_a_ticket_twenty_times_an_hour() {
    let mut desk = Desk::open();
    let flip = json!([{ "addTags": ["x"] }, { "removeTags": ["x"] }, { "note": { "body": "n" } }]);
    rule(&mut desk, "busy", json!("commentByAgent"), json!({}), flip);
    let ticket = desk.ticket("a");
    let other = desk.ticket("b");
    for _ in 0..30 {
        desk.comment(&ticket, "hello");
        desk.room.now += 1000;
    }
    assert_eq!(desk.get(&ticket)["comments"], 30 + 20);
    assert_eq!(log(&mut desk, &ticket)[0].1, "stopped");
    desk.comment(&other, "hello");
    assert_eq!(desk.get(&other)["comments"], 2, "each ticket has its own budget");
    desk.room.now += HOUR;
    desk.comment(&ticket, "hello");
    assert_eq!(desk.get(&ticket)["comments"], 52, "an hour later it acts again");
}

#[test]
fn a_rule_and_a_workflow_that_start_each_other_are_bounded_over_time() {
    let mut desk = Desk::open();
    let flip = super::owner(
        &mut desk,
        &json!({ "createWorkflow": { "name": "again", "steps": [
            { "wait": { "minutes": 1 } },
            { "do": { "note": { "body": "once more" } } },
        ]}}),
    );
    let start = json!([{ "startWorkflow": flip["id"] }]);
    rule(&mut desk, "start", json!("noteAdded"), json!({}), start);
    let ticket = desk.ticket("a");
    let note =
        json!({ "postComment": { "ticketId": ticket, "body": "n", "visibility": "private" } });
    desk.ask(&note);
    for _ in 0..600 {
        desk.pass(60_000);
    }
    let comments = desk.get(&ticket)["comments"].as_i64().expect("a number");
    assert!((10..=21).contains(&comments), "{comments}: the budget ends the chain");
    assert_eq!(desk.room.number("select runs from rules_active"), 0);
}

#[test]
fn two_workflows_that_start_each_other_come_to_an_end() {
    let mut desk = Desk::open();
    let make = |desk: &mut Desk, steps: serde_json::Value| {
        super::owner(desk, &json!({ "createWorkflow": { "name": "flow", "steps": steps } }))
    };
    let note = json!({ "do": { "note": { "body": "n" } } });
    let one = make(&mut desk, json!([note]));
    let two = make(&mut desk, json!([note, { "do": { "startWorkflow": one["id"] } }]));
    let steps = json!([note, { "do": { "startWorkflow": two["id"] } }]);
    let change = json!({ "changeWorkflow": { "workflowId": one["id"], "steps": steps } });
    super::owner(&mut desk, &change);
    let ticket = desk.ticket("a");
    let start = json!({ "startWorkflow": { "workflowId": one["id"], "ticketId": ticket } });
    desk.ask(&start);
    for _ in 0..50 {
        desk.pass(60_000);
    }
    assert_eq!(desk.room.count("workflow_runs"), STARTS_MAX);
    assert_eq!(desk.room.number("select runs from rules_active"), 0);
    assert_eq!(desk.refused(&start).0, schema::Code::Conflict);
    desk.room.now += HOUR;
    desk.ask(&start);
}

#[test]
fn the_same_commands_give_the_same_log_twice() {
    let run = || {
        let mut desk = Desk::open();
        rule(&mut desk, "a", json!("ticketCreated"), json!({}), json!([{ "addTags": ["a"] }]));
        rule(
            &mut desk,
            "b",
            json!("ticketChanged"),
            json!({}),
            json!([
            { "assignNext": { "by": "load" } }, { "note": { "body": "b" } } ]),
        );
        rule(&mut desk, "c", json!("noteAdded"), json!({}), json!([{ "setStatus": "pending" }]));
        desk.ticket("x");
        desk.ticket("y");
        desk.events()
    };
    assert_eq!(run(), run());
}
