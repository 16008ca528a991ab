//! When operators were last told of what.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::alert::AlertKind;

const NEXT: &str = "insert into alerts (type, at) values (?, ?)
    on conflict (type) do update set at = max(excluded.at, at + 1) returning at";

/// The time that operators are told of an alert: now, or just after the last of its kind.
///
/// # Errors
/// A storage fault.
pub fn next(sql: &dyn Sql, kind: AlertKind, now: Millis) -> Result<Millis, Fault> {
    let row = sql.first(NEXT, &[kind.as_str().into(), now.into()])?;
    row.map_or(Ok(now), |row| row.integer(0))
}
