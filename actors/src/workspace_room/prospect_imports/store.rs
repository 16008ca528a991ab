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
    /// The SHA-256 of the file's first bytes.
    pub head: Option<String>,
    /// That of the file, once it was read.
    pub digest: Option<String>,
}

const INSERT: &str = "insert into prospect_imports
        (id, state, parts_done, created, known, failed, created_at, updated_at, head)
    values (?, 'reading', 0, 0, 0, 0, ?, ?, ?)";

/// Begins an import.
///
/// # Errors
/// A storage fault.
pub fn insert(
    sql: &dyn Sql,
    id: ProspectImportId,
    head: Option<String>,
    now: Millis,
) -> Result<(), Fault> {
    let params = [id.to_string().into(), now.into(), now.into(), head.into()];
    sql.exec(INSERT, &params).map(drop)
}

const FIND: &str = "select state, why, parts, parts_done, rows, created, known, failed,
    created_at, updated_at, head, digest from prospect_imports where id = ?";

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
        head: row.text_or_null(10)?,
        digest: row.text_or_null(11)?,
    }))
}

const UPDATE: &str = "update prospect_imports set state = ?, why = ?, parts = ?, parts_done = ?,
    rows = ?, created = ?, known = ?, failed = ?, updated_at = ?, head = ?, digest = ?
    where id = ?";

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
        import.head.clone().into(),
        import.digest.clone().into(),
        import.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const KEEP_HASHES: &str = "update prospect_imports set hashes = ? where id = ?";

/// Keeps the hashes of an import's parts.
///
/// # Errors
/// A storage fault.
pub fn keep_hashes(sql: &dyn Sql, id: ProspectImportId, hashes: Option<&str>) -> Result<(), Fault> {
    let hashes = hashes.map(str::to_owned);
    sql.exec(KEEP_HASHES, &[hashes.into(), id.to_string().into()]).map(drop)
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
        forget_errors(sql, id)?;
        sql.exec(REMOVE, &[id.to_string().into()])?;
    }
    Ok(())
}

/// Forgets what was wrong with rows.
///
/// # Errors
/// A storage fault.
pub fn forget_errors(sql: &dyn Sql, id: ProspectImportId) -> Result<(), Fault> {
    sql.exec(REMOVE_ERRORS, &[id.to_string().into()]).map(drop)
}

const HAS_PART: &str = "select 1 from prospect_import_parts where import_id = ? and part = ?";

/// Whether a part was counted.
///
/// # Errors
/// A storage fault.
pub fn has_part(sql: &dyn Sql, id: ProspectImportId, part: i64) -> Result<bool, Fault> {
    Ok(sql.first(HAS_PART, &[id.to_string().into(), part.into()])?.is_some())
}

const COUNT_PARTS: &str =
    "select count(*) from prospect_import_parts where import_id = ? and part < ?";

/// How many of an import's first parts were counted.
///
/// # Errors
/// A storage fault.
pub fn count_parts(sql: &dyn Sql, id: ProspectImportId, first: i64) -> Result<i64, Fault> {
    let row = sql.first(COUNT_PARTS, &[id.to_string().into(), first.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const ADD_PART: &str = "insert into prospect_import_parts (import_id, part, hash) values (?, ?, ?)";

/// Notes that a part is counted.
///
/// # Errors
/// A storage fault.
pub fn add_part(
    sql: &dyn Sql,
    id: ProspectImportId,
    part: i64,
    hash: Option<&str>,
) -> Result<(), Fault> {
    let hash = hash.map(str::to_owned);
    sql.exec(ADD_PART, &[id.to_string().into(), part.into(), hash.into()]).map(drop)
}

const IS_STRANGE: &str = "select 1 from prospect_imports
    where id = ? and substr(hashes, cast(? as integer) * 16 + 1, 16) <> ?";

/// Whether it is known that a part of this number and hash is another file's.
///
/// # Errors
/// A storage fault.
pub fn is_strange(
    sql: &dyn Sql,
    id: ProspectImportId,
    part: i64,
    hash: &str,
) -> Result<bool, Fault> {
    let params = [id.to_string().into(), part.into(), hash.to_owned().into()];
    Ok(sql.first(IS_STRANGE, &params)?.is_some())
}

const HAS_STRANGE: &str = "select 1 from prospect_imports i
    join prospect_import_parts p on p.import_id = i.id
    where i.id = ? and p.hash <> substr(i.hashes, p.part * 16 + 1, 16) limit 1";

/// Whether a part was counted that is another file's.
///
/// # Errors
/// A storage fault.
pub fn has_strange(sql: &dyn Sql, id: ProspectImportId) -> Result<bool, Fault> {
    Ok(sql.first(HAS_STRANGE, &[id.to_string().into()])?.is_some())
}

const FORGET_PARTS: &str = "delete from prospect_import_parts where import_id = ?";

/// Forgets which parts were counted.
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
    KEEP_HASHES,
    OLD,
    REMOVE,
    REMOVE_ERRORS,
    HAS_PART,
    COUNT_PARTS,
    ADD_PART,
    IS_STRANGE,
    HAS_STRANGE,
    FORGET_PARTS,
    ADD_ERROR,
    ERRORS,
];
