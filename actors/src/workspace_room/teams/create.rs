//! Making a team.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use schema::ids::TeamId;
use schema::room::team::{CreateTeam, TEAMS_MAX, Team, TeamEvent};
use schema::{Permission, Reject};

/// Makes a team. Event `team.created`.
///
/// # Errors
/// `invalid_input`; `conflict` with `details.teamId` where the name is taken, and where there are
/// too many teams.
pub fn create_team(ctx: &mut Ctx<'_>, input: &CreateTeam) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let name = super::name(&input.name)?;
    let description = super::description(input.description.as_deref())?;
    let member_ids = super::members(ctx, &input.member_ids, &[])?;
    super::check_name(ctx, &name, None)?;
    if store::count(ctx.sql)? >= TEAMS_MAX {
        return Err(Reject::conflict(format!("a workspace has at most {TEAMS_MAX} teams")));
    }

    let team = Team {
        id: TeamId(ctx.uuid()),
        name,
        description,
        member_ids,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    store::insert(ctx.sql, &team, &super::key(&team.name))?;
    store::add_members(ctx.sql, team.id, &team.member_ids)?;
    let data = TeamEvent { team };
    ctx.event("team.created", None, &data)?;
    Reply::of(&data.team)
}
