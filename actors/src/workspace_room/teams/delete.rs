//! Deleting a team.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::tickets::check_version;
use schema::room::team::{DeleteTeam, TeamEvent};
use schema::{Permission, Reject};

/// Deletes a team. Event `team.deleted`.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub fn delete_team(ctx: &mut Ctx<'_>, input: &DeleteTeam) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let team = super::find(ctx, input.team_id)?;
    check_version(input.if_version, team.version)?;

    store::remove_members(ctx.sql, team.id, &team.member_ids, &[])?;
    store::delete(ctx.sql, team.id, ctx.now)?;
    let data = TeamEvent { team };
    ctx.event("team.deleted", None, &data)?;
    Reply::of(&data.team)
}
