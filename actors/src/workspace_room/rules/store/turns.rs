//! Whose turn it was last, and how much each agent has to do.

use crate::kernel::{Fault, Sql};
use schema::ids::AgentId;

const LAST: &str = "select agent_id from assign_turns where team = ?";

/// Whose turn it was last in a team.
///
/// # Errors
/// A storage fault.
pub fn last(sql: &dyn Sql, team: &str) -> Result<Option<AgentId>, Fault> {
    sql.first(LAST, &[team.into()])?.map(|row| row.id(0)).transpose()
}

const SET: &str = "insert into assign_turns (team, agent_id) values (?, ?)
    on conflict (team) do update set agent_id = excluded.agent_id";

/// Notes whose turn it was.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, team: &str, agent: AgentId) -> Result<(), Fault> {
    sql.exec(SET, &[team.into(), agent.to_string().into()]).map(drop)
}

const LOAD: &str = "select count(*) from tickets
    where assignee_id = ? and status in ('open', 'pending', 'waiting') and deleted_at is null";

/// How many tickets an agent has that are not done.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql, agent: AgentId) -> Result<i64, Fault> {
    sql.first(LOAD, &[agent.to_string().into()])?.map_or(Ok(0), |row| row.integer(0))
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[LAST, SET, LOAD];
