//! Imports of prospects: every statement, and the typed function that uses it.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::ids::ProspectImportId;
use schema::room::prospect_import::{ImportState, RowError};

/// An import, with what it is counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ProspectImportId,
    /// How far it is.
    pub state: ImportState,
    /// Why the file was not read to its end.
    pub why: Option<String>,
    /// How many parts there are, once that is known.
    pub parts: Option<i64>,
    /// How many of them are done.
    pub parts_done: i64,
    /// How many rows there are, once that is known.
    pub rows: Option<i64>,
    /// Rows that made a prospect.
    pub created: i64,
    /// Rows about somebody who was known.
    pub known: i64,
    /// Rows that were refused.
    pub failed: i64,
    /// When it was begun.
    pub created_at: Millis,
    /// When something was last known of it.
    pub updated_at: Millis,
    /// The file's SHA-256, once it was read.
    pub digest: Option<String>,
}

const INSERT: &str = "insert into prospect_imports
        (id, state, parts_done, created, known, failed, created_at, updated_at)
    values (?, 'reading', 0, 0, 0, 0, ?, ?)";

/// Begins an import.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, id: ProspectImportId, now: Millis) -> Result<(), Fault> {
    sql.exec(INSERT, &[id.to_string().into(), now.into(), now.into()]).map(drop)
}

const FIND: &str = "select state, why, parts, parts_done, rows, created, known, failed,
    created_at, updated_at, digest from prospect_imports where id = ?";

/// An import.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: ProspectImportId) -> Result<Option<Import>, Fault> {
    let Some(row) = sql.first(FIND, &[id.to_string().into()])? else { return Ok(None) };
    let name = row.text(0)?;
    let state = ImportState::parse(&name);
    Ok(Some(Import {
        id,
        state: state.ok_or_else(|| Fault(format!("no import is {name}")))?,
        why: row.text_or_null(1)?,
        parts: row.integer_or_null(2)?,
        parts_done: row.integer(3)?,
        rows: row.integer_or_null(4)?,
        created: row.integer(5)?,
        known: row.integer(6)?,
        failed: row.integer(7)?,
        created_at: row.integer(8)?,
        updated_at: row.integer(9)?,
        digest: row.text_or_null(10)?,
    }))
}

const UPDATE: &str = "update prospect_imports set state = ?, why = ?, parts = ?, parts_done = ?,
    rows = ?, created = ?, known = ?, failed = ?, updated_at = ?, digest = ? where id = ?";

/// Writes an import.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, import: &Import) -> Result<(), Fault> {
    let params = [
        import.state.as_str().into(),
        import.why.clone().into(),
        import.parts.into(),
        import.parts_done.into(),
        import.rows.into(),
        import.created.into(),
        import.known.into(),
        import.failed.into(),
        import.updated_at.into(),
        import.digest.clone().into(),
        import.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const OLD: &str = "select id from prospect_imports
    where state in ('done', 'broken') or updated_at < ?
    order by created_at desc limit 10 offset ?";
const REMOVE: &str = "delete from prospect_imports where id = ?";
const REMOVE_ERRORS: &str = "delete from prospect_import_errors where import_id = ?";

/// Forgets old imports, all but the newest of those that are over, or of which nothing was heard
/// since a time; a few at a time.
///
/// # Errors
/// A storage fault.
pub fn trim(sql: &dyn Sql, kept: i64, silent_since: Millis) -> Result<(), Fault> {
    for row in sql.exec(OLD, &[silent_since.into(), kept.into()])? {
        let id: ProspectImportId = row.id(0)?;
        forget_parts(sql, id)?;
        sql.exec(REMOVE_ERRORS, &[id.to_string().into()])?;
        sql.exec(REMOVE, &[id.to_string().into()])?;
    }
    Ok(())
}

const HAS_PART: &str = "select 1 from prospect_import_parts where import_id = ? and part = ?";

/// Whether a part was counted.
///
/// # Errors
/// A storage fault.
pub fn has_part(sql: &dyn Sql, id: ProspectImportId, part: i64) -> Result<bool, Fault> {
    Ok(sql.first(HAS_PART, &[id.to_string().into(), part.into()])?.is_some())
}

const ADD_PART: &str = "insert into prospect_import_parts (import_id, part) values (?, ?)";

/// Notes that a part is counted.
///
/// # Errors
/// A storage fault.
pub fn add_part(sql: &dyn Sql, id: ProspectImportId, part: i64) -> Result<(), Fault> {
    sql.exec(ADD_PART, &[id.to_string().into(), part.into()]).map(drop)
}

const FORGET_PARTS: &str = "delete from prospect_import_parts where import_id = ?";

/// Forgets which parts were counted: all were.
///
/// # Errors
/// A storage fault.
pub fn forget_parts(sql: &dyn Sql, id: ProspectImportId) -> Result<(), Fault> {
    sql.exec(FORGET_PARTS, &[id.to_string().into()]).map(drop)
}

const ADD_ERROR: &str = "insert into prospect_import_errors (import_id, row, reason)
    values (?, ?, ?) on conflict (import_id, row) do nothing";

/// Keeps what is wrong with a row.
///
/// # Errors
/// A storage fault.
pub fn add_error(sql: &dyn Sql, id: ProspectImportId, row: i64, reason: &str) -> Result<(), Fault> {
    sql.exec(ADD_ERROR, &[id.to_string().into(), row.into(), reason.into()]).map(drop)
}

const ERRORS: &str = "select row, reason from prospect_import_errors where import_id = ?
    order by row limit ?";

/// What is wrong with rows, in their order.
///
/// # Errors
/// A storage fault.
pub fn errors(sql: &dyn Sql, id: ProspectImportId, limit: i64) -> Result<Vec<RowError>, Fault> {
    let rows = sql.exec(ERRORS, &[id.to_string().into(), limit.into()])?;
    rows.iter().map(|row| Ok(RowError { row: row.integer(0)?, reason: row.text(1)? })).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    UPDATE,
    OLD,
    REMOVE,
    REMOVE_ERRORS,
    HAS_PART,
    ADD_PART,
    FORGET_PARTS,
    ADD_ERROR,
    ERRORS,
];
