//! What was promised for tickets, and how their clocks stand.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::ids::SlaPolicyId;

/// One promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    /// How long it may take; nothing is promised where there is none.
    pub target: Option<Millis>,
    /// When it will be broken.
    pub due: Option<Millis>,
    /// When it was kept.
    pub met_at: Option<Millis>,
    /// When a warning went out.
    pub warned_at: Option<Millis>,
    /// When it was broken.
    pub breached_at: Option<Millis>,
}

/// The promises for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// The policy.
    pub policy: SlaPolicyId,
    /// Since when they run; none while they stand still.
    pub running_since: Option<Millis>,
    /// What counts of the time before.
    pub spent: Millis,
    /// The first reply.
    pub first: Clock,
    /// The resolution.
    pub resolution: Clock,
}

const FIND: &str = "select policy, running_since, spent, first_target, first_due, first_met_at,
    first_warned_at, first_breached_at, resolution_target, resolution_due, resolution_met_at,
    resolution_warned_at, resolution_breached_at from ticket_slas where ticket = ?";

/// The promises for the ticket of a number.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, ticket: i64) -> Result<Option<Clocks>, Fault> {
    let Some(row) = sql.first(FIND, &[ticket.into()])? else { return Ok(None) };
    Ok(Some(Clocks {
        policy: row.id(0)?,
        running_since: row.integer_or_null(1)?,
        spent: row.integer(2)?,
        first: read(&row, 3)?,
        resolution: read(&row, 8)?,
    }))
}

fn read(row: &Row, from: usize) -> Result<Clock, Fault> {
    Ok(Clock {
        target: row.integer_or_null(from)?,
        due: row.integer_or_null(from + 1)?,
        met_at: row.integer_or_null(from + 2)?,
        warned_at: row.integer_or_null(from + 3)?,
        breached_at: row.integer_or_null(from + 4)?,
    })
}

const SET: &str = "insert or replace into ticket_slas (ticket, policy, running_since, spent,
    first_target, first_due, first_met_at, first_warned_at, first_breached_at, resolution_target,
    resolution_due, resolution_met_at, resolution_warned_at, resolution_breached_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the promises for a ticket.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, ticket: i64, clocks: &Clocks) -> Result<(), Fault> {
    let head: [Value; 4] = [
        ticket.into(),
        clocks.policy.to_string().into(),
        clocks.running_since.into(),
        clocks.spent.into(),
    ];
    let columns = [clocks.first, clocks.resolution]
        .map(|clock| [clock.target, clock.due, clock.met_at, clock.warned_at, clock.breached_at]);
    let columns = columns.into_iter().flatten().map(Value::from);
    let params: Vec<Value> = head.into_iter().chain(columns).collect();
    sql.exec(SET, &params).map(drop)
}

const REMOVE: &str = "delete from ticket_slas where ticket = ?";

/// Nothing is promised for a ticket any more.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, ticket: i64) -> Result<(), Fault> {
    sql.exec(REMOVE, &[ticket.into()]).map(drop)
}

const OF_POLICY: &str =
    "select ticket from ticket_slas where policy = ? and ticket > ? order by ticket limit ?";

/// The tickets of a policy after a number.
///
/// # Errors
/// A storage fault.
pub fn of_policy(sql: &dyn Sql, policy: &str, after: i64, limit: i64) -> Result<Vec<i64>, Fault> {
    let rows = sql.exec(OF_POLICY, &[policy.into(), after.into(), limit.into()])?;
    rows.iter().map(|row| row.integer(0)).collect()
}

const ALL: &str = "select ticket from ticket_slas where ticket > ? order by ticket limit ?";

/// The tickets with a promise after a number.
///
/// # Errors
/// A storage fault.
pub fn all(sql: &dyn Sql, after: i64, limit: i64) -> Result<Vec<i64>, Fault> {
    sql.exec(ALL, &[after.into(), limit.into()])?.iter().map(|row| row.integer(0)).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND, SET, REMOVE, OF_POLICY, ALL];
