//! The one row of the workspace itself.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::WorkspaceId;
use schema::room::access::Workspace;

const FIND: &str = "select workspace_id, name, time_zone, version, created_at, updated_at,
        reply_inbox_id, reply_tokens, thread_by_subject_days, reopen_days, new_subject_opens,
        sign_replies, server_timing
    from workspace";

/// The workspace; none before it is registered.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql) -> Result<Option<Workspace>, Fault> {
    sql.first(FIND, &[])?.map(read).transpose()
}

fn read(row: Row) -> Result<Workspace, Fault> {
    Ok(Workspace {
        id: row.id(0)?,
        name: row.text(1)?,
        time_zone: row.text(2)?,
        version: row.integer(3)?,
        created_at: row.integer(4)?,
        updated_at: row.integer(5)?,
        reply_inbox_id: row.id_or_null(6)?,
        reply_tokens: row.flag(7)?,
        thread_by_subject_days: row.integer_or_null(8)?,
        reopen_days: row.integer_or_null(9)?,
        new_subject_opens: row.flag(10)?,
        sign_replies: row.flag(11)?,
        server_timing: row.flag(12)?,
    })
}

const REGISTERED: &str = "select 1 from workspace";

/// Whether the workspace is registered.
///
/// # Errors
/// A storage fault.
pub fn registered(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first(REGISTERED, &[])?.is_some())
}

const INSERT: &str =
    "insert into workspace (id, workspace_id, name, version, created_at, updated_at)
    values (1, ?, ?, 1, ?, ?)";

/// Makes the row.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, id: WorkspaceId, name: &str, now: Millis) -> Result<(), Fault> {
    sql.exec(INSERT, &[id.to_string().into(), name.into(), now.into(), now.into()]).map(drop)
}

const CHANGE: &str = "update workspace set name = ?, time_zone = ?, reply_inbox_id = ?,
    reply_tokens = ?, thread_by_subject_days = ?, reopen_days = ?, new_subject_opens = ?,
    sign_replies = ?, server_timing = ?, version = version + 1, updated_at = ?";

/// Writes what may change of the workspace.
///
/// # Errors
/// A storage fault.
pub fn change(sql: &dyn Sql, workspace: &Workspace, now: Millis) -> Result<(), Fault> {
    let params = [
        (&workspace.name).into(),
        (&workspace.time_zone).into(),
        workspace.reply_inbox_id.map(|id| id.to_string()).into(),
        i64::from(workspace.reply_tokens).into(),
        workspace.thread_by_subject_days.into(),
        workspace.reopen_days.into(),
        i64::from(workspace.new_subject_opens).into(),
        i64::from(workspace.sign_replies).into(),
        i64::from(workspace.server_timing).into(),
        now.into(),
    ];
    sql.exec(CHANGE, &params).map(drop)
}

const REPLY_KEY: &str = "select reply_key from workspace where reply_key is not null";

/// The key that makes the tokens in reply addresses; none where none was ever asked for.
///
/// # Errors
/// A storage fault.
pub fn reply_key(sql: &dyn Sql) -> Result<Option<Vec<u8>>, Fault> {
    sql.first(REPLY_KEY, &[])?.map(|row| row.blob(0)).transpose()
}

const GIVE_REPLY_KEY: &str = "update workspace set reply_key = ? where reply_key is null";

/// Gives the workspace that key, where it has none.
///
/// # Errors
/// A storage fault.
pub fn give_reply_key(sql: &dyn Sql, key: Vec<u8>) -> Result<(), Fault> {
    sql.exec(GIVE_REPLY_KEY, &[key.into()]).map(drop)
}
