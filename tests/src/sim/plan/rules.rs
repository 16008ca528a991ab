//! What people ask of a room's rules: automations that chase each other, workflows, SLA, hours.

use super::About;
use super::room::ask;
use crate::sim::clients::Via;
use crate::sim::random::Random;
use crate::sim::world::World;
use serde_json::{Value, json};

/// How many automations a workspace makes.
const AUTOMATIONS_MAX: usize = 8;

/// Automations, workflows, policies, hours.
pub fn rules(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let ticket = (!own.tickets.is_empty()).then(|| *random.pick(&own.tickets));
    let automation = (!own.automations.is_empty()).then(|| random.pick(&own.automations).clone());
    let workflow = (!own.workflows.is_empty()).then(|| random.pick(&own.workflows).clone());
    let (command, about) = match (random.below(20), ticket, automation, workflow.clone()) {
        (0..2, _, Some(id), _) => {
            let change = json!({ "automationId": id, "enabled": random.chance(700) });
            (json!({ "changeAutomation": change }), About::Other)
        }
        (2, _, Some(id), _) if random.chance(300) => {
            (json!({ "deleteAutomation": { "automationId": id } }), About::Other)
        }
        (3..5, ..) => (workflow_of(random, &text), About::Workflow(tenant)),
        (5..10, Some(ticket), _, Some(id)) => {
            let start = json!({ "workflowId": id, "ticketId": ticket });
            (json!({ "startWorkflow": start }), About::Other)
        }
        (10, ..) => {
            let targets = json!([
                { "priority": "normal", "firstReplyMinutes": 60, "resolutionMinutes": 600 },
                { "priority": "urgent", "firstReplyMinutes": 5 },
            ]);
            let policy = json!({ "name": text, "targets": targets,
                "warnMinutes": *random.pick(&[3, 30]), "businessHours": random.chance(500) });
            (json!({ "createSlaPolicy": policy }), About::Other)
        }
        (11, ..) => {
            let zone = *random.pick(&["UTC", "Europe/Rome", "America/Santiago"]);
            let week = ["monday", "wednesday", "saturday", "sunday"]
                .map(|day| json!({ "day": day, "from": "01:30", "to": "20:00" }));
            (json!({ "setBusinessHours": { "timeZone": zone, "week": week } }), About::Other)
        }
        (12, Some(ticket), ..) => {
            (json!({ "dryRunAutomation": { "ticketId": ticket } }), About::Other)
        }
        (13, ..) => (json!({ "listAutomationRuns": {} }), About::Other),
        _ if own.automations.len() < AUTOMATIONS_MAX => {
            let made = automation_of(random, &text, workflow.as_deref());
            (made, About::Automation(tenant))
        }
        _ => (json!({ "listWorkflowRuns": {} }), About::Other),
    };
    ask(world, tenant, owner.principal, &command, about, Via::Http);
}

fn automation_of(random: &mut Random, text: &str, workflow: Option<&str>) -> Value {
    let is = |field: &str, value: &str| {
        let one = json!({ "field": field, "op": "is", "values": [value] });
        json!({ "of": [one] })
    };
    let (trigger, conditions, mut actions) = match random.below(9) {
        // Two rules that undo each other's work.
        0 => (
            json!({ "on": "ticketChanged" }),
            is("priority", "low"),
            vec![json!({ "setPriority": "urgent" })],
        ),
        1 => (
            json!({ "on": "ticketChanged" }),
            is("priority", "urgent"),
            vec![json!({ "setPriority": "low" })],
        ),
        2 => (
            json!({ "on": "commentByUser" }),
            json!({}),
            vec![json!({ "reply": { "body": text } }), json!({ "setStatus": "pending" })],
        ),
        3 => (
            json!({ "on": "noteAdded" }),
            json!({}),
            vec![json!({ "addTags": ["noted"] }), json!({ "removeTags": ["noted"] })],
        ),
        4 => {
            let on = *random.pick(&["noAgentReply", "noUserReply", "unassigned"]);
            let minutes = *random.pick(&[1, 30, 600]);
            let trigger =
                json!({ "on": on, "minutes": minutes, "businessHours": random.chance(300) });
            (trigger, json!({}), vec![json!({ "note": { "body": text } })])
        }
        5 => (
            json!({ "on": *random.pick(&["slaWarning", "slaBreached"]) }),
            json!({}),
            vec![json!({ "setPriority": "urgent" })],
        ),
        _ => (
            json!({ "on": "ticketCreated" }),
            json!({}),
            vec![json!({ "assignNext": { "by": *random.pick(&["turn", "load"]) } })],
        ),
    };
    match (random.below(5), workflow) {
        (4, _) => actions.push(json!({ "notify": { "assignee": true, "text": text } })),
        (0, _) => actions.push(json!({ "webhook": { "name": text } })),
        (1, _) => actions.push(json!({ "note": { "body": text } })),
        (2, Some(id)) => actions.push(json!({ "startWorkflow": id })),
        _ => {}
    }
    json!({ "createAutomation": {
        "name": text, "trigger": trigger, "conditions": conditions, "actions": actions } })
}

fn workflow_of(random: &mut Random, text: &str) -> Value {
    let note = json!({ "do": { "note": { "body": text } } });
    let mut steps = Vec::new();
    for _ in 0..random.between(1, 5) {
        steps.push(match random.below(6) {
            0 => json!({ "wait": { "minutes": *random.pick(&[1, 10, 300]) } }),
            1 => json!({ "wait": { "minutes": 90, "businessHours": true } }),
            2 => json!({ "untilOpen": {} }),
            3 => json!({ "do": { "setPriority": *random.pick(&["low", "urgent"]) } }),
            4 => json!({ "onlyIf": { "of": [
                { "field": "status", "op": "isNot", "values": ["closed"] } ] } }),
            _ => note.clone(),
        });
        steps.push(note.clone());
    }
    let stop_on = if random.chance(400) { vec!["closed", "userReply"] } else { Vec::new() };
    json!({ "createWorkflow": { "name": text, "steps": steps, "stopOn": stop_on } })
}
