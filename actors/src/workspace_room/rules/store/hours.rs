//! The business hours.

use crate::kernel::{Fault, Sql};
use schema::codec::{read_json, to_json};
use schema::room::hours::BusinessHours;

const FIND: &str = "select json from business_hours where scope = ?";

/// The hours of a scope, where they are set.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, scope: &str) -> Result<Option<BusinessHours>, Fault> {
    let Some(row) = sql.first(FIND, &[scope.into()])? else { return Ok(None) };
    let json = row.text(0)?;
    read_json(json.as_bytes())
        .map(Some)
        .map_err(|error| Fault(format!("business hours: {}", error.message)))
}

const SET: &str = "insert into business_hours (scope, json) values (?, ?)
    on conflict (scope) do update set json = excluded.json";

/// Sets the hours of a scope.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, scope: &str, hours: &BusinessHours) -> Result<(), Fault> {
    let json = String::from_utf8_lossy(&to_json(hours)).into_owned();
    sql.exec(SET, &[scope.into(), json.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND, SET];
