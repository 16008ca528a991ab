//! One seed: chaos with checks after every step, then peace, quiet, and the last checks.

use super::clock::DAY_MS;
use super::world::{Happening, Violation, World};
use schema::{ActorKind, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// How long everything may take to become quiet once nothing goes wrong any more: a back-off of an
/// hour, and what it waits for.
const QUIET_MS: Millis = DAY_MS / 8;
/// How long the world goes on after that, so that what is scheduled comes to pass.
const AFTERWARDS_MS: Millis = 2 * DAY_MS + DAY_MS / 8;
/// No seed takes so many steps.
const STEPS_MAX: u64 = 400_000;

/// What came of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was violated, if anything was.
    pub violation: Option<Violation>,
    /// The hash of all that happened.
    pub hash: u64,
    /// How many envelopes, frames and upgrades were served.
    pub commands: u64,
    /// How many turns ran.
    pub turns: u64,
    /// How often each kind of fault struck.
    pub faults: Vec<u64>,
    /// Which rare things were reached.
    pub marks: BTreeMap<&'static str, u64>,
    /// What was asked and done: kinds of objects, and the names of commands.
    pub done: BTreeSet<(ActorKind, String)>,
    /// How many events of each type were told.
    pub told: BTreeMap<String, u64>,
    /// The last lines of the trace.
    pub tail: Vec<String>,
}

/// Runs a seed; `aloud` prints its trace.
#[must_use]
pub fn run(seed: u64, aloud: bool) -> Outcome {
    let mut world = World::new(seed, aloud);
    let faults = world.faults.describe();
    world.say(format_args!("seed {seed}: {faults}"));
    world.set_out();
    chaos(&mut world);
    peace(&mut world);
    let tail = world.trace.last().map(str::to_owned).collect();
    Outcome {
        seed,
        violation: world.violation,
        hash: world.trace.hash(),
        commands: world.commands,
        turns: world.turns,
        faults: world.faults.counts().to_vec(),
        marks: world.marks,
        done: world.done,
        told: world.told,
        tail,
    }
}

fn chaos(world: &mut World) {
    while world.plan.left > 0 && step(world) {}
    // What was asked last meets faults as well.
    let until = world.clock.world() + 600_000;
    pass(world, until);
}

fn peace(world: &mut World) {
    world.say("peace");
    world.faults.stop();
    world.clock.settle();
    world.d1_down = 0;
    world.rearm_all();
    let names: Vec<_> = world.objects.keys().cloned().collect();
    for name in names {
        world.wake_up(&name);
    }
    for client in 0..world.sockets.clients.len() {
        world.after(0, Happening::Connect(client));
    }
    become_quiet(world);
    let until = world.clock.world() + AFTERWARDS_MS;
    pass(world, until);
    become_quiet(world);
    if world.violation.is_none() {
        world.check_promises();
        world.check_outreach_places();
        let before = world.rebuild();
        become_quiet(world);
        if world.violation.is_none() {
            world.check_rebuilt(&before);
        }
    }
}

/// Goes on until nothing waits.
fn become_quiet(world: &mut World) {
    let bound = world.clock.world() + QUIET_MS;
    let mut wait = 0;
    while world.violation.is_none() {
        let until = world.clock.world() + 60_000;
        pass(world, until);
        let Some(why) = world.unquiet() else { return };
        wait += 1;
        if world.clock.world() > bound || wait > QUIET_MS / 60_000 {
            world.violate("17 everything becomes quiet", why);
        }
    }
}

/// Goes on until a time.
fn pass(world: &mut World, until: Millis) {
    while world.next_at().is_some_and(|at| at <= until) && step(world) {}
    world.clock.advance(until);
}

/// One step; false where the run is over.
fn step(world: &mut World) -> bool {
    if world.violation.is_some() {
        return false;
    }
    if world.steps() > STEPS_MAX {
        world.violate("17 everything becomes quiet", "it goes on and on");
        return false;
    }
    world.step()
}
