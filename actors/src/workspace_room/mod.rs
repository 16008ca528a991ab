//! The `WorkspaceRoom` actor: one per workspace.
//!
//! It owns the workspace's agents, users, tickets and comments, the event log, and the sockets of
//! everybody who watches. It promises that events have no gap, that a committed change reaches every
//! socket of the room in order, and that a scheduled comment is published once.

pub mod access;

use crate::kernel::actor::Welcome;
use crate::kernel::{Actor, Ctx, Migration, Reply, Timer};
use schema::frame::Connect;
use schema::room::RoomCommand;
use schema::{ActorKind, Permission, Reject};

/// The actor.
pub enum Core {}

impl Actor for Core {
    const KIND: ActorKind = ActorKind::WorkspaceRoom;
    const MIGRATIONS: &'static [Migration] = &[access::MIGRATION, DESK];
    type Command = RoomCommand;

    fn handle(ctx: &mut Ctx<'_>, command: RoomCommand) -> Result<Reply, Reject> {
        match command {
            RoomCommand::Register(input) => access::register::register(ctx, &input),
            RoomCommand::BeginLogin(input) => access::begin_login::begin_login(ctx, &input),
            RoomCommand::Login(input) => access::login::login(ctx, &input),
            RoomCommand::Refresh(input) => access::refresh::refresh(ctx, &input),
            RoomCommand::Logout(input) => access::logout::logout(ctx, &input),
            RoomCommand::LogoutEverywhere(input) => access::logout::logout_everywhere(ctx, &input),
            RoomCommand::ChangePassword(input) => {
                access::change_password::change_password(ctx, &input)
            }
            RoomCommand::Invite(input) => access::invite::invite(ctx, &input),
            RoomCommand::AcceptInvitation(input) => {
                access::accept_invitation::accept_invitation(ctx, &input)
            }
            RoomCommand::RevokeInvitation(input) => {
                access::revoke_invitation::revoke_invitation(ctx, &input)
            }
            RoomCommand::ListInvitations(input) => {
                access::revoke_invitation::list_invitations(ctx, &input)
            }
            RoomCommand::ListAgents(input) => access::list_agents::list_agents(ctx, &input),
            RoomCommand::Me(input) => access::list_agents::me(ctx, &input),
            RoomCommand::ChangeAgent(input) => access::change_agent::change_agent(ctx, &input),
            RoomCommand::CreateRealtimeTicket(input) => {
                access::connect::create_realtime_ticket(ctx, &input)
            }
            RoomCommand::Authorise(input) => access::authorise::authorise(ctx, &input),
            RoomCommand::GetWorkspace(input) => access::workspace::get_workspace(ctx, &input),
            RoomCommand::ChangeWorkspace(input) => access::workspace::change_workspace(ctx, &input),

            // The commands of access and of the desk are joined here as they land.
            _ => Err(Reject::not_found("command")),
        }
    }

    fn authorise(ctx: &mut Ctx<'_>, permission: Permission) -> Result<(), Reject> {
        access::authorise::require(ctx, permission).map(drop)
    }

    fn connect(ctx: &mut Ctx<'_>, connect: &Connect) -> Result<Welcome, Reject> {
        access::connect::connect(ctx, connect)
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        match timer.kind.as_str() {
            access::sweep::SWEEP => access::sweep::sweep(ctx),
            other => Err(Reject::internal(format!("no timer of kind {other}"))),
        }
    }
}

/// The tables of the desk.
const DESK: Migration = Migration {
    name: "workspace_room/0002_desk",
    sql: include_str!("../../../schema/migrations/workspace_room/0002_desk.sql"),
};
