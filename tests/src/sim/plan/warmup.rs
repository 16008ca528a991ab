//! Reservations at warm-up counters that no inbox stands before: many at once, settled at random.

use super::About;
use crate::sim::clients::Op;
use crate::sim::world::World;
use schema::ActorKind;
use schema::ids::{InboxId, SendId};
use serde_json::json;

/// Zones with different rules.
pub const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];

/// A counter, as far as the plan knows.
#[derive(Debug)]
pub struct Counter {
    /// The inbox that it would belong to.
    pub id: InboxId,
    /// The zone that it is started with.
    pub zone: &'static str,
    /// Whether it was started, as far as the plan was told.
    pub started: bool,
    /// The mails that were asked for.
    pub sends: Vec<SendId>,
}

impl Counter {
    /// A counter that was never asked.
    #[must_use]
    pub const fn new(id: InboxId) -> Self {
        Self { id, zone: "UTC", started: false, sends: Vec::new() }
    }
}

/// A few reservations, a commit, a release, a look.
pub fn slots(world: &mut World, tenant: usize) {
    let system = world.plan.tenants[tenant].system();
    let index = world.plan.random.index(2);
    let counter = &world.plan.tenants[tenant].counters[index];
    let name = world.plan.tenants[tenant].object(ActorKind::WarmupCounter, counter.id);
    if !counter.started {
        let zone = ZONES[usize::from(counter.id.0.as_bytes()[0]) % ZONES.len()];
        world.plan.tenants[tenant].counters[index].zone = zone;
        let command = json!({ "start": { "timeZone": zone } });
        let about = About::WarmupStart(tenant, index);
        world.begin_op(Op::new(name, system, command.to_string(), about));
        return;
    }
    let zone = counter.zone;
    let count = if world.plan.random.chance(200) { 12 } else { 1 };
    for _ in 0..count {
        let id = SendId(world.plan.uuid());
        let random = &mut world.plan.random;
        let sends = &mut world.plan.tenants[tenant].counters[index].sends;
        let known = if sends.is_empty() { id } else { *random.pick(sends) };
        let command = match random.below(100) {
            0..60 => {
                sends.push(id);
                json!({ "reserve": { "sendId": id } })
            }
            60..70 => json!({ "reserve": { "sendId": known } }),
            70..85 => json!({ "commit": { "sendId": known } }),
            85..95 => json!({ "release": { "sendId": known } }),
            // Where it is already: the checks know of no move.
            95 => json!({ "setZone": { "timeZone": zone } }),
            _ => json!({ "status": { "days": 10 } }),
        };
        let op = Op::new(name.clone(), system.clone(), command.to_string(), About::Other);
        world.begin_op(op);
    }
}
