//! The sources of prospects.

use crate::kernel::{Fault, Row, Sql};
use schema::codec::read_json;
use schema::ids::{ProspectImportId, SourceId};
use schema::room::source::{Mark, ProspectSource, SOURCES_MAX};

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, LIST, INSERT, SAVE, MARK, DELETE, COUNT];

/// What the server last said of what it gave, and the import that has it.
pub type Marked = (Mark, Option<ProspectImportId>);

const FIND: &str = "select json, etag, last_modified, import_id from sources where id = ?";

/// A source, and what is known of its last reading.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: SourceId) -> Result<Option<(ProspectSource, Marked)>, Fault> {
    let Some(row) = sql.first(FIND, &[id.to_string().into()])? else { return Ok(None) };
    let mark = Mark { etag: row.text_or_null(1)?, last_modified: row.text_or_null(2)? };
    Ok(Some((read(&row)?, (mark, row.id_or_null(3)?))))
}

const LIST: &str = "select json from sources order by number desc limit ?";

/// All sources, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql) -> Result<Vec<ProspectSource>, Fault> {
    sql.exec(LIST, &[SOURCES_MAX.into()])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<ProspectSource, Fault> {
    read_json(row.text(0)?.as_bytes()).map_err(|error| Fault(format!("source: {}", error.message)))
}

const INSERT: &str = "insert into sources (id, json, version) values (?, ?, ?)";

/// Adds a source.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, source: &ProspectSource) -> Result<(), Fault> {
    let params = [source.id.to_string().into(), json(source)?.into(), source.version.into()];
    sql.exec(INSERT, &params).map(drop)
}

const SAVE: &str = "update sources set json = ?, version = ? where id = ?";

/// Writes a source.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, source: &ProspectSource) -> Result<(), Fault> {
    let params = [json(source)?.into(), source.version.into(), source.id.to_string().into()];
    sql.exec(SAVE, &params).map(drop)
}

fn json(source: &ProspectSource) -> Result<String, Fault> {
    serde_json::to_string(source).map_err(|error| Fault(format!("source: {error}")))
}

const MARK: &str = "update sources set etag = ?, last_modified = ?, import_id = ?
    where id = ? and version = ?";

/// Keeps what the server said, where the source is still as it was read.
///
/// # Errors
/// A storage fault.
pub fn mark(
    sql: &dyn Sql,
    (id, version): (SourceId, i64),
    (mark, import): &Marked,
) -> Result<(), Fault> {
    let params = [
        mark.etag.clone().into(),
        mark.last_modified.clone().into(),
        import.map(|id| id.to_string()).into(),
        id.to_string().into(),
        version.into(),
    ];
    sql.exec(MARK, &params).map(drop)
}

const DELETE: &str = "delete from sources where id = ?";

/// Deletes a source.
///
/// # Errors
/// A storage fault.
pub fn delete(sql: &dyn Sql, id: SourceId) -> Result<(), Fault> {
    sql.exec(DELETE, &[id.to_string().into()]).map(drop)
}

const COUNT: &str = "select count(*) from sources";

/// How many there are.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}
