//! `listAgents` and `me`: who works here, and who of them the caller is.

use super::authorise::{require, require_agent};
use super::store::{agents, identities, workspace};
use crate::kernel::{Ctx, Reply};
use schema::room::access::{ListAgents, Me, Own};
use schema::{Permission, Reject};

/// Lists the agents, active or not; there are never more than [`super::AGENTS_MAX`].
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn list_agents(ctx: &mut Ctx<'_>, _: &ListAgents) -> Result<Reply, Reject> {
    require(ctx, Permission::Read)?;
    Reply::of(&agents::list(ctx.sql)?)
}

/// Tells the caller who they are.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn me(ctx: &mut Ctx<'_>, _: &Me) -> Result<Reply, Reject> {
    let (agent, ..) = require_agent(ctx, Permission::Read)?;
    let missing = || Reject::internal("a session without an agent or a workspace");
    let identity = identities::find(ctx.sql, agent)?;
    let agent = agents::find(ctx.sql, agent)?.ok_or_else(missing)?.agent;
    let workspace = workspace::find(ctx.sql)?.ok_or_else(missing)?;
    Reply::of(&Own { workspace, agent, identity })
}
