//! The companies and their mail domains.

use super::users::json;
use crate::kernel::{Fault, Row, Sql};
use schema::ids::CompanyId;
use schema::room::company::Company;
use schema::sort::SortSmall;

/// A company and its place in the list.
pub type Numbered = (i64, Company);

/// The columns that [`read`] takes.
macro_rules! columns {
    ($from:literal) => {
        concat!(
            "select c.number, c.id, c.name, c.users, c.attributes, c.archived, c.created_at, \
             c.updated_at, c.version, \
             (select json_group_array(d.domain) from company_domains d \
             where d.company = c.number) from ",
            $from
        )
    };
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let mut domains: Vec<String> = json(&row.text(9)?)?;
    domains.sort_small();
    let company = Company {
        id: row.id(1)?,
        name: row.text(2)?,
        domains,
        users: row.integer(3)?,
        attributes: json(&row.text(4)?)?,
        archived: row.flag(5)?,
        created_at: row.integer(6)?,
        updated_at: row.integer(7)?,
        version: row.integer(8)?,
    };
    Ok((row.integer(0)?, company))
}

const FIND: &str = columns!("companies c where c.id = ?");

/// A company by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: CompanyId) -> Result<Option<Company>, Fault> {
    one(sql.first(FIND, &[id.to_string().into()])?)
}

const FIND_BY_DOMAIN: &str =
    columns!("company_domains k cross join companies c on c.number = k.company where k.domain = ?");

/// The company of a mail domain.
///
/// # Errors
/// A storage fault.
pub fn find_by_domain(sql: &dyn Sql, domain: &str) -> Result<Option<Company>, Fault> {
    one(sql.first(FIND_BY_DOMAIN, &[domain.into()])?)
}

fn one(row: Option<Row>) -> Result<Option<Company>, Fault> {
    row.map(|row| read(&row).map(|(_, company)| company)).transpose()
}

const LIST: &str =
    columns!("companies c where c.archived = ? and c.number < ? order by c.number desc limit ?");

/// Companies, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    archived: bool,
    before: i64,
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [i64::from(archived).into(), before.into(), limit.into()];
    sql.exec(LIST, &params)?.iter().map(read).collect()
}

const BY_USERS: &str = columns!(
    "companies c where c.archived = ? and (c.users, c.number) < (?, ?)
    order by c.users desc, c.number desc limit ?"
);

/// Companies, those with the most users first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn by_users(
    sql: &dyn Sql,
    archived: bool,
    (users, number): (i64, i64),
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [i64::from(archived).into(), users.into(), number.into(), limit.into()];
    sql.exec(BY_USERS, &params)?.iter().map(read).collect()
}

const INSERT: &str = "insert into companies
    (id, own_key, name, users, attributes, created_at, updated_at, version)
    values (?1, ?1, ?2, 0, ?3, ?4, ?4, 1)";

/// Adds a company, which has no users yet.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, company: &Company) -> Result<(), Fault> {
    let params = [
        company.id.to_string().into(),
        (&company.name).into(),
        attributes(company).into(),
        company.created_at.into(),
    ];
    sql.exec(INSERT, &params)?;
    add_domains(sql, company.id, &company.domains)
}

const UPDATE: &str = "update companies
    set name = ?, attributes = ?, archived = ?, updated_at = ?, version = ? where id = ?";

/// Writes what may change of a company.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, before: &Company, company: &Company) -> Result<(), Fault> {
    let params = [
        (&company.name).into(),
        attributes(company).into(),
        i64::from(company.archived).into(),
        company.updated_at.into(),
        company.version.into(),
        company.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params)?;
    let missing = |of: &Company, from: &Company| -> Vec<String> {
        of.domains.iter().filter(|domain| !from.domains.contains(domain)).cloned().collect()
    };
    remove_domains(sql, &missing(before, company))?;
    add_domains(sql, company.id, &missing(company, before))
}

fn attributes(company: &Company) -> String {
    serde_json::Value::Object(company.attributes.clone()).to_string()
}

const ADD_DOMAINS: &str = "insert into company_domains (domain, company)
    select j.value, c.number from companies c cross join json_each(?) j where c.id = ?";

fn add_domains(sql: &dyn Sql, id: CompanyId, domains: &[String]) -> Result<(), Fault> {
    if domains.is_empty() {
        return Ok(());
    }
    let list = serde_json::Value::from(domains).to_string();
    sql.exec(ADD_DOMAINS, &[list.into(), id.to_string().into()]).map(drop)
}

const REMOVE_DOMAINS: &str =
    "delete from company_domains where domain in (select value from json_each(?))";

fn remove_domains(sql: &dyn Sql, domains: &[String]) -> Result<(), Fault> {
    if domains.is_empty() {
        return Ok(());
    }
    let list = serde_json::Value::from(domains).to_string();
    sql.exec(REMOVE_DOMAINS, &[list.into()]).map(drop)
}

const REMOVE: &str = "delete from companies where id = ?";

/// Removes a company that no user has.
///
/// # Errors
/// A storage fault, also where a user has it.
pub fn remove(sql: &dyn Sql, company: &Company) -> Result<(), Fault> {
    remove_domains(sql, &company.domains)?;
    sql.exec(REMOVE, &[company.id.to_string().into()]).map(drop)
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
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    FIND,
    FIND_BY_DOMAIN,
    LIST,
    BY_USERS,
    INSERT,
    UPDATE,
    ADD_DOMAINS,
    REMOVE_DOMAINS,
    REMOVE,
    COUNT,
];
