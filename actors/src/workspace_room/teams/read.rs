//! Reading and listing teams.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::TOP;
use schema::page;
use schema::room::team::{GetTeam, ListTeams};
use schema::{Permission, Reject};

/// Reads a team.
///
/// # Errors
/// `not_found`.
pub fn get_team(ctx: &Ctx<'_>, input: &GetTeam) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&super::find(ctx, input.team_id)?)
}

/// Lists teams, the latest first.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list_teams(ctx: &Ctx<'_>, input: &ListTeams) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("teams/{:?}", input.agent_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    let before = position.map_or(TOP, |(_, number)| number);
    let rows = match input.agent_id {
        Some(agent) => store::of_agent(ctx.sql, agent, before, limit + 1)?,
        None => store::list(ctx.sql, before, limit + 1)?,
    };
    let rows = rows.into_iter().map(|(number, team)| ((0, number), team)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}
