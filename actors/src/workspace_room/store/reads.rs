//! How far each agent has read each ticket.

use crate::kernel::{Fault, Sql};
use litemap::LiteMap;
use schema::ids::AgentId;

const SEQ: &str = "select seq from reads where agent_id = ? and ticket = ?";

/// Up to which seq an agent has read a ticket; 0 where they have not.
///
/// # Errors
/// A storage fault.
pub fn seq(sql: &dyn Sql, agent: AgentId, ticket: i64) -> Result<i64, Fault> {
    let row = sql.first(SEQ, &[agent.to_string().into(), ticket.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const SET: &str = "insert into reads (agent_id, ticket, seq) values (?, ?, ?)
    on conflict (agent_id, ticket) do update set seq = excluded.seq";

/// Notes up to which seq an agent has read a ticket.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, agent: AgentId, ticket: i64, seq: i64) -> Result<(), Fault> {
    sql.exec(SET, &[agent.to_string().into(), ticket.into(), seq.into()]).map(drop)
}

/// At most 100 comments of a ticket are looked at: more is simply many.
const UNREAD: &str = "select j.value,
    (select count(*) from (
        select 1 from comments c where c.ticket = j.value
            and c.seq > coalesce(
                (select r.seq from reads r where r.agent_id = ? and r.ticket = j.value), 0)
            and (c.author_id is null or c.author_id <> ?)
        limit 100))
    from json_each(?) j";

/// How many comments by others an agent has not read, at most 100, of each ticket in a list.
///
/// # Errors
/// A storage fault.
pub fn unread(sql: &dyn Sql, agent: AgentId, tickets: &[i64]) -> Result<LiteMap<i64, i64>, Fault> {
    let agent = agent.to_string();
    let list = serde_json::Value::from(tickets).to_string();
    let rows = sql.exec(UNREAD, &[(&agent).into(), (&agent).into(), list.into()])?;
    let mut unread = LiteMap::new();
    for row in &rows {
        unread.insert(row.integer(0)?, row.integer(1)?);
    }
    Ok(unread)
}

/// Of each agent who has read one ticket: how far, and the first comment by others that they have
/// not read in another.
const FIRST_UNREAD: &str = "select r.agent_id, r.seq,
    (select c.seq from comments c where c.ticket = ?1
        and c.seq > coalesce(
            (select s.seq from reads s where s.agent_id = r.agent_id and s.ticket = ?1), 0)
        and (c.author_id is null or c.author_id <> r.agent_id) order by c.seq limit 1)
    from agents a cross join reads r on r.agent_id = a.id and r.ticket = ?2";

/// Keeps the comments of a ticket unread that are about to be carried to another: nobody has read
/// the other one further than to before the first of them. What they had read behind it there is
/// unread once more, also where the comments go back: that is seen twice, and nothing is missed.
///
/// # Errors
/// A storage fault.
pub fn keep_unread(sql: &dyn Sql, from: i64, to: i64) -> Result<(), Fault> {
    for row in sql.exec(FIRST_UNREAD, &[from.into(), to.into()])? {
        let (agent, read) = (row.id(0)?, row.integer(1)?);
        if let Some(first) = row.integer_or_null(2)?.filter(|first| *first <= read) {
            set(sql, agent, to, first - 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[SEQ, SET, UNREAD, FIRST_UNREAD];
