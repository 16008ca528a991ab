//! `npm run bench`: Postroom beside what its users would pick instead.
//!
//! [`drive`] plays one phase against one target that runs already, with one thread and bare
//! sockets, and says how busy it was itself; [`report`] makes of all outcomes tables, ratios and
//! plots. What starts the targets, and in which order, is `tests/bench/run.mjs`.

pub mod clock;
pub mod fanout;
pub mod gauge;
pub mod http;
pub mod machine;
pub mod net;
pub mod report;
pub mod requests;
pub mod scene;
pub mod seats;
pub mod speech;
pub mod tally;
pub mod ws;

use fanout::Writing;
use scene::{Outcome, Phase, Scene};
use std::io;

/// Plays a scene.
pub fn drive(scene: &Scene) -> io::Result<Outcome> {
    match scene.phase {
        Phase::Get { clients } => requests::run(scene, clients, 200, &|_, _| scene.get()),
        Phase::List { clients } => {
            requests::run(scene, clients, 200, &|_, _| scene.list(&scene.rooms[0]))
        }
        Phase::Append { writers, rooms } => requests::run(scene, writers, 201, &|client, n| {
            scene.append(&scene.rooms[client % rooms], n)
        }),
        Phase::Speak { rooms, frames_max } => fanout::speak(scene, rooms, frames_max),
        Phase::Fanout { rooms, sockets, writers, rate } => {
            fanout::fanout(scene, Writing { rooms, sockets, writers, rate })
        }
        Phase::Join { sockets } => fanout::join(scene, sockets),
    }
}
