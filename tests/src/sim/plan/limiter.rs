//! Requests at rate limiters, in bursts.

use super::About;
use crate::sim::clients::Op;
use crate::sim::world::World;
use schema::ActorKind;
use schema::limiter::LimitKind;
use serde_json::json;

/// A burst of checks, or word from a provider.
pub fn limits(world: &mut World, tenant: usize) {
    let system = world.plan.tenants[tenant].system();
    let random = &mut world.plan.random;
    let kind = *random.pick(&LimitKind::ALL);
    let what = random.below(2);
    let name = (ActorKind::RateLimiter, kind.instance(system.workspace, &format!("w{what}")));
    let count = if random.chance(300) { 15 } else { 2 };
    for _ in 0..count {
        let random = &mut world.plan.random;
        let cost = random.between(1, 3);
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
