//! The simulator's plans know every command of the room, of inboxes, of warm-up, of limits and of
//! prospects, and every event of the room: a new one that no plan gets done fails.

use schema::ActorKind;
use schema::audience::AUDIENCE;
use schema::codec;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use tests::sim::report;

/// In so many parts of so many seeds each command is asked and done; in how many, chance decides.
const PARTS: u64 = 8;
const SEEDS: u64 = 200;
/// What inboxes and prospects ask of prospects; no plan does.
const BETWEEN_ACTORS: [&str; 5] = ["permit", "record", "claim", "absorb", "forget"];
/// What plans ask of prospects, and seldom of one with whom it can be done.
const SELDOM: [&str; 2] = ["link", "unsuppress"];

/// The names of an actor's commands, from what its reader says to one that it cannot know.
fn names<C: DeserializeOwned>() -> BTreeSet<String> {
    let refusal =
        codec::command_from_json::<C>("makeCoffee", b"{}").err().expect("no such command");
    let (_, list) = refusal.message.split_once("expected one of ").expect("a list of names");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_command_is_asked_and_done_and_every_event_told() {
    let mut of_prospects = names::<schema::prospect::ProspectCommand>();
    of_prospects.retain(|name| !BETWEEN_ACTORS.contains(&&**name) && !SELDOM.contains(&&**name));
    let all = [
        (ActorKind::WorkspaceRoom, names::<schema::room::RoomCommand>()),
        (ActorKind::InboxState, names::<schema::inbox::InboxCommand>()),
        (ActorKind::WarmupCounter, names::<schema::warmup::WarmupCommand>()),
        (ActorKind::RateLimiter, names::<schema::limiter::LimiterCommand>()),
        (ActorKind::ProspectDedup, of_prospects),
    ];
    let (mut done, mut told) = (BTreeSet::new(), BTreeSet::new());
    let mut missing = Vec::new();
    for part in 0..PARTS {
        let summary = report::run_all(2_000 + part * SEEDS, SEEDS, true);
        let failed: Vec<_> = summary.failed.iter().map(report::describe).collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
        done.extend(summary.done);
        told.extend(summary.told.into_keys());
        missing = all
            .iter()
            .flat_map(|(kind, names)| names.iter().map(move |name| (*kind, name.clone())))
            .filter(|known| !done.contains(known))
            .map(|(kind, name)| format!("{kind:?} {name}: no plan gets it done"))
            .collect();
        let untold = AUDIENCE.iter().filter(|(kind, _)| !told.contains(*kind));
        missing.extend(untold.map(|(kind, _)| format!("{kind}: no plan makes a room tell of it")));
        if missing.is_empty() {
            break;
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
