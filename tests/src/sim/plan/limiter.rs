//! Requests at rate limiters, in bursts, and at the object that knows dead letters.

use super::About;
use crate::sim::clients::{Op, Via};
use crate::sim::world::World;
use schema::ActorKind;
use schema::alert::Alert;
use schema::dead_letter::NAME;
use schema::limiter::LimitKind;
use schema::pipeline::Queue;
use serde_json::{Value, json};
use uuid::Uuid;

/// A burst of checks, or word from a provider.
pub fn limits(world: &mut World, tenant: usize) {
    let system = world.plan.tenants[tenant].system();
    let random = &mut world.plan.random;
    if random.chance(50) {
        let name = (ActorKind::RateLimiter, format!("{}/{NAME}", system.workspace));
        let command = json!({ "pipeline": of_pipeline(world) }).to_string();
        let op = Op::new(name, system, command, About::Other);
        world.begin_op(op.keyless());
        return;
    }
    let random = &mut world.plan.random;
    let kind = *random.pick(&LimitKind::ALL);
    let what = random.below(2);
    let most = kind.quotas().iter().map(|quota| i64::from(quota.burst)).min().unwrap_or(1).min(3);
    let name = (ActorKind::RateLimiter, kind.instance(system.workspace, &format!("w{what}")));
    let count = if random.chance(300) { 15 } else { 2 };
    for _ in 0..count {
        let random = &mut world.plan.random;
        let cost = random.between(1, most);
        let command = match random.below(100) {
            0..90 => json!({ "check": { "kind": kind, "cost": cost } }),
            90..94 => json!({ "report": { "kind": kind, "outcome": "failed" } }),
            94..96 => json!({ "report": { "kind": kind, "outcome": "ok" } }),
            96..98 => {
                let ms = *random.pick(&[1_000, 60_000, 1_000_000_000_000_i64]);
                json!({ "report": { "kind": kind, "outcome": { "retryAfter": { "ms": ms } } } })
            }
            _ => json!({ "status": {} }),
        };
        let op = Op::new(name.clone(), system.clone(), command.to_string(), About::Other);
        world.begin_op(op.keyless());
    }
}

/// A message that tells of trouble is consumed: the object that rings hears of it.
pub fn ring(world: &mut World, alert: &Alert) {
    let mut tenants = world.plan.tenants.iter();
    let Some(tenant) = tenants.position(|tenant| tenant.id == alert.workspace_id) else {
        let text = format!("an alert of workspace {}", alert.workspace_id);
        return world.violate("7 tenants never meet", text);
    };
    world.note_alert(alert);
    let system = world.plan.tenants[tenant].system();
    let name = (ActorKind::RateLimiter, format!("{}/{NAME}", system.workspace));
    let bell = json!({ "url": "https://alerts.example/in" });
    let command = json!({ "pipeline": { "ring": { "alert": alert, "bell": bell } } });
    let op = Op::new(name, system, command.to_string(), About::Other).via(Via::Queue);
    world.begin_op(op);
}

/// What the consumers of queues tell, and what operators ask, about one of three dead letters.
fn of_pipeline(world: &mut World) -> Value {
    let now = world.clock.wall();
    let random = &mut world.plan.random;
    let id = Uuid::from_u128(u128::from(random.below(3)));
    let queue = *random.pick(&Queue::ALL);
    let bell = json!({ "url": "https://alerts.example/in" });
    let letter = json!({ "id": id, "queue": queue, "reason": "it is no message", "attempts": 1,
        "sentAt": now, "diedAt": now });
    let meeting = json!({ "workspaceId": id, "campaignId": id, "prospectId": id, "at": now });
    match random.below(6) {
        0 => json!({ "consumed": { "queue": queue, "done": 3, "again": 1, "buried": 0 } }),
        1 => json!({ "keepLetter": { "letter": letter, "bell": bell } }),
        2 => json!({ "dropLetter": { "id": id, "bell": bell } }),
        3 => json!({ "listLetters": { "limit": 10 } }),
        4 => json!({ "meeting": { "asked": meeting, "bell": bell } }),
        _ => json!({ "getQueues": {} }),
    }
}
