//! How many mails were assigned on a day.

use crate::kernel::{Fault, Sql};

const USED: &str = "select used from outreach_days where scope = ? and day = ?";

/// How many were on a day.
///
/// # Errors
/// A storage fault.
pub fn used(sql: &dyn Sql, scope: &str, day: i64) -> Result<i64, Fault> {
    sql.first(USED, &[scope.into(), day.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const ADD: &str = "insert into outreach_days (scope, day, used) values (?, ?, max(?, 0))
    on conflict (scope, day) do update set used = max(used + ?, 0) returning used";

/// Counts one more, or gives one back; gives how many that makes.
///
/// # Errors
/// A storage fault.
pub fn add(sql: &dyn Sql, scope: &str, day: i64, count: i64) -> Result<i64, Fault> {
    let row = sql.first(ADD, &[scope.into(), day.into(), count.into(), count.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const FORGET: &str = "delete from outreach_days where scope = ? and day < ?";

/// Forgets what was before a day.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, scope: &str, day: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[scope.into(), day.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[USED, ADD, FORGET];
