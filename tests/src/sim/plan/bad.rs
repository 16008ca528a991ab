//! What must be refused with a reason, and change nothing.

use super::About;
use super::room::ask;
use crate::sim::clients::{Op, Via};
use crate::sim::world::World;
use schema::{ActorKind, Caller, Principal, Role};
use serde_json::{Value, json};

/// One bad request.
pub fn bad(world: &mut World, tenant: usize) {
    match world.plan.random.below(10) {
        0..3 => foreign(world, tenant),
        3..5 => forged(world, tenant),
        5..7 => other_actors(world, tenant),
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

/// A principal that the room never made, or that has another epoch.
fn forged(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let uuid = world.plan.uuid();
    let mut principal: Principal = owner.principal;
    if let Caller::Agent { agent, session, epoch, role } = &mut principal.caller {
        match world.plan.random.below(4) {
            0 => agent.0 = uuid,
            1 => session.0 = uuid,
            2 => *epoch += 1,
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
    let cases: [(crate::sim::object::Name, Principal, Value); 7] = [
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
