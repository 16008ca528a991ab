//! What must be refused with a reason, and change nothing.

use super::About;
use super::room::ask;
use crate::sim::clients::{Op, State, Via};
use crate::sim::world::World;
use schema::{ActorKind, Caller, Principal, Role};
use serde_json::{Value, json};

/// One bad request.
pub fn bad(world: &mut World, tenant: usize) {
    match world.plan.random.below(12) {
        0..3 => foreign(world, tenant),
        3..5 => forged(world, tenant),
        5..7 => other_actors(world, tenant),
        7..9 => reused(world, tenant),
        _ => nonsense(world, tenant),
    }
}

/// A principal of one workspace at an object of another; it must look as if there were nothing.
fn foreign(world: &mut World, tenant: usize) {
    let other = 1 - tenant;
    let Some(stranger) = world.plan.tenants[other].members.first().cloned() else { return };
    let ticket = world.plan.tenants[tenant].tickets.first().copied();
    let text = world.plan.text(other);
    if let (Some(ticket), true) = (ticket, world.plan.random.chance(500)) {
        // In their own room, with an id of the other's.
        let command = match world.plan.random.below(3) {
            0 => json!({ "getTicket": { "ticketId": ticket } }),
            1 => json!({ "postComment": { "ticketId": ticket, "body": text } }),
            _ => json!({ "changeTicket": { "ticketId": ticket, "subject": text } }),
        };
        return ask(world, other, stranger.principal, &command, About::Bad, Via::Http);
    }
    let command = match (world.plan.random.below(3), ticket) {
        (0, _) => json!({ "listAgents": {} }),
        (1, Some(ticket)) => json!({ "postComment": { "ticketId": ticket, "body": text } }),
        _ => json!({ "snapshot": {} }),
    };
    ask(world, tenant, stranger.principal, &command, About::Bad, Via::Http);
}

/// A key that was used with another body, not long ago.
fn reused(world: &mut World, tenant: usize) {
    let text = world.plan.text(tenant);
    let room = &world.plan.tenants[tenant].room;
    let now = world.clock.latest();
    let usable = |op: &&Op| {
        let fresh = now < op.since + 7_200_000 && op.keyed && op.via == Via::Http;
        // Of what only reads nothing is kept.
        let made = matches!(op.about, About::Comment(_) | About::Ticket(_));
        op.to == *room && fresh && made && matches!(op.state, State::Done(_)) && op.key.is_some()
    };
    let Some(known) = world.clients.ops.iter().rev().take(40).find(usable).cloned() else { return };
    let command = json!({ "createTicket": { "subject": text } });
    let op = Op::new(known.to, known.principal, command.to_string(), About::Bad);
    world.begin_op(op.under(known.key.as_deref().unwrap_or_default()));
}

/// A principal that the room never made, or that has another epoch.
fn forged(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let uuid = world.plan.uuid();
    let mut principal: Principal = owner.principal;
    if let Caller::Agent { agent, session, epoch, role } = &mut principal.caller {
        match world.plan.random.below(4) {
            0 => agent.0 = uuid,
            1 => session.0 = uuid,
            // The next one may be theirs already: a new password, say, whose answer was lost.
            2 => *epoch += 1_000,
            _ => *epoch = -1,
        }
        *role = Role::Owner;
    }
    let command = match world.plan.random.below(3) {
        0 => json!({ "listTickets": {} }),
        1 => json!({ "createTicket": { "subject": world.plan.text(tenant) } }),
        _ => json!({ "changeWorkspace": { "name": world.plan.text(tenant) } }),
    };
    ask(world, tenant, principal, &command, About::Bad, Via::Http);
}

/// Things that only Postroom itself may ask, and bad fields, at the other actors.
fn other_actors(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let id = world.plan.uuid();
    let own = &world.plan.tenants[tenant];
    let system = own.system();
    let counter = own.object(ActorKind::WarmupCounter, own.counters[0].id);
    let limiter = own.object(ActorKind::RateLimiter, "login:bad");
    let other = &world.plan.tenants[1 - tenant];
    let inbox = other.object(ActorKind::InboxState, other.inboxes[0].id);
    let theirs = other.object(ActorKind::WarmupCounter, other.counters[0].id);
    let prospect = other.object(ActorKind::ProspectDedup, other.people[0].by_email);
    let cases: [(crate::sim::object::Name, Principal, Value); 11] = [
        (inbox.clone(), owner.principal.clone(), json!({ "status": {} })),
        (inbox, owner.principal.clone(), json!({ "pause": { "reason": "x" } })),
        (theirs, owner.principal.clone(), json!({ "status": {} })),
        (prospect, owner.principal.clone(), json!({ "get": {} })),
        (counter.clone(), owner.principal.clone(), json!({ "reserve": { "sendId": id } })),
        (counter.clone(), owner.principal.clone(), json!({ "commit": { "sendId": id } })),
        (counter, system.clone(), json!({ "start": { "timeZone": "Mars/Olympus" } })),
        (limiter.clone(), owner.principal, json!({ "check": { "kind": "login" } })),
        (limiter.clone(), system.clone(), json!({ "check": { "kind": "ai" } })),
        (limiter.clone(), system.clone(), json!({ "check": { "kind": "login", "cost": 0 } })),
        (limiter, system, json!({ "check": { "kind": "login", "cost": 4_000_000_000_u32 } })),
    ];
    let (name, principal, command) = world.plan.random.pick(&cases).clone();
    world.begin_op(Op::new(name, principal, command.to_string(), About::Bad));
}

/// Fields that are wrong in every way.
fn nonsense(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let (id, text) = (world.plan.uuid(), world.plan.text(tenant));
    let own = &world.plan.tenants[tenant];
    let ticket = own.tickets.first().map_or_else(|| id.to_string(), ToString::to_string);
    let long = "x".repeat(70_000);
    let cases = [
        json!({ "postComment": { "ticketId": id, "body": text } }),
        json!({ "postComment": { "ticketId": ticket, "body": "" } }),
        json!({ "postComment": { "ticketId": ticket, "body": " \u{200b}\n" } }),
        json!({ "postComment": { "ticketId": ticket, "body": long } }),
        json!({ "postComment": { "ticketId": ticket, "body": "a\u{0}b" } }),
        json!({ "postComment": { "ticketId": ticket, "body": text, "tenantId": id } }),
        json!({ "postComment": { "ticketId": "nonsense", "body": text } }),
        json!({ "scheduleComment": { "ticketId": ticket, "body": text, "publishAt": 1 } }),
        json!({ "scheduleComment": { "ticketId": ticket, "body": text,
            "publishAt": 9_000_000_000_000_000_i64 } }),
        json!({ "createTicket": { "subject": "" } }),
        json!({ "createTicket": { "subject": long } }),
        json!({ "createTicket": { "subject": text, "userEmail": "a@b@c" } }),
        json!({ "createTicket": { "subject": text, "priority": "enormous" } }),
        json!({ "createTicket": { "subject": text, "assigneeId": id } }),
        json!({ "changeTicket": { "ticketId": ticket, "status": "lost" } }),
        json!({ "listTickets": { "limit": -1 } }),
        json!({ "listTickets": { "limit": 1_000_000 } }),
        json!({ "listTickets": { "cursor": "'; drop table tickets" } }),
        json!({ "createUser": { "email": "x@y.example\r\nbcc: z@y.example" } }),
        json!({ "register": { "name": text, "ownerEmail": "o@example.com", "ownerName": text,
            "passwordHash": "hunter2", "refreshHash": "x" } }),
        json!({ "receiveMail": { "rawKey": "x", "subject": text } }),
        json!({ "dropEverything": {} }),
        json!({ "invite": { "email": "nobody", "role": "agent", "tokenHash": "00" } }),
        json!({ "cancelScheduledComment": { "commentId": id } }),
    ];
    let command = world.plan.random.pick(&cases).clone();
    let via = Via::Http;
    ask(world, tenant, owner.principal, &command, About::Bad, via);
}
