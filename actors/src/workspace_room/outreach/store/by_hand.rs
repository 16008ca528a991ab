//! The mails that people wrote, by the keys of their requests.

use crate::kernel::{Fault, Sql};

const FIND: &str = "select hash, reply from outreach_by_hand where key = ?";

/// The hash of what was asked under a key, and what was answered.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, key: &str) -> Result<Option<(String, String)>, Fault> {
    let row = sql.first(FIND, &[key.into()])?;
    row.map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
}

const INSERT: &str = "insert into outreach_by_hand (key, hash, reply) values (?, ?, ?)";

/// Keeps what was answered under a key.
///
/// # Errors
/// A storage fault; a key that is known is one.
pub fn insert(sql: &dyn Sql, key: &str, hash: &str, reply: &str) -> Result<(), Fault> {
    sql.exec(INSERT, &[key.into(), hash.into(), reply.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND, INSERT];
