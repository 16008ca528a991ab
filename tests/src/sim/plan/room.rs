//! What people ask of a room: to work there, and to work.

use super::{About, Member};
use crate::sim::clients::{Op, Via};
use crate::sim::clock::DAY_MS;
use crate::sim::world::World;
use schema::frame::Codec;
use schema::ids::TicketId;
use schema::view::View;
use schema::{Caller, Principal, Role};
use serde_json::{Value, json};

pub(super) fn visitor(world: &World, tenant: usize) -> Principal {
    Principal { workspace: world.plan.tenants[tenant].id, caller: Caller::Visitor }
}

/// A workspace registers.
pub fn register(world: &mut World, tenant: usize) {
    let plan = &mut world.plan;
    let (name, refresh) = (plan.text(tenant), plan.secret_hash());
    let email = format!("owner@{}.example", plan.tenants[tenant].canary);
    let command = json!({ "register": {
        "name": name, "ownerEmail": email, "ownerName": plan.text(tenant),
        "passwordHash": plan.password_hash(), "refreshHash": refresh,
    }});
    let about = About::Register(tenant);
    ask(world, tenant, visitor(world, tenant), &command, about, Via::Http);
}

/// Sends a command to a tenant's room.
pub fn ask(
    world: &mut World,
    tenant: usize,
    principal: Principal,
    command: &Value,
    about: About,
    via: Via,
) {
    let room = world.plan.tenants[tenant].room.clone();
    world.begin_op(Op::new(room, principal, command.to_string(), about).via(via));
}

/// Sends a command to an object.
pub fn ask_object(
    world: &mut World,
    name: crate::sim::object::Name,
    principal: Principal,
    command: &Value,
    about: About,
) {
    world.begin_op(Op::new(name, principal, command.to_string(), about));
}

/// A member of the tenant, and how it talks to the room.
pub(super) fn someone(world: &mut World, tenant: usize) -> Option<(Principal, Via)> {
    let random = &mut world.plan.random;
    let clients = &world.sockets.clients;
    let room = &world.plan.tenants[tenant].room;
    let own: Vec<_> = (0..clients.len())
        .filter(|id| clients[*id].room == *room && !clients[*id].banned)
        .collect();
    if !own.is_empty() && random.chance(400) {
        let id = *random.pick(&own);
        return Some((clients[id].principal.clone(), Via::Socket(id)));
    }
    let members = &world.plan.tenants[tenant].members;
    if members.is_empty() {
        return None;
    }
    let member = members[random.index(members.len().min(4))].principal.clone();
    Some((member, Via::Http))
}

/// Tickets, comments, schedules, users.
pub fn desk(world: &mut World, tenant: usize) {
    let Some((principal, via)) = someone(world, tenant) else { return };
    let now = world.clock.wall();
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let ticket = (!own.tickets.is_empty()).then(|| *random.pick(&own.tickets));
    let scheduled = (!own.scheduled.is_empty()).then(|| *random.pick(&own.scheduled));
    let visibility = *random.pick(&["public", "private"]);
    let (command, about) = match (random.below(100), ticket, scheduled) {
        (0..40, Some(id), _) => {
            let comment = json!({ "ticketId": id, "body": text, "visibility": visibility });
            (json!({ "postComment": comment }), About::Comment(tenant))
        }
        (40..55, Some(id), _) => {
            let wait = *random.pick(&[60_000, 600_000, DAY_MS / 8, DAY_MS]);
            let at = now + wait + random.between(1_000, wait);
            let command =
                json!({ "scheduleComment": { "ticketId": id, "body": text, "publishAt": at } });
            (command, About::Schedule(tenant, at))
        }
        (55..60, _, Some(id)) => {
            let at = random.chance(500).then(|| now + random.between(60_000, DAY_MS));
            let command = json!({ "changeScheduledComment": { "commentId": id, "publishAt": at } });
            (command, About::Reschedule(tenant, id, at))
        }
        (60..63, _, Some(id)) => {
            let command = json!({ "cancelScheduledComment": { "commentId": id } });
            (command, About::Cancel(tenant, id))
        }
        (63..78, Some(id), _) => {
            let change = match random.below(4) {
                0 => json!({ "ticketId": id, "status": *random.pick(
                    &["open", "pending", "waiting", "solved", "solved", "closed"]) }),
                1 => json!({ "ticketId": id, "priority": *random.pick(&["low", "urgent"]) }),
                2 => json!({ "ticketId": id, "tags": [text] }),
                _ => json!({ "ticketId": id, "subject": text }),
            };
            (json!({ "changeTicket": change }), About::Other)
        }
        (78..81, Some(id), _) => {
            let close = json!({ "changeTicket": { "ticketId": id, "status": "closed" } });
            ask(world, tenant, principal.clone(), &close, About::Other, via);
            (json!({ "reopenTicket": { "ticketId": id } }), About::Other)
        }
        (81..85, Some(id), _) => (json!({ "markRead": { "ticketId": id } }), About::Other),
        (85..89, _, _) => {
            let email = format!("u{}@{}.example", random.below(12), own.canary);
            (json!({ "createUser": { "email": email, "name": text } }), About::Made(tenant, "user"))
        }
        (89..91, _, _) => (json!({ "snapshot": {} }), About::Other),
        (91, _, _) => (json!({ "listTickets": {} }), About::Other),
        (92, _, _) => (json!({ "readAllNotifications": {} }), About::Other),
        _ => {
            let email = format!("u{}@{}.example", random.below(12), own.canary);
            let body = random.chance(500).then_some(&text);
            let command =
                json!({ "createTicket": { "subject": text, "body": body, "userEmail": email } });
            (command, About::Ticket(tenant))
        }
    };
    ask(world, tenant, principal, &command, about, via);
}

/// Agents, sessions, invitations; clients that sit in the room.
pub fn people(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let visitor = visitor(world, tenant);
    let plan = &mut world.plan;
    let (text, hash) = (plan.text(tenant), plan.secret_hash());
    let own = &mut plan.tenants[tenant];
    let random = &mut plan.random;
    let (principal, command, about) = match random.below(10) {
        0..2 => {
            let email = format!("a{}@{}.example", random.below(6), own.canary);
            let role = *random.pick(&["viewer", "agent", "agent", "admin"]);
            let invite = json!({ "email": email, "name": text, "role": role, "tokenHash": hash });
            (owner.principal, json!({ "invite": invite }), About::Invite(tenant, hash))
        }
        2..4 if !own.invited.is_empty() => {
            let (_, token) = own.invited[random.index(own.invited.len())].clone();
            let password = plan.password_hash();
            let accept = json!({ "tokenHash": token, "name": text, "passwordHash": password,
                "refreshHash": hash });
            (visitor, json!({ "acceptInvitation": accept }), About::Enter(tenant, hash))
        }
        4 => {
            let member = own.members[random.index(own.members.len())].clone();
            let refresh = json!({ "tokenHash": member.refresh, "nextHash": hash });
            (visitor, json!({ "refresh": refresh }), About::Enter(tenant, hash))
        }
        5 if own.members.len() > 1 => {
            let index = 1 + random.index(own.members.len() - 1);
            let Some(agent) = own.members[index].principal.agent() else { return };
            let (change, about) = match random.below(4) {
                0 => (json!({ "agentId": agent, "active": false }), About::Fire(tenant, agent)),
                1 => (json!({ "agentId": agent, "active": true }), About::Other),
                2 => {
                    let role = *random.pick(&["viewer", "agent"]);
                    (json!({ "agentId": agent, "role": role }), About::Other)
                }
                _ => (json!({ "agentId": agent, "name": text }), About::Other),
            };
            (owner.principal, json!({ "changeAgent": change }), about)
        }
        7 => {
            let member = own.members[random.index(own.members.len())].principal.clone();
            let (Some(agent), Some(ticket)) = (member.agent(), own.tickets.first()) else { return };
            let draft = json!({ "saveDraft": { "ticketId": ticket, "body": own.canary } });
            let op = Op::new(own.room.clone(), member, draft.to_string(), About::Me(agent));
            // A key is its caller's own: another agent may have used the same.
            world.begin_op(op.under("my draft"));
            return;
        }
        6 if random.chance(500) && own.members.len() > 1 => {
            let member = own.members.pop().map(|member| member.principal);
            (member.unwrap_or(visitor), json!({ "logout": {} }), About::Other)
        }
        _ => {
            let member = own.members[random.index(own.members.len())].principal.clone();
            let codec = if random.chance(500) { Codec::Json } else { Codec::Msgpack };
            let room = own.room.clone();
            let here = |client: &&crate::sim::sockets::Client| client.room == room;
            let sits = |world: &World| world.sockets.clients.iter().filter(here).count();
            let sitting = sits(world);
            if sitting < 2 || sitting < 6 && world.plan.random.chance(500) {
                world.add_client(room, member, codec);
            } else {
                watch(world, tenant);
            }
            return;
        }
    };
    ask(world, tenant, principal, &command, about, Via::Http);
}

/// Somebody in a room wants to see something else, or looks at a ticket.
fn watch(world: &mut World, tenant: usize) {
    let room = &world.plan.tenants[tenant].room;
    let clients = &world.sockets.clients;
    let own: Vec<_> = (0..clients.len()).filter(|id| clients[*id].room == *room).collect();
    let tickets: Vec<TicketId> = world.checks.logs.get(room).map_or_else(Vec::new, |log| {
        let latest = log.events.iter().rev().take(60);
        latest.filter_map(|json| ticket_of(json)).collect()
    });
    let random = &mut world.plan.random;
    let id = *random.pick(&own);
    let types = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let ticket_ids: Vec<TicketId> = tickets.first().copied().into_iter().collect();
    let views = match random.below(6) {
        0 => Vec::new(),
        1 => vec![View { types: types(&["ticket.*"]), ..View::default() }],
        2 => vec![
            View { types: types(&["comment.created", "agent.*"]), ..View::default() },
            View { types: types(&["invitation.*"]), ..View::default() },
        ],
        3 => vec![View { ticket_ids, ..View::default() }],
        4 => vec![View { types: types(&["ticket.*", "comment.*"]), ticket_ids, ..View::default() }],
        _ => {
            let viewing = random.chance(700);
            let Some(ticket) = tickets.first() else { return };
            let frame =
                format!(r#"{{"type":"viewing","ticketId":"{ticket}","viewing":{viewing}}}"#);
            return world.utter(id, frame);
        }
    };
    // The room is at work meanwhile: what it tells in that turn is seen partly as before.
    desk(world, tenant);
    desk(world, tenant);
    world.subscribe(id, views);
    desk(world, tenant);
}

fn ticket_of(event: &str) -> Option<TicketId> {
    let event: Value = serde_json::from_str(event).ok()?;
    event["ticketId"].as_str()?.parse().ok()
}

/// Mail that came in; of a machine's, sometimes more than a room takes in an hour.
pub fn mail(world: &mut World, tenant: usize) {
    if world.plan.tenants[tenant].members.is_empty() {
        return;
    }
    let random = &mut world.plan.random;
    let from = random.below(12);
    if random.chance(15) {
        for _ in 0..22 {
            receive(world, tenant, from, Some("autoReply"));
        }
        return;
    }
    let kind = *random.pick(&["autoReply", "bounce", "list", "ownLoop"]);
    let kind = random.chance(80).then_some(kind);
    receive(world, tenant, from, kind);
}

/// A mail of one of the people, by queue; of a machine where it has a kind.
fn receive(world: &mut World, tenant: usize, from: u64, kind: Option<&str>) {
    let system = world.plan.tenants[tenant].system();
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let token = text.rsplit(' ').next().unwrap_or_default().to_owned();
    let (own, random) = (&mut plan.tenants[tenant], &mut plan.random);
    let reply = (!own.mails.is_empty() && random.chance(500)).then(|| random.pick(&own.mails));
    let message_id = format!("{token}@{}.example", own.canary);
    let from = format!("u{from}@{}.example", own.canary);
    let automatic = kind.map(|kind| json!({ "kind": kind, "reason": "header" }));
    let hash = format!("{:064x}", random.below(3));
    let files = random.chance(200).then(|| {
        vec![json!({ "fileName": text, "contentType": "text/plain", "bytesCount": 3,
            "sha256": hash, "key": format!("attachments/{}/{hash}", own.id) })]
    });
    let files = files.unwrap_or_default();
    let command = json!({ "receiveMail": {
        "rawKey": format!("raw/{token}"),
        "messageId": random.chance(950).then_some(&message_id),
        "inReplyTo": reply.map(|id| vec![id]).unwrap_or_default(),
        "from": { "name": text, "address": from },
        "subject": text, "text": text, "automatic": automatic, "attachments": files,
    }});
    own.mails.push(message_id);
    let about = if automatic.is_some() { About::Other } else { About::MailIn(tenant) };
    ask(world, tenant, system, &command, about, Via::Queue);
}

/// What a reply tells the plan.
pub fn learn(world: &mut World, op: &Op, reply: &Value) {
    let id = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
    match &op.about {
        About::Register(tenant) => {
            let refresh = serde_json::from_str::<Value>(&op.json).unwrap_or_default();
            let refresh = refresh["register"]["refreshHash"].as_str().unwrap_or_default();
            enter(world, *tenant, reply, refresh);
        }
        About::Enter(tenant, refresh) => {
            let opened = if reply["opened"].is_object() { &reply["opened"] } else { reply };
            enter(world, *tenant, opened, refresh);
        }
        About::Invite(tenant, hash) => {
            if let Ok(invitation) = id("id").parse() {
                world.plan.tenants[*tenant].invited.push((invitation, hash.clone()));
            }
        }
        About::Me(agent) if reply["agentId"].as_str() != Some(&agent.to_string()) => {
            world.violate("7 no other's answer", format!("{agent} was told {reply}"));
        }
        About::Fire(tenant, agent) => fire(world, *tenant, *agent),
        About::Ticket(tenant) => {
            if let Ok(ticket) = id("id").parse() {
                world.plan.tenants[*tenant].tickets.push(ticket);
            }
            world.plan.tenants[*tenant].make("user", &id("userId"));
        }
        About::Made(tenant, kind) => world.plan.tenants[*tenant].make(kind, &id("id")),
        About::Gone(tenant, kind, gone) => {
            if let Some(all) = world.plan.tenants[*tenant].made.get_mut(kind) {
                all.retain(|known| known != gone);
            }
        }
        About::BeginLogin(tenant) => super::account::log_in(world, *tenant, reply),
        About::Comment(tenant) => world.plan.tenants[*tenant].make("comment", &id("id")),
        About::Schedule(tenant, _) => {
            if let Ok(comment) = id("id").parse() {
                world.plan.tenants[*tenant].scheduled.push(comment);
            }
        }
        About::MailIn(tenant) => {
            world.plan.tenants[*tenant].make("comment", &id("commentId"));
            if let Ok(ticket) = id("ticketId").parse() {
                let tickets = &mut world.plan.tenants[*tenant].tickets;
                if !tickets.contains(&ticket) {
                    tickets.push(ticket);
                }
            }
        }
        _ => {}
    }
}

/// An agent that was switched off may nothing from the next request on.
fn fire(world: &mut World, tenant: usize, agent: schema::ids::AgentId) {
    let members = &mut world.plan.tenants[tenant].members;
    let Some(at) = members.iter().position(|one| one.principal.agent() == Some(agent)) else {
        return;
    };
    let fired = members.remove(at).principal;
    let text = world.plan.text(tenant);
    let command = match world.plan.random.below(3) {
        0 => json!({ "createTicket": { "subject": text } }),
        1 => json!({ "listTickets": {} }),
        _ => json!({ "me": {} }),
    };
    ask(world, tenant, fired, &command, About::Bad, Via::Http);
}

fn enter(world: &mut World, tenant: usize, opened: &Value, refresh: &str) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (agent, session) = (&opened["agent"], &opened["session"]);
    let role = text(&agent["role"]);
    let (Ok(id), Ok(session_id)) = (text(&agent["id"]).parse(), text(&session["id"]).parse())
    else {
        return;
    };
    let caller = Caller::Agent {
        agent: id,
        session: session_id,
        epoch: session["epoch"].as_i64().unwrap_or_default(),
        role: Role::parse(&role).unwrap_or(Role::Viewer),
    };
    let principal = Principal { workspace: world.plan.tenants[tenant].id, caller };
    let members = &mut world.plan.tenants[tenant].members;
    let member = Member { principal, refresh: refresh.to_owned() };
    match members.iter_mut().find(|known| known.principal.agent() == Some(id)) {
        Some(known) => *known = member,
        None => members.push(member),
    }
}
