//! The agents who follow a ticket.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::ids::AgentId;
use schema::room::attention::Follower;

const OF_TICKET: &str =
    "select agent_id, since from followers where ticket = ? order by agent_id limit 1000";

/// Who follows a ticket.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(sql: &dyn Sql, ticket: i64) -> Result<Vec<Follower>, Fault> {
    let rows = sql.exec(OF_TICKET, &[ticket.into()])?;
    rows.iter().map(|row| Ok(Follower { agent_id: row.id(0)?, since: row.integer(1)? })).collect()
}

const INSERT: &str = "insert into followers (ticket, agent_id, since) values (?, ?, ?)";

/// Adds a follower.
///
/// # Errors
/// A storage fault, also where they are one already.
pub fn insert(sql: &dyn Sql, ticket: i64, agent: AgentId, now: Millis) -> Result<(), Fault> {
    sql.exec(INSERT, &[ticket.into(), agent.to_string().into(), now.into()]).map(drop)
}

const REMOVE: &str = "delete from followers where ticket = ? and agent_id = ?";

/// Removes a follower.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, ticket: i64, agent: AgentId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[ticket.into(), agent.to_string().into()]).map(drop)
}

const REMOVE_ALL: &str = "delete from followers where ticket = ?";

/// Removes all followers of a ticket.
///
/// # Errors
/// A storage fault.
pub fn remove_all(sql: &dyn Sql, ticket: i64) -> Result<(), Fault> {
    sql.exec(REMOVE_ALL, &[ticket.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[OF_TICKET, INSERT, REMOVE, REMOVE_ALL];
