//! Changing a team.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::tickets::check_version;
use schema::room::team::{ChangeTeam, Team, TeamBefore, TeamChanged};
use schema::{Permission, Reject};

/// Changes a team. Event `team.changed`, none where nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` with `details.teamId` where the
/// name is taken.
pub fn change_team(ctx: &mut Ctx<'_>, input: &ChangeTeam) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let before = super::find(ctx, input.team_id)?;
    check_version(input.if_version, before.version)?;
    let mut team = before.clone();
    if let Some(name) = &input.name {
        team.name = super::name(name)?;
        super::check_name(ctx, &team.name, Some(team.id))?;
    }
    if let Some(description) = &input.description {
        team.description = super::description(description.as_deref())?;
    }
    if let Some(members) = &input.member_ids {
        team.member_ids = super::members(ctx, members, &before.member_ids)?;
    }
    save(ctx, before, team)
}

/// Writes a team that may have changed: row, members, event.
///
/// # Errors
/// A storage fault.
pub fn save(ctx: &mut Ctx<'_>, before: Team, mut team: Team) -> Result<Reply, Reject> {
    if team == before {
        return Reply::of(&team);
    }
    team.version += 1;
    team.updated_at = ctx.now;
    store::update(ctx.sql, &team, &super::key(&team.name))?;
    if team.member_ids != before.member_ids {
        store::remove_members(ctx.sql, team.id, &before.member_ids, &team.member_ids)?;
        store::add_members(ctx.sql, team.id, &team.member_ids)?;
    }
    let data = TeamChanged { before: difference(before, &team), team };
    ctx.event("team.changed", None, &data)?;
    Reply::of(&data.team)
}

fn difference(before: Team, after: &Team) -> TeamBefore {
    TeamBefore {
        name: Some(before.name).filter(|name| *name != after.name),
        description: Some(before.description).filter(|text| *text != after.description),
        member_ids: Some(before.member_ids).filter(|ids| *ids != after.member_ids),
    }
}
