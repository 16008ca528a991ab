//! Who alone may answer a ticket, and until when.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::frame::AtTicket;
use schema::ids::{AgentId, TicketId};
use schema::room::ticket::Claim;

const SET: &str = "update tickets set claimed_by = ?, claimed_until = ? where number = ?";

/// Writes who alone may answer.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, ticket: i64, claim: Option<Claim>) -> Result<(), Fault> {
    let agent = claim.map(|claim| claim.agent_id.to_string());
    let until = claim.map(|claim| claim.until);
    sql.exec(SET, &[agent.into(), until.into(), ticket.into()]).map(drop)
}

const LIVE: &str = "select id, claimed_by, claimed_until from tickets
    where claimed_until > ? and deleted_at is null order by claimed_until desc limit ?";

/// The claims that hold, those that last longest first.
///
/// # Errors
/// A storage fault.
pub fn live(sql: &dyn Sql, now: Millis, limit: i64) -> Result<Vec<AtTicket>, Fault> {
    let rows = sql.exec(LIVE, &[now.into(), limit.into()])?;
    let claims = rows.iter().map(|row| {
        Ok(AtTicket { ticket_id: row.id(0)?, agent_id: row.id(1)?, until: row.integer(2)? })
    });
    claims.collect()
}

const OF_AGENT: &str = "select number, id from tickets
    where claimed_until > ? and claimed_by = ? order by claimed_until limit ?";

/// The tickets that an agent has claimed.
///
/// # Errors
/// A storage fault.
pub fn of_agent(
    sql: &dyn Sql,
    agent: AgentId,
    now: Millis,
    limit: i64,
) -> Result<Vec<(i64, TicketId)>, Fault> {
    let rows = sql.exec(OF_AGENT, &[now.into(), agent.to_string().into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.id(1)?))).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[SET, LIVE, OF_AGENT];
