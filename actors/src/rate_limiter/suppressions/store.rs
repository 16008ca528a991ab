//! The suppression list: every statement, and the typed function that uses it.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::ids::SuppressionId;
use schema::suppression::SuppressionEntry;

const HAS: &str = "select (select entries from suppression_count where id = 1),
    exists (select 1 from suppressions where value in (?, ?, ?))";

/// Whether anything was ever counted, and whether any of some values is on the list.
///
/// # Errors
/// A storage fault.
pub fn has(sql: &dyn Sql, values: [&str; 3]) -> Result<(bool, bool), Fault> {
    let Some(row) = sql.first(HAS, &values.map(Value::from))? else {
        return Err(Fault("no answer to whether it is on the list".to_owned()));
    };
    Ok((row.integer_or_null(0)?.is_some(), row.flag(1)?))
}

const OF_VALUE: &str = "select id, value, note, at from suppressions where value = ?";

/// The entry of an address or a domain.
///
/// # Errors
/// A storage fault.
pub fn of_value(sql: &dyn Sql, value: &str) -> Result<Option<SuppressionEntry>, Fault> {
    sql.first(OF_VALUE, &[value.into()])?.as_ref().map(read).transpose()
}

const FIND: &str = "select id, value, note, at from suppressions where id = ?";

/// An entry.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: SuppressionId) -> Result<Option<SuppressionEntry>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const BEFORE: &str = "select id, value, note, at from suppressions
    where id < ? order by id desc limit ?";

/// Up to `limit` entries before one, or from the newest on, the newest first.
///
/// # Errors
/// A storage fault.
pub fn before(
    sql: &dyn Sql,
    before: Option<SuppressionId>,
    limit: i64,
) -> Result<Vec<SuppressionEntry>, Fault> {
    // No id begins with this letter.
    let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    sql.exec(BEFORE, &[before.into(), limit.into()])?.iter().map(read).collect()
}

const INSERT: &str = "insert into suppressions (id, value, note, at) values (?, ?, ?, ?)";

/// Adds an entry.
///
/// # Errors
/// A storage fault; a value that is on the list is one.
pub fn insert(sql: &dyn Sql, entry: &SuppressionEntry) -> Result<(), Fault> {
    let params = [
        entry.id.to_string().into(),
        (&entry.value).into(),
        entry.note.clone().into(),
        entry.at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const REMOVE: &str = "delete from suppressions where id = ?";

/// Takes an entry away.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: SuppressionId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

const COUNT: &str = "select entries from suppression_count where id = 1";

/// How many entries there are, as was counted.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const SET_COUNT: &str = "insert into suppression_count (id, entries) values (1, ?)
    on conflict (id) do update set entries = excluded.entries";

/// Notes how many entries there are.
///
/// # Errors
/// A storage fault.
pub fn set_count(sql: &dyn Sql, entries: i64) -> Result<(), Fault> {
    sql.exec(SET_COUNT, &[entries.into()]).map(drop)
}

fn read(row: &Row) -> Result<SuppressionEntry, Fault> {
    Ok(SuppressionEntry {
        id: row.id(0)?,
        value: row.text(1)?,
        note: row.text_or_null(2)?,
        at: row.integer(3)?,
    })
}

/// The statements, for the test of their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 8] =
    [HAS, OF_VALUE, FIND, BEFORE, INSERT, REMOVE, COUNT, SET_COUNT];
