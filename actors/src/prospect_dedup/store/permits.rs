//! Which send has, had, or spent which step of which campaign.
//!
//! What two actors know of one send's permit is ordered: spent beats all; otherwise the later
//! round, and in a round `free` beats `granted`. So knowledge can be joined in any order.

use crate::kernel::{Fault, Row, Sql};
use schema::prospect::PermitRow;

/// A send is about to write the step.
pub const GRANTED: &str = "granted";
/// The send did not write it.
pub const FREE: &str = "free";
/// The step was written, or may have been.
pub const SPENT: &str = "spent";

const ALL: &str = "select campaign, step, send_id, round, state, began, until, at from permits
    order by campaign, step, send_id";

/// All of them.
///
/// # Errors
/// A storage fault.
pub fn all(sql: &dyn Sql) -> Result<Vec<PermitRow>, Fault> {
    sql.exec(ALL, &[])?.iter().map(read).collect()
}

const OF_STEP: &str = "select campaign, step, send_id, round, state, began, until, at from permits
    where campaign = ? and step = ? order by send_id";

/// Those of one step.
///
/// # Errors
/// A storage fault.
pub fn of_step(sql: &dyn Sql, campaign: &str, step: i64) -> Result<Vec<PermitRow>, Fault> {
    sql.exec(OF_STEP, &[campaign.into(), step.into()])?.iter().map(read).collect()
}

const PUT: &str = "insert or replace into permits
    (campaign, step, send_id, round, state, began, until, at) values (?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes one.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, row: &PermitRow) -> Result<(), Fault> {
    let params = [
        (&row.campaign).into(),
        row.step.into(),
        (&row.send_id).into(),
        row.round.into(),
        (&row.state).into(),
        i64::from(row.began).into(),
        row.until.into(),
        row.at.into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

/// Adds what another actor knows of one.
///
/// # Errors
/// A storage fault.
pub fn join(sql: &dyn Sql, row: &PermitRow) -> Result<(), Fault> {
    let known = of_step(sql, &row.campaign, row.step)?;
    let known = known.iter().find(|known| known.send_id == row.send_id);
    if known.is_none_or(|known| order(known) < order(row)) { put(sql, row) } else { Ok(()) }
}

fn order(row: &PermitRow) -> (bool, i64, bool, bool) {
    (row.state == SPENT, row.round, row.state == FREE, row.began)
}

const CLEAR: &str = "delete from permits";

/// Forgets all; for an alias that has handed them over.
///
/// # Errors
/// A storage fault.
pub fn clear(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CLEAR, &[]).map(drop)
}

fn read(row: &Row) -> Result<PermitRow, Fault> {
    Ok(PermitRow {
        campaign: row.text(0)?,
        step: row.integer(1)?,
        send_id: row.text(2)?,
        round: row.integer(3)?,
        state: row.text(4)?,
        began: row.flag(5)?,
        until: row.integer_or_null(6)?,
        at: row.integer(7)?,
    })
}
