//! The event log.

use crate::kernel::sql::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::TicketId;

const INSERT: &str = "insert into events (seq, at, ticket_id, json) values (?, ?, ?, ?)";

/// Appends an event; its number must be one more than the last. With a ticket it is listed under
/// that: a row more.
///
/// # Errors
/// A storage fault.
pub fn insert(
    sql: &dyn Sql,
    seq: i64,
    at: Millis,
    ticket: Option<TicketId>,
    json: &str,
) -> Result<(), Fault> {
    let ticket = ticket.map(|id| id.to_string());
    sql.exec(INSERT, &[seq.into(), at.into(), ticket.into(), json.into()]).map(drop)
}

const AFTER: &str = "select seq, json from events where seq > ? order by seq limit ?";

/// The events after `since`, oldest first, at most `limit`: number and JSON text.
///
/// # Errors
/// A storage fault.
pub fn after(sql: &dyn Sql, since: i64, limit: i64) -> Result<Vec<(i64, String)>, Fault> {
    read(sql.exec(AFTER, &[since.into(), limit.into()])?)
}

fn read(rows: Vec<Row>) -> Result<Vec<(i64, String)>, Fault> {
    rows.into_iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}
