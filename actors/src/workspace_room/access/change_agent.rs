//! `changeAgent`: another role, another name, in or out.
//!
//! Who: who manages; an agent who is, or becomes, admin or owner is changed by owners alone;
//! everybody changes their own name, by an API key only where that may work. A role counts from the
//! agent's next request on, and for what their connections see; one who is made inactive loses
//! every session and connection, and the link to the account at Microsoft. Who may no longer work
//! loses their claims. Events: `agent.changed`, `ticket.released`.
//! Refuses: `conflict` where no active owner would be left.

use super::authorise::{Member, require, require_self};
use super::invite::needed_for;
use super::store::agents;
use super::{check, link_identity, open};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::attention;
use schema::room::access::{Agent, AgentBefore, AgentChanged, ChangeAgent};
use schema::summary::Table;
use schema::{Code, Permission, Reject, Role};

/// Changes an agent.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`, `invalid_input`, `version_mismatch`, `conflict`.
pub fn change_agent(ctx: &mut Ctx<'_>, input: &ChangeAgent) -> Result<Reply, Reject> {
    let member = require(ctx, Permission::Read)?;
    let before = authorised_target(ctx, member, input)?;
    must_be_seen(before.version, input.if_version)?;
    let name = input.name.as_deref().map(|name| check::name("name", name)).transpose()?;
    let mut after = Agent {
        name: name.unwrap_or_else(|| before.name.clone()),
        role: input.role.unwrap_or(before.role),
        active: input.active.unwrap_or(before.active),
        ..before.clone()
    };
    if after == before {
        return Reply::of(&after);
    }
    if owns(&before) && !owns(&after) && !agents::other_owner(ctx.sql, before.id)? {
        return Err(Reject::conflict("the last owner stays: make another one first"));
    }
    after.version += 1;
    after.updated_at = ctx.now;
    agents::update(ctx.sql, &after)?;
    if before.active && !after.active {
        open::end_all(ctx, after.id)?;
        link_identity::unlink(ctx, after.id)?;
    }
    if before.role != after.role {
        ctx.regrade(after.id, after.role);
    }
    let changed = AgentChanged { agent: after.clone(), before: difference(&before, &after) };
    ctx.event("agent.changed", None, &changed)?;
    if works(&before) && !works(&after) {
        attention::withdraw(ctx, after.id)?;
    }
    ctx.summarise(Table::Workspaces, &ctx.principal.workspace.to_string())?;
    Reply::of(&after)
}

/// Finds whom the caller may change in this way.
fn authorised_target(ctx: &Ctx<'_>, member: Member, input: &ChangeAgent) -> Result<Agent, Reject> {
    let own_name =
        member.agent == Some(input.agent_id) && input.role.is_none() && input.active.is_none();
    if own_name {
        require_self(ctx)?;
    } else {
        require(ctx, input.role.map_or(Permission::Manage, needed_for))?;
    }
    let known = agents::find(ctx.sql, input.agent_id)?.ok_or_else(|| Reject::not_found("agent"))?;
    if !own_name {
        require(ctx, needed_for(known.agent.role))?;
    }
    Ok(known.agent)
}

/// Refuses a change of something that the caller has not seen as it is.
///
/// # Errors
/// `version_mismatch`, with the version as `details.version`.
pub fn must_be_seen(version: i64, seen: Option<i64>) -> Result<(), Reject> {
    if seen.is_none_or(|seen| seen == version) {
        return Ok(());
    }
    let details = serde_json::json!({ "version": version });
    Err(Reject::new(Code::VersionMismatch, "it was changed in the meantime: fetch it again")
        .with(details))
}

fn difference(before: &Agent, after: &Agent) -> AgentBefore {
    AgentBefore {
        role: Some(before.role).filter(|role| *role != after.role),
        active: Some(before.active).filter(|active| *active != after.active),
        name: Some(before.name.clone()).filter(|name| *name != after.name),
    }
}

fn works(agent: &Agent) -> bool {
    agent.active && agent.role.may(Permission::Work)
}

fn owns(agent: &Agent) -> bool {
    agent.active && agent.role == Role::Owner
}
