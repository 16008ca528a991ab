//! Reading: lists, single things, search, reports. What is read changes nothing, and nothing of
//! another tenant is in it.

use super::{About, Tenant, room};
use crate::sim::clock::DAY_MS;
use crate::sim::random::Random;
use crate::sim::world::World;
use actors::warmup_counter::zone;
use serde_json::{Value, json};

/// Lists, by command.
const LISTS: [&str; 17] = [
    "listAgents",
    "listAttributes",
    "listAutomationRuns",
    "listAutomations",
    "listCompanies",
    "listScheduledComments",
    "listSlaPolicies",
    "listTeams",
    "listTickets",
    "listUnparseableMails",
    "listUsers",
    "listWebhooks",
    "listWorkflowRuns",
    "listWorkflows",
    "getBusinessHours",
    "getFreeMail",
    "getWorkspace",
];

/// Single things, by command: the field, and the kind of thing.
const THINGS: [(&str, &str, &str); 15] = [
    ("getAttachment", "attachmentId", "attachment"),
    ("getAttachment", "attachmentId", "file"),
    ("getAttribute", "attributeId", "attribute"),
    ("getAutomation", "automationId", "automation"),
    ("getComment", "commentId", "comment"),
    ("getCompany", "companyId", "company"),
    ("getSlaPolicy", "slaPolicyId", "policy"),
    ("getTeam", "teamId", "team"),
    ("getUser", "userId", "user"),
    ("getWebhook", "webhookId", "webhook"),
    ("getWorkflow", "workflowId", "workflow"),
    ("getWorkflowRun", "runId", "run"),
    ("listDeliveries", "webhookId", "webhook"),
    ("listMerges", "userId", "user"),
    ("listWorkflowRuns", "workflowId", "workflow"),
];

/// Of a ticket, by command.
const OF_TICKET: [&str; 6] = [
    "getTicket",
    // Not every ticket has one.
    "getTicketSla",
    "getTicketSla",
    "listActivities",
    "listComments",
    "listScheduledComments",
];

/// Somebody reads.
pub fn reads(world: &mut World, tenant: usize) {
    let Some((principal, via)) = room::someone(world, tenant) else { return };
    let now = world.clock.wall();
    let plan = &mut world.plan;
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let read = match random.below(10) {
        0..3 => {
            let command = *random.pick(&LISTS);
            let input = if command.starts_with("list") && !unpaged(command) {
                json!({ "limit": 1 + random.below(100) })
            } else {
                json!({})
            };
            Some(json!({ command: input }))
        }
        3..6 => {
            let there: Vec<_> = THINGS.iter().filter(|it| !own.all(it.2).is_empty()).collect();
            if there.is_empty() {
                return;
            }
            let (command, field, kind) = **random.pick(&there);
            own.one(random, kind).map(|id| json!({ command: { field: id } }))
        }
        6..8 if !own.tickets.is_empty() => {
            let ticket = *random.pick(&own.tickets);
            let command = *random.pick(&OF_TICKET);
            Some(json!({ command: { "ticketId": ticket } }))
        }
        8 => Some(report(random, now)),
        _ => Some(search(random, own)),
    };
    let Some(read) = read else { return };
    let about = if read["listComments"].is_object() { About::Read(tenant) } else { About::Other };
    room::ask(world, tenant, principal, &read, about, via);
}

/// Whether a list comes whole.
fn unpaged(command: &str) -> bool {
    matches!(command, "listAgents" | "listWebhooks")
}

/// Notes what comments showed.
pub fn learn(own: &mut Tenant, reply: &Value) {
    let comments = reply["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let files = comments.iter().filter_map(|comment| comment["attachments"].as_array()).flatten();
    let ids: Vec<String> =
        files.filter_map(|file| file["id"].as_str()).map(str::to_owned).collect();
    for id in ids {
        own.make("attachment", &id);
    }
}

fn report(random: &mut Random, now: schema::Millis) -> Value {
    let day = |back: u64| zone::text(now.div_euclid(DAY_MS) - back as i64);
    let by = *random.pick(&["day", "agent", "team", "category", "source"]);
    let back = random.below(20);
    json!({ "getReport": { "from": day(back + random.below(20)), "to": day(back), "by": by } })
}

fn search(random: &mut Random, own: &Tenant) -> Value {
    let query = match random.below(5) {
        0 => own.canary.clone(),
        1 => format!("tk{}x", 1 + random.below(300)),
        2 => "tk*".to_owned(),
        3 => "\" or near( -x* :".to_owned(),
        _ => "u1".to_owned(),
    };
    json!({ "search": { "query": query, "limit": 1 + random.below(50) } })
}
