//! The accounts at Microsoft by which agents log in.

use crate::kernel::{Fault, Sql};
use schema::ids::AgentId;
use schema::room::access::Identity;

const FIND: &str = "select tenant_id, user_id, linked_at from identities where agent_id = ?";

/// The account that an agent has linked.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, agent: AgentId) -> Result<Option<Identity>, Fault> {
    let Some(row) = sql.first(FIND, &[agent.to_string().into()])? else { return Ok(None) };
    let (tenant_id, user_id) = (row.text(0)?, row.text(1)?);
    Ok(Some(Identity { tenant_id, user_id, linked_at: row.integer(2)? }))
}

const AGENT_OF: &str = "select agent_id from identities where tenant_id = ? and user_id = ?";

/// Whose an account is.
///
/// # Errors
/// A storage fault.
pub fn agent_of(sql: &dyn Sql, tenant: &str, user: &str) -> Result<Option<AgentId>, Fault> {
    let row = sql.first(AGENT_OF, &[tenant.into(), user.into()])?;
    row.map(|row| row.id(0)).transpose()
}

const INSERT: &str =
    "insert into identities (agent_id, tenant_id, user_id, linked_at) values (?, ?, ?, ?)";

/// Links an account.
///
/// # Errors
/// A storage fault, also where the agent has one already, or the account an agent.
pub fn insert(sql: &dyn Sql, agent: AgentId, identity: &Identity) -> Result<(), Fault> {
    let params = [
        agent.to_string().into(),
        (&identity.tenant_id).into(),
        (&identity.user_id).into(),
        identity.linked_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const REMOVE: &str = "delete from identities where agent_id = ?";

/// Unlinks an agent's account.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, agent: AgentId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[agent.to_string().into()]).map(drop)
}
