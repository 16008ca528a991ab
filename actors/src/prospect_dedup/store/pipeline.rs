//! The one row of how far it has been found out who the person is.

use crate::kernel::{Fault, Sql};
use schema::prospect::{PipelineRow, PipelineState};

const LOAD: &str = "select state, reason, since, address, attempt, tries, unknowns, due_at,
    cost_micros from pipeline";

/// Reads the row; none where the person is not in the pipeline.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<PipelineRow>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    let state = row.text(0)?;
    Ok(Some(PipelineRow {
        state: PipelineState::parse(&state).ok_or_else(|| Fault(format!("no state: {state}")))?,
        reason: row.text_or_null(1)?,
        since: row.integer(2)?,
        address: row.text_or_null(3)?,
        attempt: row.integer(4)?,
        tries: row.integer(5)?,
        unknowns: row.integer(6)?,
        due_at: row.integer(7)?,
        cost_micros: row.integer(8)?,
    }))
}

const SAVE: &str = "insert or replace into pipeline (id, state, reason, since, address, attempt,
    tries, unknowns, due_at, cost_micros) values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the row.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, row: &PipelineRow) -> Result<(), Fault> {
    let params = [
        row.state.as_str().into(),
        row.reason.clone().into(),
        row.since.into(),
        row.address.clone().into(),
        row.attempt.into(),
        row.tries.into(),
        row.unknowns.into(),
        row.due_at.into(),
        row.cost_micros.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const CLEAR: &str = "delete from pipeline";

/// Forgets the row.
///
/// # Errors
/// A storage fault.
pub fn clear(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CLEAR, &[]).map(drop)
}
