//! What happened to the person: the latest [`KEPT`] entries.

use crate::kernel::{Fault, Row, Sql};
use schema::prospect::HistoryRow;

/// How many entries are kept.
pub const KEPT: i64 = 500;

const INSERT: &str = "insert or ignore into history (id, at, kind, agent_id, detail)
    values (?, ?, ?, ?, ?)";

/// Adds an entry; one that is there already stays as it is.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, entry: &HistoryRow) -> Result<(), Fault> {
    let params = [
        (&entry.id).into(),
        entry.at.into(),
        (&entry.kind).into(),
        entry.agent_id.map(|id| id.to_string()).into(),
        entry.detail.clone().into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const TRIM: &str = "delete from history where id < (
    select id from history order by id desc limit 1 offset cast(? as integer))";

/// Deletes the oldest beyond what is kept.
///
/// # Errors
/// A storage fault.
pub fn trim(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(TRIM, &[(KEPT - 1).into()]).map(drop)
}

const ALL: &str = "select id, at, kind, agent_id, detail from history order by id";

/// All entries, oldest first.
///
/// # Errors
/// A storage fault.
pub fn all(sql: &dyn Sql) -> Result<Vec<HistoryRow>, Fault> {
    sql.exec(ALL, &[])?.iter().map(read).collect()
}

const PAGE: &str = "select id, at, kind, agent_id, detail from history
    where id < ? order by id desc limit cast(? as integer)";

/// The entries before one, newest first, at most `limit`.
///
/// # Errors
/// A storage fault.
pub fn page(sql: &dyn Sql, before: &str, limit: i64) -> Result<Vec<HistoryRow>, Fault> {
    sql.exec(PAGE, &[before.into(), limit.into()])?.iter().map(read).collect()
}

const FORGET: &str = "update history set detail = null";

/// Forgets what people wrote in entries.
///
/// # Errors
/// A storage fault.
pub fn forget_details(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FORGET, &[]).map(drop)
}

const CLEAR: &str = "delete from history";

/// Forgets all.
///
/// # Errors
/// A storage fault.
pub fn clear(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CLEAR, &[]).map(drop)
}

fn read(row: &Row) -> Result<HistoryRow, Fault> {
    Ok(HistoryRow {
        id: row.text(0)?,
        at: row.integer(1)?,
        kind: row.text(2)?,
        agent_id: row.id_or_null(3)?,
        detail: row.text_or_null(4)?,
    })
}
