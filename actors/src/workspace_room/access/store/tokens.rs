//! Refresh tokens and realtime tickets, by their hashes.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::ids::{AgentId, SessionId};

/// A refresh token that was given out.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// The session that it belongs to.
    pub session: SessionId,
    /// Whether another has taken its place.
    pub rotated: bool,
}

const FIND: &str = "select session_id, rotated_at is not null from refresh_tokens where hash = ?";

/// The token of this hash.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, hash: &str) -> Result<Option<Given>, Fault> {
    let Some(row) = sql.first(FIND, &[hash.into()])? else { return Ok(None) };
    Ok(Some(Given { session: row.id(0)?, rotated: row.flag(1)? }))
}

const INSERT: &str = "insert into refresh_tokens (hash, session_id, rotated_at)
    values (?, ?, null)";

/// Adds the token that counts.
///
/// # Errors
/// A storage fault, also where the hash is known already.
pub fn insert(sql: &dyn Sql, hash: &str, session: SessionId) -> Result<(), Fault> {
    sql.exec(INSERT, &[hash.into(), session.to_string().into()]).map(drop)
}

const ROTATE: &str = "update refresh_tokens set rotated_at = ? where hash = ?";

/// Notes that another token took the place of this one.
///
/// # Errors
/// A storage fault.
pub fn rotate(sql: &dyn Sql, hash: &str, now: Millis) -> Result<(), Fault> {
    sql.exec(ROTATE, &[now.into(), hash.into()]).map(drop)
}

const FORGET: &str = "delete from refresh_tokens where session_id = ? and rotated_at <= ?";

/// Forgets the tokens of a session that were replaced at `until` or before.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, session: SessionId, until: Millis) -> Result<(), Fault> {
    sql.exec(FORGET, &[session.to_string().into(), until.into()]).map(drop)
}

const INSERT_TICKET: &str = "insert into realtime_tickets (hash, session_id, expires_at)
    values (?, ?, ?)";

/// Adds a ticket.
///
/// # Errors
/// A storage fault, also where the hash is known already.
pub fn insert_ticket(
    sql: &dyn Sql,
    hash: &str,
    session: SessionId,
    expires_at: Millis,
) -> Result<(), Fault> {
    let params = [hash.into(), session.to_string().into(), expires_at.into()];
    sql.exec(INSERT_TICKET, &params).map(drop)
}

/// A ticket that is good for one connection.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    /// The session that it was made by.
    pub session: SessionId,
    /// Whose session.
    pub agent: AgentId,
    /// Until when it is good.
    pub expires_at: Millis,
}

const FIND_TICKET: &str = "select t.session_id, s.agent_id, t.expires_at
    from realtime_tickets t join sessions s on s.id = t.session_id where t.hash = ?";

/// The ticket of this hash.
///
/// # Errors
/// A storage fault.
pub fn find_ticket(sql: &dyn Sql, hash: &str) -> Result<Option<Ticket>, Fault> {
    let Some(row) = sql.first(FIND_TICKET, &[hash.into()])? else { return Ok(None) };
    Ok(Some(Ticket { session: row.id(0)?, agent: row.id(1)?, expires_at: row.integer(2)? }))
}

const REMOVE_TICKET: &str = "delete from realtime_tickets where hash = ?";

/// Uses a ticket up.
///
/// # Errors
/// A storage fault.
pub fn remove_ticket(sql: &dyn Sql, hash: &str) -> Result<(), Fault> {
    sql.exec(REMOVE_TICKET, &[hash.into()]).map(drop)
}

const FORGET_TICKETS: &str =
    "delete from realtime_tickets where session_id = ? and expires_at <= ?";

/// Forgets the tickets of a session that are no longer good.
///
/// # Errors
/// A storage fault.
pub fn forget_tickets(sql: &dyn Sql, session: SessionId, now: Millis) -> Result<(), Fault> {
    sql.exec(FORGET_TICKETS, &[session.to_string().into(), now.into()]).map(drop)
}

const COUNT_TICKETS: &str = "select count(*) from realtime_tickets where session_id = ?";

/// How many unused tickets a session has.
///
/// # Errors
/// A storage fault.
pub fn count_tickets(sql: &dyn Sql, session: SessionId) -> Result<i64, Fault> {
    let row = sql.first(COUNT_TICKETS, &[session.to_string().into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}
