//! The one row of the workspace itself.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::WorkspaceId;
use schema::room::access::Workspace;

const FIND: &str = "select workspace_id, name, version, created_at, updated_at from workspace";

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
        version: row.integer(2)?,
        created_at: row.integer(3)?,
        updated_at: row.integer(4)?,
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

const RENAME: &str = "update workspace set name = ?, version = version + 1, updated_at = ?";

/// Gives the workspace another name.
///
/// # Errors
/// A storage fault.
pub fn rename(sql: &dyn Sql, name: &str, now: Millis) -> Result<(), Fault> {
    sql.exec(RENAME, &[name.into(), now.into()]).map(drop)
}
