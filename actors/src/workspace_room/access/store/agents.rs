//! The agents.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Role;
use schema::ids::AgentId;
use schema::room::access::Agent;

/// An agent, with what no reply may hold.
#[derive(Debug, Clone)]
pub struct Known {
    /// What the API shows.
    pub agent: Agent,
    /// The password's PHC string.
    pub password_hash: String,
    /// The epoch that a token must have.
    pub epoch: i64,
}

const FIND: &str = "select id, email, name, role, active, version, created_at, updated_at,
    password_hash, epoch from agents where id = ?";

/// An agent by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: AgentId) -> Result<Option<Known>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(known).transpose()
}

const FIND_BY_EMAIL: &str = "select id, email, name, role, active, version, created_at,
    updated_at, password_hash, epoch from agents where email = ?";

/// An agent by address, lower-cased.
///
/// # Errors
/// A storage fault.
pub fn find_by_email(sql: &dyn Sql, email: &str) -> Result<Option<Known>, Fault> {
    sql.first(FIND_BY_EMAIL, &[email.into()])?.as_ref().map(known).transpose()
}

const LIST: &str = "select id, email, name, role, active, version, created_at, updated_at
    from agents order by id";

/// All agents, in the order in which they came.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql) -> Result<Vec<Agent>, Fault> {
    sql.exec(LIST, &[])?.iter().map(agent).collect()
}

fn known(row: &Row) -> Result<Known, Fault> {
    Ok(Known { agent: agent(row)?, password_hash: row.text(8)?, epoch: row.integer(9)? })
}

fn agent(row: &Row) -> Result<Agent, Fault> {
    Ok(Agent {
        id: row.id(0)?,
        email: row.text(1)?,
        name: row.text(2)?,
        role: role(row, 3)?,
        active: row.flag(4)?,
        version: row.integer(5)?,
        created_at: row.integer(6)?,
        updated_at: row.integer(7)?,
    })
}

/// The role in a column.
///
/// # Errors
/// A fault where the column holds no role.
pub fn role(row: &Row, column: usize) -> Result<Role, Fault> {
    let text = row.text(column)?;
    Role::parse(&text).ok_or_else(|| Fault(format!("column {column} holds no role: {text}")))
}

const INSERT: &str = "insert into agents
    (id, email, name, role, active, password_hash, epoch, version, created_at, updated_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds an agent.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, known: &Known) -> Result<(), Fault> {
    let agent = &known.agent;
    let params = [
        agent.id.to_string().into(),
        (&agent.email).into(),
        (&agent.name).into(),
        agent.role.as_str().into(),
        i64::from(agent.active).into(),
        (&known.password_hash).into(),
        known.epoch.into(),
        agent.version.into(),
        agent.created_at.into(),
        agent.updated_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update agents
    set name = ?, role = ?, active = ?, version = ?, updated_at = ? where id = ?";

/// Writes what may change of an agent.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, agent: &Agent) -> Result<(), Fault> {
    let params = [
        (&agent.name).into(),
        agent.role.as_str().into(),
        i64::from(agent.active).into(),
        agent.version.into(),
        agent.updated_at.into(),
        agent.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const SET_PASSWORD: &str = "update agents set password_hash = ? where id = ?";

/// Writes the password's PHC string.
///
/// # Errors
/// A storage fault.
pub fn set_password(sql: &dyn Sql, id: AgentId, password_hash: &str) -> Result<(), Fault> {
    sql.exec(SET_PASSWORD, &[password_hash.into(), id.to_string().into()]).map(drop)
}

const NEXT_EPOCH: &str = "update agents set epoch = epoch + 1 where id = ?";

/// Makes every access token of the agent worth nothing.
///
/// # Errors
/// A storage fault.
pub fn next_epoch(sql: &dyn Sql, id: AgentId) -> Result<(), Fault> {
    sql.exec(NEXT_EPOCH, &[id.to_string().into()]).map(drop)
}

const COUNT: &str = "select count(*) from agents";

/// How many agents there are, whether active or not.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const OTHER_OWNER: &str = "select 1 from agents
    where role = 'owner' and active = 1 and id <> ? limit 1";

/// Whether anybody but this agent owns the workspace.
///
/// # Errors
/// A storage fault.
pub fn other_owner(sql: &dyn Sql, id: AgentId) -> Result<bool, Fault> {
    Ok(sql.first(OTHER_OWNER, &[Value::Text(id.to_string())])?.is_some())
}
