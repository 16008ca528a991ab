//! Stored answers, by idempotency key.

use crate::kernel::sql::{Fault, Sql};
use schema::Millis;

const FIND: &str = "select hash, reply from idempotency where key = ? and at > ?";

/// The hash of the command and the answer stored under a key after `not_before`.
///
/// # Errors
/// A storage fault.
pub fn find(
    sql: &dyn Sql,
    key: &str,
    not_before: Millis,
) -> Result<Option<(String, Vec<u8>)>, Fault> {
    let row = sql.first(FIND, &[key.into(), not_before.into()])?;
    row.map(|row| Ok((row.text(0)?, row.blob(1)?))).transpose()
}

const PUT: &str = "insert or replace into idempotency (key, hash, reply, at) values (?, ?, ?, ?)";

/// Stores an answer.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, key: &str, hash: &str, reply: &[u8], at: Millis) -> Result<(), Fault> {
    sql.exec(PUT, &[key.into(), hash.into(), reply.into(), at.into()]).map(drop)
}

const SWEEP: &str = "delete from idempotency where at <= ?";

/// Forgets the answers stored at `until` or before.
///
/// # Errors
/// A storage fault.
pub fn sweep(sql: &dyn Sql, until: Millis) -> Result<(), Fault> {
    sql.exec(SWEEP, &[until.into()]).map(drop)
}

const ANY: &str = "select 1 from idempotency limit 1";

/// Whether any answer is stored.
///
/// # Errors
/// A storage fault.
pub fn any(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first(ANY, &[])?.is_some())
}
