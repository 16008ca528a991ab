//! The sessions: one log-in of one agent each.

use super::agents::role;
use crate::kernel::{Fault, Sql};
use schema::ids::{AgentId, SessionId};
use schema::{Millis, Role};

/// What decides whether a session may act.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The agent's role now.
    pub role: Role,
    /// Whether the agent may act at all.
    pub active: bool,
    /// The epoch that a token must have.
    pub epoch: i64,
    /// When the session ends.
    pub expires_at: Millis,
}

const STANDING: &str = "select a.role, a.active, a.epoch, s.expires_at
    from sessions s join agents a on a.id = s.agent_id where s.id = ? and s.agent_id = ?";

/// How a session of an agent stands; none where there is no such session.
///
/// # Errors
/// A storage fault.
pub fn standing(
    sql: &dyn Sql,
    session: SessionId,
    agent: AgentId,
) -> Result<Option<Standing>, Fault> {
    let params = [session.to_string().into(), agent.to_string().into()];
    let Some(row) = sql.first(STANDING, &params)? else { return Ok(None) };
    Ok(Some(Standing {
        role: role(&row, 0)?,
        active: row.flag(1)?,
        epoch: row.integer(2)?,
        expires_at: row.integer(3)?,
    }))
}

/// A session.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub agent: AgentId,
    /// When the agent logged in.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
}

const FIND: &str = "select id, agent_id, created_at, expires_at from sessions where id = ?";

/// A session by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: SessionId) -> Result<Option<Session>, Fault> {
    let Some(row) = sql.first(FIND, &[id.to_string().into()])? else { return Ok(None) };
    Ok(Some(Session {
        id: row.id(0)?,
        agent: row.id(1)?,
        created_at: row.integer(2)?,
        expires_at: row.integer(3)?,
    }))
}

const INSERT: &str = "insert into sessions (id, agent_id, created_at, expires_at)
    values (?, ?, ?, ?)";

/// Adds a session.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, session: &Session) -> Result<(), Fault> {
    let params = [
        session.id.to_string().into(),
        session.agent.to_string().into(),
        session.created_at.into(),
        session.expires_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const EXTEND: &str = "update sessions set expires_at = ? where id = ?";

/// Moves the end of a session.
///
/// # Errors
/// A storage fault.
pub fn extend(sql: &dyn Sql, id: SessionId, expires_at: Millis) -> Result<(), Fault> {
    sql.exec(EXTEND, &[expires_at.into(), id.to_string().into()]).map(drop)
}

const OF_AGENT: &str =
    "select id from sessions where agent_id = ? order by created_at desc, id desc";

/// The sessions of an agent, the latest first.
///
/// # Errors
/// A storage fault.
pub fn of_agent(sql: &dyn Sql, agent: AgentId) -> Result<Vec<SessionId>, Fault> {
    sql.exec(OF_AGENT, &[agent.to_string().into()])?.iter().map(|row| row.id(0)).collect()
}

const REMOVE: &str = "delete from sessions where id = ?";

/// Ends a session, its tokens and tickets with it.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: SessionId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

const REMOVE_ALL: &str = "delete from sessions where agent_id = ?";

/// Ends all sessions of an agent.
///
/// # Errors
/// A storage fault.
pub fn remove_all(sql: &dyn Sql, agent: AgentId) -> Result<(), Fault> {
    sql.exec(REMOVE_ALL, &[agent.to_string().into()]).map(drop)
}

const REMOVE_OTHERS: &str = "delete from sessions where agent_id = ? and id <> ?";

/// Ends all sessions of an agent but one.
///
/// # Errors
/// A storage fault.
pub fn remove_others(sql: &dyn Sql, agent: AgentId, kept: SessionId) -> Result<(), Fault> {
    sql.exec(REMOVE_OTHERS, &[agent.to_string().into(), kept.to_string().into()]).map(drop)
}

const EXPIRED: &str = "select id from sessions where expires_at <= ? order by expires_at limit ?";

/// The sessions that have ended by now, at most `limit`.
///
/// # Errors
/// A storage fault.
pub fn expired(sql: &dyn Sql, now: Millis, limit: i64) -> Result<Vec<SessionId>, Fault> {
    sql.exec(EXPIRED, &[now.into(), limit.into()])?.iter().map(|row| row.id(0)).collect()
}

const NEXT_EXPIRY: &str = "select min(expires_at) from sessions";

/// When the next session ends.
///
/// # Errors
/// A storage fault.
pub fn next_expiry(sql: &dyn Sql) -> Result<Option<Millis>, Fault> {
    sql.first(NEXT_EXPIRY, &[])?.map_or(Ok(None), |row| row.integer_or_null(0))
}
