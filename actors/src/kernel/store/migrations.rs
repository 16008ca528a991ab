//! The record of migrations.

use crate::kernel::sql::{Fault, Sql};

const CREATE: &str = include_str!("../../../../schema/migrations/kernel/0000_migrations.sql");

/// Makes the record where there is none.
///
/// # Errors
/// A storage fault.
pub fn create(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CREATE, &[]).map(drop)
}

const EXIST: &str = "select 1 from sqlite_master where type = 'table' and name = 'migrations'";

/// Whether there is a record: whether the object has kept anything yet.
///
/// # Errors
/// A storage fault.
pub fn exist(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first(EXIST, &[])?.is_some())
}

const DONE: &str = "select coalesce(max(number), 0) from migrations where part = ?";

/// The number of the last step that was done of a part.
///
/// # Errors
/// A storage fault.
pub fn done(sql: &dyn Sql, part: &str) -> Result<i64, Fault> {
    let row = sql.first(DONE, &[part.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const RECORD: &str = "insert into migrations (part, number, name) values (?, ?, ?)";

/// Notes that a step was done.
///
/// # Errors
/// A storage fault.
pub fn record(sql: &dyn Sql, part: &str, number: i64, name: &str) -> Result<(), Fault> {
    sql.exec(RECORD, &[part.into(), number.into(), name.into()]).map(drop)
}
