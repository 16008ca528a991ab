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

const SWEPT: &str = "select max(key), count(*) from
    (select key from idempotency where key > ? order by key limit ?)";
const SWEEP: &str = "delete from idempotency where key > ? and key <= ? and at <= ?";

/// Of the next keys after one, at most `limit`, forgets the answers stored at `until` or before;
/// gives the last key, none where they were the last. It walks along the keys because an index on
/// the time would be one more row to write with every answer.
///
/// # Errors
/// A storage fault.
pub fn sweep(
    sql: &dyn Sql,
    after: &str,
    until: Millis,
    limit: i64,
) -> Result<Option<String>, Fault> {
    let Some(row) = sql.first(SWEPT, &[after.into(), limit.into()])? else { return Ok(None) };
    let all = row.integer(1)?;
    if all == 0 {
        return Ok(None);
    }
    let last = row.text(0)?;
    sql.exec(SWEEP, &[after.into(), (&last).into(), until.into()])?;
    Ok((all == limit).then_some(last))
}

const ANY: &str = "select 1 from idempotency limit 1";

/// Whether any answer is stored.
///
/// # Errors
/// A storage fault.
pub fn any(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first(ANY, &[])?.is_some())
}

/// Whether a command, as JSON, is one that changes nothing: by its name.
#[must_use]
pub fn only_reads(command: &[u8]) -> bool {
    const STARTS: [&str; 8] =
        ["get", "list", "search", "snapshot", "me", "export", "render", "count"];
    let name = command.strip_prefix(b"{\"").unwrap_or_default();
    STARTS.iter().any(|start| {
        let rest = name.strip_prefix(start.as_bytes());
        rest.and_then(|rest| rest.first()).is_some_and(|next| !next.is_ascii_lowercase())
    })
}
