//! Who has waited for whom, and since when.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::codec::read_json;

/// Who waits on a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    /// Since when the customer has waited for an agent.
    pub agent_since: Option<Millis>,
    /// Since when an agent has waited for the customer.
    pub user_since: Option<Millis>,
    /// Since when the ticket has been nobody's.
    pub unassigned_since: Option<Millis>,
    /// Which automations have acted, and on which wait.
    pub done: Vec<String>,
}

impl Waits {
    /// Whether nobody waits.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.agent_since.is_none() && self.user_since.is_none() && self.unassigned_since.is_none()
    }
}

const FIND: &str =
    "select agent_since, user_since, unassigned_since, done from ticket_waits where ticket = ?";

/// Who waits on the ticket of a number; none where nothing is known.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, ticket: i64) -> Result<Option<Waits>, Fault> {
    let Some(row) = sql.first(FIND, &[ticket.into()])? else { return Ok(None) };
    let done = row.text(3)?;
    Ok(Some(Waits {
        agent_since: row.integer_or_null(0)?,
        user_since: row.integer_or_null(1)?,
        unassigned_since: row.integer_or_null(2)?,
        done: read_json(done.as_bytes())
            .map_err(|error| Fault(format!("waits: {}", error.message)))?,
    }))
}

const SET: &str = "insert into ticket_waits (ticket, agent_since, user_since, unassigned_since,
    done) values (?, ?, ?, ?, ?)
    on conflict (ticket) do update set agent_since = excluded.agent_since,
        user_since = excluded.user_since, unassigned_since = excluded.unassigned_since,
        done = excluded.done";

/// Writes who waits.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, ticket: i64, waits: &Waits) -> Result<(), Fault> {
    let params = [
        ticket.into(),
        waits.agent_since.into(),
        waits.user_since.into(),
        waits.unassigned_since.into(),
        serde_json::Value::from(waits.done.clone()).to_string().into(),
    ];
    sql.exec(SET, &params).map(drop)
}

const REMOVE: &str = "delete from ticket_waits where ticket = ?";

/// Nobody waits any more.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, ticket: i64) -> Result<(), Fault> {
    sql.exec(REMOVE, &[ticket.into()]).map(drop)
}

const SAID: &str = "select author_kind, automatic, created_at from comments
    where ticket = ? and visibility = 'public' and author_kind <> 'system'
    order by seq desc limit ?";

/// Who said the last things in public, the latest first: whether it was the customer (in person),
/// whether it was an agent, and when.
///
/// # Errors
/// A storage fault.
pub fn said(sql: &dyn Sql, ticket: i64, limit: i64) -> Result<Vec<(bool, bool, Millis)>, Fault> {
    let rows = sql.exec(SAID, &[ticket.into(), limit.into()])?;
    let one = |row: &crate::kernel::Row| {
        let (kind, automatic) = (row.text(0)?, row.flag(1)?);
        Ok((kind == "user" && !automatic, kind == "agent", row.integer(2)?))
    };
    rows.iter().map(one).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND, SET, REMOVE, SAID];
