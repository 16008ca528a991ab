//! Timers: what the object will do at a time.

use crate::kernel::sql::{Fault, Sql};
use schema::Millis;

/// A timer that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// What it is for; the actor's own word. Words beginning with `kernel.` are the kernel's.
    pub kind: String,
    /// What it concerns; unique within the kind.
    pub key: String,
    /// When it was to go off. The time now may be much later.
    pub due: Millis,
    /// How often it has failed.
    pub attempts: i64,
    /// What the actor noted when it set the timer.
    pub body: Vec<u8>,
}

const SET: &str = "insert into timers (kind, key, due, attempts, body) values (?, ?, ?, 0, ?)
    on conflict (kind, key) do update set
        due = excluded.due, attempts = 0, body = excluded.body";

/// Sets a timer, or moves it.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, kind: &str, key: &str, due: Millis, body: &[u8]) -> Result<(), Fault> {
    sql.exec(SET, &[kind.into(), key.into(), due.into(), body.into()]).map(drop)
}

const CANCEL: &str = "delete from timers where kind = ? and key = ?";

/// Cancels a timer, if it is there.
///
/// # Errors
/// A storage fault.
pub fn cancel(sql: &dyn Sql, kind: &str, key: &str) -> Result<(), Fault> {
    sql.exec(CANCEL, &[kind.into(), key.into()]).map(drop)
}

const NEXT: &str = "select kind, key, due, attempts, body from timers
    where due <= ? order by due, kind, key limit 1";

/// The timer that is due the longest, if any is.
///
/// # Errors
/// A storage fault.
pub fn next(sql: &dyn Sql, now: Millis) -> Result<Option<Timer>, Fault> {
    let Some(row) = sql.first(NEXT, &[now.into()])? else { return Ok(None) };
    Ok(Some(Timer {
        kind: row.text(0)?,
        key: row.text(1)?,
        due: row.integer(2)?,
        attempts: row.integer(3)?,
        body: row.blob(4)?,
    }))
}

const POSTPONE: &str = "update timers set due = ?, attempts = attempts + 1
    where kind = ? and key = ?";

/// Puts off a timer that failed.
///
/// # Errors
/// A storage fault.
pub fn postpone(sql: &dyn Sql, timer: &Timer, due: Millis) -> Result<(), Fault> {
    let params = [due.into(), (&timer.kind).into(), (&timer.key).into()];
    sql.exec(POSTPONE, &params).map(drop)
}

const IS_SET: &str = "select due from timers where kind = ? and key = ?";

/// When a timer is set for, if it is.
///
/// # Errors
/// A storage fault.
pub fn due_of(sql: &dyn Sql, kind: &str, key: &str) -> Result<Option<Millis>, Fault> {
    let row = sql.first(IS_SET, &[kind.into(), key.into()])?;
    row.map(|row| row.integer(0)).transpose()
}
