//! Works of the pipeline: whoever takes them off their queues, and what providers say.

use super::{About, limiter, writing};
use crate::sim::clients::{Op, Via};
use crate::sim::clock::DAY_MS;
use crate::sim::random::Random;
use crate::sim::world::World;
use schema::ids::ProspectId;
use schema::pipeline::Work;
use schema::prospect::{Begun, Known, WorkKind};
use schema::{ActorKind, Millis};
use serde_json::{Value, json};

/// A message of a queue is consumed: the work is leased. One in ten is lost on its way.
pub fn consume(world: &mut World, work: &Work) {
    let (kind, of) = match work {
        Work::Enrich(of) => (WorkKind::Enrich, of),
        Work::Find(of) => (WorkKind::Find, of),
        Work::Verify(of) => (WorkKind::Verify, of),
        Work::WriteText(text) => return writing::consume(world, text),
        Work::Alert(alert) => return limiter::ring(world, alert),
        _ => return,
    };
    let mut tenants = world.plan.tenants.iter();
    let Some(tenant) = tenants.position(|tenant| tenant.id == of.workspace_id) else {
        let text = format!("a work of workspace {}", of.workspace_id);
        return world.violate("7 tenants never meet", text);
    };
    if world.random.chance(100) {
        return world.say("a queue loses a message");
    }
    ask(world, tenant, of.prospect_id, &json!({ "beginWork": { "work": kind } }));
}

fn ask(world: &mut World, tenant: usize, to: ProspectId, command: &Value) {
    let own = &world.plan.tenants[tenant];
    let (name, system) = (own.object(ActorKind::ProspectDedup, to), own.system());
    let op = Op::new(name, system, command.to_string(), About::Work(tenant)).via(Via::Queue);
    world.begin_op(op);
}

/// The person is elsewhere by now: it is said there.
pub fn follow(world: &mut World, tenant: usize, op: &Op, to: ProspectId) {
    let command = serde_json::from_str(&op.json).unwrap_or_default();
    ask(world, tenant, to, &command);
}

/// A work is leased: providers are asked, and the prospect hears what came of it, if whoever has
/// the lease lives so long.
pub fn learn(world: &mut World, tenant: usize, op: &Op, reply: &Value) {
    let Ok(Begun::Leased { attempt, person, .. }) = serde_json::from_value(reply.clone()) else {
        return;
    };
    let command: Value = serde_json::from_str(&op.json).unwrap_or_default();
    let work = &command["beginWork"]["work"];
    let now = world.clock.wall();
    let plan = &mut world.plan;
    if plan.random.chance(100) {
        return;
    }
    let address = address(&plan.tenants[tenant].people, &person);
    let outcome = outcome(&mut plan.random, work.as_str().unwrap_or_default(), address, now);
    let finish = json!({ "finishWork": { "work": work, "attempt": attempt, "costMicros": 500,
        "outcome": outcome } });
    world.mark("work of the pipeline");
    // A prospect's name ends in its id.
    if let Some(to) = op.to.1.rsplit('/').next().and_then(|id| id.parse().ok()) {
        ask(world, tenant, to, &finish);
    }
}

/// The address of whoever has this name, as it is written here or there.
fn address<'a>(people: &'a [super::Person], known: &Known) -> Option<&'a str> {
    let name = known.name.as_deref()?.trim().to_lowercase();
    people.iter().find(|one| one.name.to_lowercase() == name).map(|one| &*one.email)
}

/// What providers say.
fn outcome(random: &mut Random, work: &str, address: Option<&str>, now: Millis) -> Value {
    let source = "hunter";
    match random.below(100) {
        0..2 => return json!({ "refused": { "source": source } }),
        2..20 => {
            let at = now + random.between(-DAY_MS, DAY_MS);
            return json!({ "retryAt": { "at": at, "reason": "hunter is down" } });
        }
        _ => {}
    }
    match (work, address) {
        ("enrich", Some(address)) if random.chance(300) => {
            json!({ "facts": { "facts": [
                { "field": "email", "value": address, "source": source },
                { "field": "title", "value": "CTO", "source": source },
            ] } })
        }
        ("enrich", _) => json!({ "facts": { "facts": [] } }),
        ("find", Some(address)) if random.chance(800) => {
            let found = json!({ "address": address, "score": 90, "source": source,
                "isVerified": random.chance(200) });
            json!({ "found": found })
        }
        ("find", _) => json!({ "notFound": { "reason": "nobody knows" } }),
        _ => {
            let verdict =
                *random.pick(&["valid", "valid", "catchAll", "invalid", "unknown", "unasked"]);
            json!({ "verified": { "verdict": verdict, "source": source } })
        }
    }
}
