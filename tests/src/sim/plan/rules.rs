//! What people ask of a room's rules: automations that chase each other, workflows, SLA, hours.

use super::room::ask;
use super::{About, Tenant};
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
    let workflow = own.one(random, "workflow");
    let (command, about) = match (random.below(28), ticket, workflow) {
        (0..4 | 25, ..) => match managed(random, own, tenant) {
            Some(known) => known,
            None => return,
        },
        (4 | 26 | 27, _, known) if known.is_none() || random.chance(700) => {
            (workflow_of(random, &text), About::Made(tenant, "workflow"))
        }
        (5..10, Some(ticket), Some(id)) => {
            let start = json!({ "workflowId": id, "ticketId": ticket });
            (json!({ "startWorkflow": start }), About::Made(tenant, "run"))
        }
        (10 | 14, ..) => (policy_of(random, &text), About::Made(tenant, "policy")),
        (11, ..) => {
            let zone = *random.pick(&["UTC", "Europe/Rome", "America/Santiago"]);
            let week = ["monday", "wednesday", "saturday", "sunday"]
                .map(|day| json!({ "day": day, "from": "01:30", "to": "20:00" }));
            (json!({ "setBusinessHours": { "timeZone": zone, "week": week } }), About::Other)
        }
        (12, Some(ticket), _) => {
            (json!({ "dryRunAutomation": { "ticketId": ticket } }), About::Other)
        }
        // What was started last may still be going.
        (13 | 21..25, ..) => match (own.all("run").last(), own.one(random, "run")) {
            (Some(id), _) if random.chance(500) => {
                (json!({ "stopWorkflowRun": { "runId": id } }), About::Other)
            }
            (_, Some(id)) => (json!({ "getWorkflowRun": { "runId": id } }), About::Other),
            _ => return,
        },
        (_, _, workflow) if own.all("automation").len() < AUTOMATIONS_MAX => {
            let made = automation_of(random, &text, workflow.as_deref());
            (made, About::Made(tenant, "automation"))
        }
        _ => (json!({ "listWorkflowRuns": {} }), About::Other),
    };
    ask(world, tenant, owner.principal, &command, about, Via::Http);
}

/// Changes, puts in order or takes away what is there.
fn managed(random: &mut Random, own: &Tenant, tenant: usize) -> Option<(Value, About)> {
    let automation = own.one(random, "automation");
    let (workflow, policy) = (own.one(random, "workflow"), own.one(random, "policy"));
    let gone = |kind, id: &String| About::Gone(tenant, kind, id.clone());
    Some(match random.below(13) {
        0..2 => {
            let change = json!({ "automationId": automation?, "enabled": random.chance(700) });
            (json!({ "changeAutomation": change }), About::Other)
        }
        4 => {
            let id = automation?;
            (json!({ "deleteAutomation": { "automationId": id } }), gone("automation", &id))
        }
        5 => {
            let mut ids = own.all("automation").to_vec();
            ids.reverse();
            (json!({ "reorderAutomations": { "automationIds": ids } }), About::Other)
        }
        6 | 10 => {
            let change = json!({ "workflowId": workflow?, "enabled": random.chance(700) });
            (json!({ "changeWorkflow": change }), About::Other)
        }
        2 | 7 => {
            let id = workflow?;
            (json!({ "deleteWorkflow": { "workflowId": id } }), gone("workflow", &id))
        }
        8 => {
            let change = json!({ "slaPolicyId": policy?, "enabled": random.chance(700),
                "warnMinutes": *random.pick(&[3, 30]) });
            (json!({ "changeSlaPolicy": change }), About::Other)
        }
        3 | 9 => {
            let id = policy?;
            (json!({ "deleteSlaPolicy": { "slaPolicyId": id } }), gone("policy", &id))
        }
        11 => {
            let mut ids = own.all("policy").to_vec();
            ids.reverse();
            (json!({ "reorderSlaPolicies": { "slaPolicyIds": ids } }), About::Other)
        }
        _ => {
            let change = json!({ "automationId": automation?, "actions": [{ "unassign": {} }] });
            (json!({ "changeAutomation": change }), About::Other)
        }
    })
}

fn policy_of(random: &mut Random, text: &str) -> Value {
    let targets = json!([
        { "priority": "normal", "firstReplyMinutes": 60, "resolutionMinutes": 600 },
        { "priority": "urgent", "firstReplyMinutes": 5 },
    ]);
    json!({ "createSlaPolicy": { "name": text, "targets": targets,
        "warnMinutes": *random.pick(&[3, 30]), "businessHours": random.chance(500) } })
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
