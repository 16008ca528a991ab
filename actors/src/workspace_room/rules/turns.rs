//! Whose turn it is: the next agent for a ticket.
//!
//! Exact because the room is the one writer: two tickets that come in at the same moment are two
//! steps, and the second one sees what the first one did.

use super::store::turns as store;
use crate::kernel::Ctx;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::teams;
use schema::ids::{AgentId, TeamId};
use schema::room::automation::Turn;
use schema::sort::SortSmall;
use schema::{Permission, Reject};

/// The next agent of a team, or of all: active, and may work.
///
/// # Errors
/// `conflict` where there is nobody; `not_found` where the team is gone.
pub fn next(ctx: &Ctx<'_>, team: Option<TeamId>, by: Turn) -> Result<AgentId, Reject> {
    let members = team.map(|id| teams::find(ctx, id)).transpose()?.map(|team| team.member_ids);
    let mut able: Vec<AgentId> = agents::list(ctx.sql)?
        .into_iter()
        .filter(|agent| agent.active && agent.role.may(Permission::Work))
        .map(|agent| agent.id)
        .filter(|id| members.as_ref().is_none_or(|members| members.contains(id)))
        .collect();
    able.sort_small();
    let last = store::last(ctx.sql, &key(team))?;
    let after = last.map_or(0, |last| able.partition_point(|id| *id <= last));
    let turn = after % able.len().max(1);
    able.rotate_left(turn);
    let nobody = || Reject::conflict("there is no active agent to give it to");
    if by == Turn::Turn {
        return able.first().copied().ok_or_else(nobody);
    }
    let mut least: Option<(i64, AgentId)> = None;
    for id in able {
        let load = store::load(ctx.sql, id)?;
        if least.is_none_or(|(lowest, _)| load < lowest) {
            least = Some((load, id));
        }
    }
    least.map(|(_, id)| id).ok_or_else(nobody)
}

/// Notes whose turn it was.
///
/// # Errors
/// A storage fault.
pub fn took(ctx: &mut Ctx<'_>, team: Option<TeamId>, agent: AgentId) -> Result<(), Reject> {
    Ok(store::set(ctx.sql, &key(team), agent)?)
}

fn key(team: Option<TeamId>) -> String {
    team.map(|id| id.to_string()).unwrap_or_default()
}
