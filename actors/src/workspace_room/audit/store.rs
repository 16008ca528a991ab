//! The entries of the audit.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::{AgentId, ApiKeyId, SessionId};

/// Every statement, for the test that none of them scans a table.
#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[INSERT, LIST, LIST_OF_AGENT];

/// An entry to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct New<'a> {
    /// When.
    pub at: Millis,
    /// What.
    pub kind: &'a str,
    /// Who, where it was an agent.
    pub agent: Option<AgentId>,
    /// In which log-in.
    pub session: Option<SessionId>,
    /// With which key.
    pub api_key: Option<ApiKeyId>,
    /// From where.
    pub address: Option<&'a str>,
    /// The number of its event.
    pub seq: Option<i64>,
    /// What it is about, where it has no event.
    pub json: Option<&'a str>,
}

const INSERT: &str = "insert into audit
    (at, kind, agent_id, session_id, api_key_id, address, seq, json)
    values (?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds an entry.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, new: &New<'_>) -> Result<(), Fault> {
    let params = [
        new.at.into(),
        new.kind.into(),
        new.agent.map(|id| id.to_string()).into(),
        new.session.map(|id| id.to_string()).into(),
        new.api_key.map(|id| id.to_string()).into(),
        new.address.into(),
        new.seq.into(),
        new.json.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

/// An entry that is there.
#[derive(Debug)]
pub struct Stored {
    /// Its number.
    pub number: i64,
    /// When.
    pub at: Millis,
    /// What.
    pub kind: String,
    /// Who, where it was an agent.
    pub agent: Option<AgentId>,
    /// In which log-in.
    pub session: Option<SessionId>,
    /// With which key.
    pub api_key: Option<ApiKeyId>,
    /// From where.
    pub address: Option<String>,
    /// The number of its event.
    pub seq: Option<i64>,
    /// The event, or what it is about.
    pub json: String,
}

const LIST: &str = "select a.number, a.at, a.kind, a.agent_id, a.session_id, a.api_key_id,
    a.address, a.seq, coalesce(a.json, e.json)
    from audit a left join events e on e.seq = a.seq
    where a.number < ? order by a.number desc limit ?";

const LIST_OF_AGENT: &str = "select a.number, a.at, a.kind, a.agent_id, a.session_id, a.api_key_id,
    a.address, a.seq, coalesce(a.json, e.json)
    from audit a left join events e on e.seq = a.seq
    where a.agent_id = ? and a.number < ? order by a.number desc limit ?";

/// The entries before a number, the latest first; those of one agent, or of all.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    agent: Option<AgentId>,
    before: i64,
    limit: i64,
) -> Result<Vec<Stored>, Fault> {
    let rows = match agent {
        Some(agent) => {
            sql.exec(LIST_OF_AGENT, &[agent.to_string().into(), before.into(), limit.into()])?
        }
        None => sql.exec(LIST, &[before.into(), limit.into()])?,
    };
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Stored, Fault> {
    Ok(Stored {
        number: row.integer(0)?,
        at: row.integer(1)?,
        kind: row.text(2)?,
        agent: row.id_or_null(3)?,
        session: row.id_or_null(4)?,
        api_key: row.id_or_null(5)?,
        address: row.text_or_null(6)?,
        seq: row.integer_or_null(7)?,
        json: row.text(8)?,
    })
}
