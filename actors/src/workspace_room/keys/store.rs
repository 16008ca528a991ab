//! The API keys.

use crate::kernel::{Fault, Row, Sql};
use crate::workspace_room::access::store::agents::role;
use schema::ids::{AgentId, ApiKeyId};
use schema::room::api_key::ApiKey;
use schema::{Millis, Role};

/// Every statement, for the test that none of them scans a table.
#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[STANDING, USED, FIND, LIST, INSERT, REMOVE, COUNT];

/// What a key is worth.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The key.
    pub id: ApiKeyId,
    /// Who made it.
    pub agent: AgentId,
    /// What it may.
    pub role: Role,
    /// What they may.
    pub agent_role: Role,
    /// Whether they are active.
    pub active: bool,
    /// When it ends.
    pub expires_at: Option<Millis>,
    /// When it was last used, roughly.
    pub last_used_at: Option<Millis>,
}

const STANDING: &str = "select k.id, k.agent_id, k.role, a.role, a.active, k.expires_at,
    k.last_used_at from api_keys k join agents a on a.id = k.agent_id where k.hash = ?";

/// What the key of a hash is worth.
///
/// # Errors
/// A storage fault.
pub fn standing(sql: &dyn Sql, hash: &str) -> Result<Option<Standing>, Fault> {
    let Some(row) = sql.first(STANDING, &[hash.into()])? else { return Ok(None) };
    Ok(Some(Standing {
        id: row.id(0)?,
        agent: row.id(1)?,
        role: role(&row, 2)?,
        agent_role: role(&row, 3)?,
        active: row.flag(4)?,
        expires_at: row.integer_or_null(5)?,
        last_used_at: row.integer_or_null(6)?,
    }))
}

const USED: &str = "update api_keys set last_used_at = ? where id = ?";

/// Notes that a key is used.
///
/// # Errors
/// A storage fault.
pub fn used(sql: &dyn Sql, id: ApiKeyId, now: Millis) -> Result<(), Fault> {
    sql.exec(USED, &[now.into(), id.to_string().into()]).map(drop)
}

const FIND: &str = "select number, id, name, role, agent_id, created_at, expires_at, last_used_at
    from api_keys where id = ?";

/// A key by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: ApiKeyId) -> Result<Option<ApiKey>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const LIST: &str = "select number, id, name, role, agent_id, created_at, expires_at, last_used_at
    from api_keys where number < ? order by number desc limit ?";

/// The keys before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, before: i64, limit: i64) -> Result<Vec<(i64, ApiKey)>, Fault> {
    let rows = sql.exec(LIST, &[before.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, read(row)?))).collect()
}

fn read(row: &Row) -> Result<ApiKey, Fault> {
    Ok(ApiKey {
        id: row.id(1)?,
        name: row.text(2)?,
        role: role(row, 3)?,
        agent_id: row.id(4)?,
        created_at: row.integer(5)?,
        expires_at: row.integer_or_null(6)?,
        last_used_at: row.integer_or_null(7)?,
    })
}

const INSERT: &str = "insert into api_keys
    (id, agent_id, name, role, hash, created_at, expires_at, last_used_at)
    values (?, ?, ?, ?, ?, ?, ?, null)";

/// Adds a key.
///
/// # Errors
/// A storage fault, also where the hash is known already.
pub fn insert(sql: &dyn Sql, key: &ApiKey, hash: &str) -> Result<(), Fault> {
    let params = [
        key.id.to_string().into(),
        key.agent_id.to_string().into(),
        (&key.name).into(),
        key.role.as_str().into(),
        hash.into(),
        key.created_at.into(),
        key.expires_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const REMOVE: &str = "delete from api_keys where id = ?";

/// Takes a key away.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: ApiKeyId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

const COUNT: &str = "select count(*) from api_keys";

/// How many keys there are.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}
