//! Numbers that are kept by hand: how many tickets there are, and the last ticket number.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::room::snapshot::TicketCounts;
use schema::room::ticket::Status;

const NEXT_NUMBER: &str = "update desk
    set last_number = last_number + 1, changes = changes + 1, changed_at = ?
    returning last_number";

/// The number of a new ticket.
///
/// # Errors
/// A storage fault.
pub fn next_number(sql: &dyn Sql, now: Millis) -> Result<i64, Fault> {
    let row = sql.first(NEXT_NUMBER, &[now.into()])?;
    row.ok_or_else(|| Fault("the desk has no row".into()))?.integer(0)
}

const ADD: &str = "update ticket_counts set tickets = tickets + cast(? as integer)
    where status = ?";

/// Counts a new ticket.
///
/// # Errors
/// A storage fault.
pub fn opened(sql: &dyn Sql, status: Status) -> Result<(), Fault> {
    add(sql, status, 1)
}

/// Counts tickets that came to a status (or left it, below zero).
///
/// # Errors
/// A storage fault.
pub fn add(sql: &dyn Sql, status: Status, tickets: i64) -> Result<(), Fault> {
    sql.exec(ADD, &[tickets.into(), status.as_str().into()]).map(drop)
}

const CHANGED: &str = "update desk set changes = changes + 1, changed_at = ?";

/// Counts a ticket's step from one status to another.
///
/// # Errors
/// A storage fault.
pub fn moved(sql: &dyn Sql, before: Status, after: Status, now: Millis) -> Result<(), Fault> {
    sql.exec(ADD, &[(-1i64).into(), before.as_str().into()])?;
    sql.exec(ADD, &[1i64.into(), after.as_str().into()])?;
    changed(sql, now)
}

/// Counts a ticket that is gone.
///
/// # Errors
/// A storage fault.
pub fn removed(sql: &dyn Sql, status: Status, now: Millis) -> Result<(), Fault> {
    sql.exec(ADD, &[(-1i64).into(), status.as_str().into()])?;
    changed(sql, now)
}

/// Takes note that the counts have changed.
///
/// # Errors
/// A storage fault.
pub fn changed(sql: &dyn Sql, now: Millis) -> Result<(), Fault> {
    sql.exec(CHANGED, &[now.into()]).map(drop)
}

const COUNTS: &str = "select status, tickets from ticket_counts";

/// How many tickets there are of each status.
///
/// # Errors
/// A storage fault.
pub fn tickets(sql: &dyn Sql) -> Result<TicketCounts, Fault> {
    let mut counts = TicketCounts::default();
    for row in sql.exec(COUNTS, &[])? {
        let place = match Status::parse(&row.text(0)?) {
            Some(Status::Open) => &mut counts.open,
            Some(Status::Pending) => &mut counts.pending,
            Some(Status::Waiting) => &mut counts.waiting,
            Some(Status::Solved) => &mut counts.solved,
            Some(Status::Closed) => &mut counts.closed,
            None => continue,
        };
        *place = row.integer(1)?;
    }
    Ok(counts)
}

/// The workspace as its D1 row shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// What it is called.
    pub name: String,
    /// When it was registered.
    pub created_at: Millis,
    /// How many agents are active.
    pub agents: i64,
    /// Grows whenever anything in here changes.
    pub version: i64,
    /// When it last did.
    pub changed_at: Millis,
    /// How many campaigns send.
    pub active_campaigns: i64,
}

const OVERVIEW: &str = "select w.name, w.created_at,
    (select count(*) from agents where active = 1),
    d.changes + w.version + (select coalesce(sum(version), 0) from agents)
        + (select coalesce(sum(version), 0) from campaigns),
    max(d.changed_at, w.updated_at, (select coalesce(max(updated_at), 0) from agents),
        (select coalesce(max(updated_at), 0) from campaigns)),
    (select count(*) from campaigns where status = 'active')
    from workspace w cross join desk d";

/// The workspace as its D1 row shows it; none before it is registered.
///
/// # Errors
/// A storage fault.
pub fn overview(sql: &dyn Sql) -> Result<Option<Overview>, Fault> {
    let Some(row) = sql.first(OVERVIEW, &[])? else { return Ok(None) };
    Ok(Some(Overview {
        name: row.text(0)?,
        created_at: row.integer(1)?,
        agents: row.integer(2)?,
        version: row.integer(3)?,
        changed_at: row.integer(4)?,
        active_campaigns: row.integer(5)?,
    }))
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[NEXT_NUMBER, ADD, CHANGED, COUNTS, OVERVIEW];
