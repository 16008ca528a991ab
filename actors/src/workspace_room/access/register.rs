//! `register`: a workspace begins, with its owner and the owner's first session.
//!
//! Who: a visitor. Changes: the workspace's row, an agent, a session. Events: `workspace.created`
//! and `agent.joined`, both by the owner. Refuses: `conflict` where the workspace exists.

use super::authorise::require_visitor;
use super::store::{agents, workspace};
use super::{check, open};
use crate::kernel::{Ctx, Reply};
use schema::event::By;
use schema::ids::AgentId;
use schema::room::access::{Agent, AgentEvent, Opened, Register, WorkspaceEvent};
use schema::summary::Table;
use schema::{Reject, Role};

/// Registers the workspace.
///
/// # Errors
/// `forbidden`, `invalid_input`, `conflict`.
pub fn register(ctx: &mut Ctx<'_>, input: &Register) -> Result<Reply, Reject> {
    require_visitor(ctx)?;
    let name = check::name("name", &input.name)?;
    let email = schema::check::email("ownerEmail", &input.owner_email)?;
    let owner_name = check::name("ownerName", &input.owner_name)?;
    check::password_hash("passwordHash", &input.password_hash)?;
    check::hash("refreshHash", &input.refresh_hash)?;
    if workspace::registered(ctx.sql)? {
        return Err(Reject::conflict("this workspace is registered"));
    }
    let id = ctx.principal.workspace;
    workspace::insert(ctx.sql, id, &name, ctx.now)?;
    let agent = Agent {
        id: AgentId(ctx.uuid()),
        email,
        name: owner_name,
        role: Role::Owner,
        active: true,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    let owner = agents::Known { agent, password_hash: input.password_hash.clone(), epoch: 1 };
    agents::insert(ctx.sql, &owner)?;
    let opened: Opened = open::session(ctx, owner, &input.refresh_hash)?;
    let by = By::Agent { id: opened.agent.id };
    let workspace = opened.workspace.clone();
    ctx.event_by(&by, "workspace.created", None, &WorkspaceEvent { workspace })?;
    let agent = opened.agent.clone();
    ctx.event_by(&by, "agent.joined", None, &AgentEvent { agent })?;
    ctx.summarise(Table::Workspaces, &id.to_string())?;
    Reply::of(&opened)
}
