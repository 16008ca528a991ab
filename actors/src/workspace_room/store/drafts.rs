//! What agents have begun to write.

use super::tickets::word;
use crate::kernel::{Fault, Row, Sql};
use schema::ids::AgentId;
use schema::room::comment::Visibility;
use schema::room::draft::Draft;

/// A draft, and its ticket's number.
pub type Numbered = (i64, Draft);

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select d.ticket, t.id, d.agent_id, d.body, d.visibility, d.shared, d.created_at, \
             d.updated_at, d.version from drafts d cross join tickets t on t.number = d.ticket ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let draft = Draft {
        ticket_id: row.id(1)?,
        agent_id: row.id(2)?,
        body: row.text(3)?,
        visibility: word(row, 4, Visibility::parse)?,
        shared: row.flag(5)?,
        created_at: row.integer(6)?,
        updated_at: row.integer(7)?,
        version: row.integer(8)?,
    };
    Ok((row.integer(0)?, draft))
}

const FIND: &str = columns!("where d.ticket = ? and d.agent_id = ?");

/// An agent's draft on a ticket.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, ticket: i64, agent: AgentId) -> Result<Option<Draft>, Fault> {
    let row = sql.first(FIND, &[ticket.into(), agent.to_string().into()])?;
    row.map(|row| read(&row).map(|(_, draft)| draft)).transpose()
}

const OF_TICKET: &str = columns!(
    "where d.ticket = ? and (d.agent_id = ? or d.shared = 1) order by d.agent_id limit 1000"
);

/// The drafts on a ticket that an agent may see: their own, and those that are shared.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(sql: &dyn Sql, ticket: i64, agent: AgentId) -> Result<Vec<Numbered>, Fault> {
    sql.exec(OF_TICKET, &[ticket.into(), agent.to_string().into()])?.iter().map(read).collect()
}

const OF_AGENT: &str = columns!(
    "where d.agent_id = ? and d.ticket < ? and t.deleted_at is null
    order by d.ticket desc limit ?"
);

/// An agent's drafts, those on the latest tickets first, before a ticket's number.
///
/// # Errors
/// A storage fault.
pub fn of_agent(
    sql: &dyn Sql,
    agent: AgentId,
    before: i64,
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [agent.to_string().into(), before.into(), limit.into()];
    sql.exec(OF_AGENT, &params)?.iter().map(read).collect()
}

const COUNT: &str = "select count(*) from drafts where agent_id = ?";

/// How many drafts an agent has.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, agent: AgentId) -> Result<i64, Fault> {
    sql.first(COUNT, &[agent.to_string().into()])?.map_or(Ok(0), |row| row.integer(0))
}

const PUT: &str = "insert into drafts (ticket, agent_id, body, visibility, shared, created_at,
    updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (ticket, agent_id) do update set body = excluded.body,
    visibility = excluded.visibility, shared = excluded.shared,
    updated_at = excluded.updated_at, version = excluded.version";

/// Keeps a draft on the ticket of a number.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, ticket: i64, draft: &Draft) -> Result<(), Fault> {
    let params = [
        ticket.into(),
        draft.agent_id.to_string().into(),
        (&draft.body).into(),
        draft.visibility.as_str().into(),
        i64::from(draft.shared).into(),
        draft.created_at.into(),
        draft.updated_at.into(),
        draft.version.into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

const REMOVE: &str = "delete from drafts where ticket = ? and agent_id = ?";

/// Throws a draft away.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, ticket: i64, agent: AgentId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[ticket.into(), agent.to_string().into()]).map(drop)
}

const REMOVE_ALL: &str = "delete from drafts where ticket = ?";

/// Throws all drafts on a ticket away.
///
/// # Errors
/// A storage fault.
pub fn remove_all(sql: &dyn Sql, ticket: i64) -> Result<(), Fault> {
    sql.exec(REMOVE_ALL, &[ticket.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, OF_TICKET, OF_AGENT, COUNT, PUT, REMOVE, REMOVE_ALL];
