//! The domains that the workspace takes for free mail.

use crate::kernel::{Fault, Sql};

const HAS: &str = "select 1 from free_mail where domain = ?";

/// Whether a domain is one of them.
///
/// # Errors
/// A storage fault.
pub fn has(sql: &dyn Sql, domain: &str) -> Result<bool, Fault> {
    Ok(sql.first(HAS, &[domain.into()])?.is_some())
}

const LIST: &str = "select domain from free_mail order by domain";

/// All of them.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql) -> Result<Vec<String>, Fault> {
    sql.exec(LIST, &[])?.iter().map(|row| row.text(0)).collect()
}

const CLEAR: &str = "delete from free_mail";
const FILL: &str = "insert into free_mail (domain) select value from json_each(?)";

/// Puts these in their place.
///
/// # Errors
/// A storage fault.
pub fn replace(sql: &dyn Sql, domains: &[String]) -> Result<(), Fault> {
    sql.exec(CLEAR, &[])?;
    let list = serde_json::Value::from(domains).to_string();
    sql.exec(FILL, &[list.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[HAS, LIST, CLEAR, FILL];
