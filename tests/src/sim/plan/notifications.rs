//! What each agent should look at: read, marked, set up; and what another agent's is not.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::world::World;
use schema::ids::AgentId;
use serde_json::{Value, json};

const KINDS: [&str; 5] = ["assigned", "mentioned", "replied", "slaWarning", "automation"];

/// Somebody looks at their notifications, or at another's.
pub fn notifications(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let member = random.pick(&own.members).principal.clone();
    let Some(agent) = member.agent() else { return };
    let told = (!own.told.is_empty()).then(|| random.pick(&own.told).clone());
    let (who, command, about) = match (random.below(12), told) {
        (0..4, _) => (member, json!({ "listNotifications": {} }), About::Told(tenant, agent)),
        (4, _) => (member, json!({ "countUnread": {} }), About::Other),
        (5..8, Some((whose, id))) => {
            let read = json!({ "notificationId": id, "read": random.chance(700) });
            let about = if whose == agent { About::Other } else { About::Bad };
            (member, json!({ "readNotification": read }), about)
        }
        (8, _) => {
            let command = *random.pick(&["getNotificationSettings", "getNotificationTemplates"]);
            (member, json!({ command: {} }), About::Other)
        }
        (9, _) => {
            let change = json!({ *random.pick(&KINDS): *random.pick(&["none", "inApp", "mail"]) });
            (member, json!({ "changeNotificationSettings": change }), About::Other)
        }
        (10, _) => {
            let kind = *random.pick(&KINDS);
            let inbox = random.chance(300).then(|| own.inboxes[0].id);
            let template = json!({ "kind": kind, "title": text, "body": "{{ticket.number}}" });
            let change = json!({ "inboxId": inbox, "templates": [template] });
            (owner.principal, json!({ "changeNotificationTemplates": change }), About::Other)
        }
        _ => {
            // An agent who is told something: they are mentioned, or get the ticket.
            let Some(ticket) = (!own.tickets.is_empty()).then(|| *random.pick(&own.tickets)) else {
                return;
            };
            if random.chance(500) {
                let change = json!({ "ticketId": ticket, "assigneeId": agent });
                (owner.principal, json!({ "changeTicket": change }), About::Other)
            } else {
                let comment = json!({ "ticketId": ticket, "body": text, "visibility": "private",
                    "mentions": [agent] });
                (owner.principal, json!({ "postComment": comment }), About::Comment(tenant))
            }
        }
    };
    room::ask(world, tenant, who, &command, about, Via::Http);
}

/// Notes what an agent was shown: all of it is theirs.
pub fn learn(world: &mut World, tenant: usize, agent: AgentId, reply: &Value) {
    let items = reply["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    for id in items.iter().filter_map(|item| item["id"].as_str()) {
        let told = &mut world.plan.tenants[tenant].told;
        let id = id.to_owned();
        if let Some((whose, _)) = told.iter().find(|(whose, known)| *known == id && *whose != agent)
        {
            let text = format!("{agent} was shown {id}, which is {whose}'s");
            return world.violate("7 what an agent is told is theirs", text);
        }
        if !told.contains(&(agent, id.clone())) {
            told.push((agent, id));
        }
    }
}
