//! Tests of access through the whole room: envelope in, answer, rows and events out.

mod invitations;
mod owners;
mod sessions;
mod world;
