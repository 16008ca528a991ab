//! The log of which automations were asked about what, and what became of each.

use crate::kernel::{Fault, Row, Sql};
use crate::workspace_room::store::tickets::word;
use schema::Millis;
use schema::codec::{read_json, to_json};
use schema::ids::TicketId;
use schema::room::automation::{Occasion, RuleResult};

/// What was asked on one occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// When.
    pub at: Millis,
    /// What set it going.
    pub on: Occasion,
    /// The event that did.
    pub seq: Option<i64>,
    /// How deep in the cascade.
    pub round: i64,
    /// The rules that were asked, in order.
    pub results: Vec<RuleResult>,
}

const INSERT: &str = "insert into automation_passes (ticket, at, occasion, seq, round, fired,
    results) values (?, ?, ?, ?, ?, ?, ?)";

/// Adds a pass over the ticket of a number, in which `fired` rules acted.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, ticket: i64, pass: &Pass, fired: i64) -> Result<(), Fault> {
    let params = [
        ticket.into(),
        pass.at.into(),
        pass.on.as_str().into(),
        pass.seq.into(),
        pass.round.into(),
        fired.into(),
        String::from_utf8_lossy(&to_json(&pass.results)).into_owned().into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const FIRED_SINCE: &str =
    "select coalesce(sum(fired), 0) from automation_passes where ticket = ? and at > ?";

/// How often rules have acted on a ticket since a time.
///
/// # Errors
/// A storage fault.
pub fn fired_since(sql: &dyn Sql, ticket: i64, since: Millis) -> Result<i64, Fault> {
    let row = sql.first(FIRED_SINCE, &[ticket.into(), since.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const LIST: &str = "select p.number, t.id, p.at, p.occasion, p.seq, p.round, p.results
    from automation_passes p cross join tickets t on t.number = p.ticket
    where p.number < ? order by p.number desc limit ?";

/// Passes before a number, the latest first: number, ticket, pass.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, before: i64, limit: i64) -> Result<Vec<(i64, TicketId, Pass)>, Fault> {
    sql.exec(LIST, &[before.into(), limit.into()])?.iter().map(read).collect()
}

const OF_TICKET: &str = "select p.number, t.id, p.at, p.occasion, p.seq, p.round, p.results
    from tickets t cross join automation_passes p on p.ticket = t.number
    where t.number = ? and (p.at, p.number) < (?, ?)
    order by p.at desc, p.number desc limit ?";

/// Passes over a ticket before a position, the latest first.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(
    sql: &dyn Sql,
    ticket: i64,
    (at, before): (Millis, i64),
    limit: i64,
) -> Result<Vec<(i64, TicketId, Pass)>, Fault> {
    let params = [ticket.into(), at.into(), before.into(), limit.into()];
    sql.exec(OF_TICKET, &params)?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<(i64, TicketId, Pass), Fault> {
    let results = row.text(6)?;
    let pass = Pass {
        at: row.integer(2)?,
        on: word(row, 3, Occasion::parse)?,
        seq: row.integer_or_null(4)?,
        round: row.integer(5)?,
        results: read_json(results.as_bytes())
            .map_err(|error| Fault(format!("results: {}", error.message)))?,
    };
    Ok((row.integer(0)?, row.id(1)?, pass))
}

const OLDEST: &str = "select number, at from automation_passes order by number limit ?";

/// The oldest passes: number and time.
///
/// # Errors
/// A storage fault.
pub fn oldest(sql: &dyn Sql, limit: i64) -> Result<Vec<(i64, Millis)>, Fault> {
    let rows = sql.exec(OLDEST, &[limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.integer(1)?))).collect()
}

const FORGET: &str = "delete from automation_passes where number <= ?";

/// Forgets the passes up to a number.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, until: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[until.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[INSERT, FIRED_SINCE, LIST, OF_TICKET, OLDEST, FORGET];
