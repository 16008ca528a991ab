//! Taking one agent into a team, or out of it: for clients that know of this agent only.

use super::change::save;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use schema::room::team::{AddTeamMember, MEMBERS_MAX, RemoveTeamMember};
use schema::{Permission, Reject};

/// Takes an agent into a team. Event `team.changed`, none where they are in it.
///
/// # Errors
/// `not_found`; `invalid_input` for somebody who is no active agent; `conflict` where the team is
/// full.
pub fn add_team_member(ctx: &mut Ctx<'_>, input: &AddTeamMember) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let before = super::find(ctx, input.team_id)?;
    let mut team = before.clone();
    if let Err(place) = team.member_ids.binary_search(&input.agent_id) {
        super::check_member(ctx, "agentId", input.agent_id)?;
        if team.member_ids.len() >= MEMBERS_MAX {
            return Err(Reject::conflict(format!("a team has at most {MEMBERS_MAX} members")));
        }
        team.member_ids.insert(place, input.agent_id);
    }
    save(ctx, before, team)
}

/// Takes an agent out of a team. Event `team.changed`, none where they are not in it.
///
/// # Errors
/// `not_found`.
pub fn remove_team_member(ctx: &mut Ctx<'_>, input: &RemoveTeamMember) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let before = super::find(ctx, input.team_id)?;
    let mut team = before.clone();
    team.member_ids.retain(|id| *id != input.agent_id);
    save(ctx, before, team)
}
