//! The one row of the workspace itself.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::WorkspaceId;
use schema::room::access::Workspace;

const FIND: &str = "select workspace_id, name, time_zone, version, created_at, updated_at,
        reply_inbox_id
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
    version = version + 1, updated_at = ?";

/// Writes what may change of the workspace.
///
/// # Errors
/// A storage fault.
pub fn change(sql: &dyn Sql, workspace: &Workspace, now: Millis) -> Result<(), Fault> {
    let params = [
        (&workspace.name).into(),
        (&workspace.time_zone).into(),
        workspace.reply_inbox_id.map(|id| id.to_string()).into(),
        now.into(),
    ];
    sql.exec(CHANGE, &params).map(drop)
}
