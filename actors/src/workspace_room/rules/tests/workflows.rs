//! Workflows: steps in order, waits that survive, each step once.

use super::{HOUR, MINUTE, answer, mail, of_type, owner, rule};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

fn workflow(desk: &mut Desk, steps: Value, stop_on: Value) -> String {
    let input = json!({ "name": "flow", "steps": steps, "stopOn": stop_on });
    text(&owner(desk, &json!({ "createWorkflow": input }))["id"])
}

fn start(desk: &mut Desk, workflow: &str, ticket: &str) -> String {
    let input = json!({ "workflowId": workflow, "ticketId": ticket });
    text(&desk.ask(&json!({ "startWorkflow": input }))["id"])
}

fn run(desk: &mut Desk, id: &str) -> Value {
    desk.ask(&json!({ "getWorkflowRun": { "runId": id } }))
}

fn note(body: &str) -> Value {
    json!({ "do": { "note": { "body": body } } })
}

#[test]
fn steps_follow_each_other_and_waits_survive_a_restart() {
    let mut desk = Desk::open();
    let steps = json!([note("one"), { "wait": { "minutes": 60 } }, note("two"),
        { "wait": { "minutes": 1440 } }, note("three")]);
    let flow = workflow(&mut desk, steps, json!([]));
    let ticket = desk.ticket("a");
    desk.events();
    let id = start(&mut desk, &flow, &ticket);
    desk.room.alarm();
    assert_eq!(desk.get(&ticket)["comments"], 1);
    let seen = run(&mut desk, &id);
    assert_eq!(
        (&seen["state"], &seen["step"], &seen["steps"]),
        (&json!("running"), &json!(2), &json!(5))
    );
    assert_eq!(seen["resumesAt"], json!(desk.room.now + HOUR));
    desk.room.restart();
    desk.pass(HOUR - 1);
    assert_eq!(desk.get(&ticket)["comments"], 1);
    desk.pass(1);
    desk.room.alarm();
    desk.room.restart();
    desk.room.alarm();
    assert_eq!(desk.get(&ticket)["comments"], 2);
    desk.pass(24 * HOUR);
    let seen = run(&mut desk, &id);
    assert_eq!((&seen["state"], &seen["resumesAt"]), (&json!("done"), &Value::Null));
    let steps: Vec<_> = seen["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["step"].as_i64().expect("a number"))
        .collect();
    assert_eq!(steps, [0, 1, 2, 3, 4]);
    let comments = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    let bodies: Vec<_> =
        comments["items"].as_array().expect("a list").iter().map(|it| text(&it["body"])).collect();
    assert_eq!(bodies, ["one", "two", "three"]);
    let events = desk.events();
    assert_eq!(of_type(&events, "workflow.started").len(), 1);
    assert_eq!(of_type(&events, "workflow.ended").len(), 1);
    assert_eq!(desk.room.number("select runs from rules_active"), 0);
}

#[test]
fn a_gate_ends_a_run_where_its_conditions_do_not_hold() {
    let mut desk = Desk::open();
    let gate = json!({ "onlyIf": { "of": [
        { "field": "priority", "op": "is", "values": ["high"] } ] } });
    let steps = json!([{ "do": { "addTags": ["seen"] } }, gate, note("high")]);
    let flow = workflow(&mut desk, steps, json!([]));
    let ticket = desk.ticket("a");
    let id = start(&mut desk, &flow, &ticket);
    desk.room.alarm();
    let seen = run(&mut desk, &id);
    assert_eq!((&seen["state"], &seen["step"]), (&json!("done"), &json!(2)));
    assert_eq!(seen["why"], "of[0]: priority is high: not so, it is normal");
    assert_eq!(desk.get(&ticket)["tags"], json!(["seen"]), "what came before the gate is done");
    desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "priority": "high" } }));
    start(&mut desk, &flow, &ticket);
    desk.room.alarm();
    assert_eq!(desk.get(&ticket)["comments"], 1);
}

#[test]
fn a_run_ends_on_what_it_is_to_end_on_and_on_nothing_else() {
    for (stop_on, ends) in [("userReply", 0), ("agentReply", 1), ("solved", 2), ("closed", 3)] {
        let mut desk = Desk::open();
        let steps = json!([{ "wait": { "minutes": 60 } }, note("too late")]);
        let flow = workflow(&mut desk, steps, json!([stop_on]));
        let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
        let id = start(&mut desk, &flow, &ticket);
        desk.room.alarm();
        for step in 0..4 {
            match step {
                0 => answer(&mut desk, "2", "1", "ann@acme.example", "again"),
                1 => drop(desk.comment(&ticket, "yes")),
                2 => drop(desk.set_status(&ticket, "solved")),
                _ => drop(desk.set_status(&ticket, "closed")),
            }
            let state = run(&mut desk, &id)["state"].clone();
            let expected = if step < ends { "running" } else { "stopped" };
            assert_eq!(state, expected, "{stop_on} after {step}");
        }
        desk.pass(2 * HOUR);
        assert_eq!(desk.get(&ticket)["comments"], 3);
        assert_eq!(desk.room.number("select runs from rules_active"), 0);
    }
}

#[test]
fn a_rule_starts_a_workflow_and_one_under_way_is_not_started_again() {
    let mut desk = Desk::open();
    let steps = json!([{ "wait": { "minutes": 5 } }, { "do": { "setPriority": "high" } }]);
    let flow = workflow(&mut desk, steps, json!([]));
    let actions = json!([{ "startWorkflow": flow }]);
    rule(&mut desk, "start", json!("commentByUser"), json!({}), actions);
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    answer(&mut desk, "2", "1", "ann@acme.example", "again");
    assert_eq!(desk.room.count("workflow_runs"), 1);
    let runs = desk.ask(&json!({ "listAutomationRuns": { "ticketId": ticket } }));
    let second = &runs["items"][0]["result"]["actions"][0];
    assert_eq!(second["outcome"], "refused");
    assert_eq!(second["detail"], "the workflow is under way on this ticket");
    let again = json!({ "startWorkflow": { "workflowId": flow, "ticketId": ticket } });
    assert_eq!(desk.refused(&again).0, Code::Conflict);
    desk.room.alarm();
    desk.pass(5 * MINUTE);
    assert_eq!(desk.get(&ticket)["priority"], "high");
    desk.ask(&again);
}

#[test]
fn a_run_goes_on_as_it_began_and_a_deleted_workflow_stops() {
    let mut desk = Desk::open();
    let steps = json!([{ "wait": { "minutes": 5 } }, note("old")]);
    let flow = workflow(&mut desk, steps.clone(), json!([]));
    let (one, two) = (desk.ticket("a"), desk.ticket("b"));
    let id = start(&mut desk, &flow, &one);
    desk.room.alarm();
    let change = json!({ "workflowId": flow, "steps": [note("new"), note("newer")] });
    owner(&mut desk, &json!({ "changeWorkflow": change }));
    desk.pass(5 * MINUTE);
    assert_eq!(run(&mut desk, &id)["steps"], 2);
    assert_eq!(desk.get(&one)["comments"], 1);
    let change = json!({ "workflowId": flow, "steps": steps });
    owner(&mut desk, &json!({ "changeWorkflow": change }));
    let id = start(&mut desk, &flow, &two);
    desk.room.alarm();
    owner(&mut desk, &json!({ "deleteWorkflow": { "workflowId": flow } }));
    let seen = run(&mut desk, &id);
    assert_eq!(
        (&seen["state"], &seen["why"]),
        (&json!("stopped"), &json!("the workflow was deleted"))
    );
    desk.pass(HOUR);
    assert_eq!(desk.get(&two)["comments"], 0);
    let list = desk.ask(&json!({ "listWorkflowRuns": { "workflowId": flow } }));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    let list = desk.ask(&json!({ "listWorkflowRuns": { "ticketId": one, "state": "stopped" } }));
    assert_eq!(list["items"], json!([]));
    for _ in 0..100 {
        desk.pass(24 * HOUR);
    }
    assert_eq!(desk.room.count("workflow_runs"), 0, "forgotten after 90 days");
}

#[test]
fn a_run_that_somebody_stops_is_stopped_and_one_waits_for_business_hours() {
    let mut desk = Desk::open();
    // Wednesday 4 November 2026, 16:30 in Rome.
    desk.room.now = 1_793_806_200_000;
    let set = json!({ "timeZone": "Europe/Rome",
        "week": [{ "day": "thursday", "from": "09:00", "to": "10:00" }] });
    owner(&mut desk, &json!({ "setBusinessHours": set }));
    let steps = json!([{ "untilOpen": {} }, note("good morning"), { "untilOpen": {} },
        { "wait": { "minutes": 120, "businessHours": true } }, note("late")]);
    let flow = workflow(&mut desk, steps, json!([]));
    let ticket = desk.ticket("a");
    let id = start(&mut desk, &flow, &ticket);
    desk.room.alarm();
    let begin = desk.room.now;
    assert_eq!(run(&mut desk, &id)["resumesAt"], json!(begin + 16 * HOUR + 30 * MINUTE));
    desk.pass(16 * HOUR + 30 * MINUTE);
    assert_eq!(desk.get(&ticket)["comments"], 1);
    let seen = run(&mut desk, &id);
    // Two hours, one a week: the end of the opening in a week.
    assert_eq!(seen["resumesAt"], json!(desk.room.now + 7 * 24 * HOUR + HOUR));
    let stop = json!({ "stopWorkflowRun": { "runId": id } });
    assert_eq!(desk.ask(&stop)["state"], "stopped");
    assert_eq!(desk.refused(&stop).0, Code::Conflict);
    desk.pass(9 * 24 * HOUR);
    assert_eq!(desk.get(&ticket)["comments"], 1);
}
