//! The event log.

use crate::kernel::sql::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::ids::TicketId;

const INSERT: &str = "insert into events (seq, at, ticket_id, json) values (?, ?, ?, ?)";

/// Appends an event; its number must be one more than the last.
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

const OF_TICKET: &str = "select seq, json from events
    where ticket_id = ? and seq < ? order by seq desc limit ?";

/// The events of a ticket before number `before`, newest first, at most `limit`.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(
    sql: &dyn Sql,
    ticket: TicketId,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, Fault> {
    let params = [Value::Text(ticket.to_string()), before.into(), limit.into()];
    read(sql.exec(OF_TICKET, &params)?)
}

fn read(rows: Vec<Row>) -> Result<Vec<(i64, String)>, Fault> {
    rows.into_iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}
