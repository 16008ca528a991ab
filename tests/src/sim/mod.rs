//! The simulator: the actors and everything around them, in one thread, driven by one number.
//!
//! A seed decides what is asked, what goes wrong, and when. Reading order: [`world`] (the agenda) →
//! [`object`] and [`disk`] (one Durable Object, and how it dies), [`shelf`] (thousands of them) →
//! [`turns`], [`alarms`], [`outboxes`], [`effects`] (what objects do) → [`d1`], [`post`],
//! [`mailboxes`], [`clients`], [`sockets`] (the world outside) → [`plan`] (what is asked) →
//! [`faults`] (what goes wrong) → [`check`] (what must hold) → [`run`] (one seed) → [`report`]
//! (many seeds) → [`planted`] (bugs that must be found) → [`weeks`] (outreach to many, for eight
//! weeks).

pub mod alarms;
pub mod check;
pub mod clients;
pub mod clock;
pub mod d1;
pub mod disk;
pub mod effects;
pub mod faults;
pub mod machine;
pub mod mailboxes;
pub mod object;
pub mod outboxes;
pub mod plan;
pub mod planted;
pub mod post;
pub mod random;
pub mod regressions;
pub mod report;
pub mod run;
pub mod shelf;
pub mod sockets;
pub mod trace;
pub mod turns;
pub mod weeks;
pub mod world;
