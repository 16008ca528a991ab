//! The companies.

use crate::kernel::{Fault, Row, Sql};
use schema::ids::CompanyId;
use schema::room::user::Company;

/// A company and its place in the list.
pub type Numbered = (i64, Company);

const FIND_BY_DOMAIN: &str =
    "select number, id, name, domain, users, created_at from companies where domain = ?";

/// The company of a mail domain.
///
/// # Errors
/// A storage fault.
pub fn find_by_domain(sql: &dyn Sql, domain: &str) -> Result<Option<Company>, Fault> {
    let row = sql.first(FIND_BY_DOMAIN, &[domain.into()])?;
    row.map(|row| read(&row).map(|(_, company)| company)).transpose()
}

const LIST: &str = "select number, id, name, domain, users, created_at from companies
    where number < ? order by number desc limit ?";

/// Companies, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, before: i64, limit: i64) -> Result<Vec<Numbered>, Fault> {
    sql.exec(LIST, &[before.into(), limit.into()])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let company = Company {
        id: row.id(1)?,
        name: row.text(2)?,
        domain: row.text(3)?,
        users: row.integer(4)?,
        created_at: row.integer(5)?,
    };
    Ok((row.integer(0)?, company))
}

const INSERT: &str =
    "insert into companies (id, name, domain, users, created_at) values (?, ?, ?, ?, ?)";

/// Adds a company.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, company: &Company) -> Result<(), Fault> {
    let params = [
        company.id.to_string().into(),
        (&company.name).into(),
        (&company.domain).into(),
        company.users.into(),
        company.created_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const COUNT: &str = "update companies set users = users + cast(? as integer) where id = ?";

/// Counts users that came (or went, below zero).
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, id: CompanyId, users: i64) -> Result<(), Fault> {
    sql.exec(COUNT, &[users.into(), id.to_string().into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND_BY_DOMAIN, LIST, INSERT, COUNT];
