//! Teams: groups of agents that tickets can be given to.
//!
//! Everybody who reads sees them, who manages changes them. A deleted team is gone for every
//! command; its row stays for the tickets that name it, and its name is free again.

pub mod change;
pub mod create;
pub mod delete;
pub mod members;
pub mod read;
pub mod store;

#[cfg(test)]
mod tests;

use super::access;
use crate::kernel::Ctx;
use schema::ids::{AgentId, TeamId};
use schema::room::team::{DESCRIPTION_CHARS_MAX, MEMBERS_MAX, NAME_CHARS_MAX, Team};
use schema::sort::SortSmall;
use schema::{Reject, check};

/// A team that is not deleted.
///
/// # Errors
/// `not_found`.
pub fn find(ctx: &Ctx<'_>, id: TeamId) -> Result<Team, Reject> {
    store::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("team"))
}

/// Refuses a team that a field names and that is not there.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn check_named(ctx: &Ctx<'_>, field: &str, id: TeamId) -> Result<(), Reject> {
    match store::find(ctx.sql, id)? {
        Some(_) => Ok(()),
        None => Err(Reject::field(field, "must be a team of the workspace")),
    }
}

/// A name as it is kept.
pub(super) fn name(name: &str) -> Result<String, Reject> {
    check::line("name", name, NAME_CHARS_MAX)
}

/// A description as it is kept.
pub(super) fn description(text: Option<&str>) -> Result<Option<String>, Reject> {
    text.map(|text| check::text("description", text, DESCRIPTION_CHARS_MAX)).transpose()
}

/// Refuses a name that another team has.
fn check_name(ctx: &Ctx<'_>, name: &str, own: Option<TeamId>) -> Result<(), Reject> {
    match store::id_of_name(ctx.sql, &key(name))? {
        Some(other) if Some(other) != own => {
            Err(Reject::conflict("there is another team of this name")
                .with(serde_json::json!({ "teamId": other })))
        }
        _ => Ok(()),
    }
}

/// What names are compared by.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// Members as they are kept: in order, each once; those who are new must be active.
fn members(ctx: &Ctx<'_>, asked: &[AgentId], before: &[AgentId]) -> Result<Vec<AgentId>, Reject> {
    check::items("memberIds", asked, MEMBERS_MAX)?;
    let mut kept = asked.to_vec();
    kept.sort_small();
    kept.dedup();
    for id in kept.iter().filter(|id| !before.contains(id)) {
        check_member(ctx, "memberIds", *id)?;
    }
    Ok(kept)
}

fn check_member(ctx: &Ctx<'_>, field: &str, id: AgentId) -> Result<(), Reject> {
    let known = access::store::agents::find(ctx.sql, id)?;
    if known.is_some_and(|known| known.agent.active) {
        return Ok(());
    }
    Err(Reject::field(field, "must be active agents of the workspace"))
}
