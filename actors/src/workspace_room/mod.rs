//! The `WorkspaceRoom` actor: one per workspace.
//!
//! It owns the workspace's agents, users, tickets and comments, the event log, and the sockets of
//! everybody who watches. It promises that events have no gap, that a committed change reaches every
//! socket of the room in order, and that a scheduled comment is published once.

pub mod access;

use crate::kernel::{Actor, Ctx, Migration, Reply};
use schema::room::RoomCommand;
use schema::{ActorKind, Permission, Reject};

/// The actor.
pub enum Core {}

impl Actor for Core {
    const KIND: ActorKind = ActorKind::WorkspaceRoom;
    const MIGRATIONS: &'static [Migration] = &[access::MIGRATION, DESK];
    type Command = RoomCommand;

    fn handle(_ctx: &mut Ctx<'_>, command: RoomCommand) -> Result<Reply, Reject> {
        match command {
            // The commands of access and of the desk are joined here as they land.
            _ => Err(Reject::not_found("command")),
        }
    }

    fn authorise(ctx: &mut Ctx<'_>, permission: Permission) -> Result<(), Reject> {
        access::authorise::require(ctx, permission).map(drop)
    }
}

/// The tables of the desk.
const DESK: Migration = Migration {
    name: "workspace_room/0002_desk",
    sql: include_str!("../../../schema/migrations/workspace_room/0002_desk.sql"),
};
