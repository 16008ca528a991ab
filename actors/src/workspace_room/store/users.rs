//! The users.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::ids::{CompanyId, UserId};
use schema::room::user::User;

/// A user and their place in the list.
pub type Numbered = (i64, User);

/// The columns that [`read`] takes.
macro_rules! columns {
    ($from:literal) => {
        concat!(
            "select u.number, u.id, u.email, u.name, u.company_id, c.name, u.created_at, \
             u.updated_at, u.version from users u left join companies c on c.id = u.company_id ",
            $from
        )
    };
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let user = User {
        id: row.id(1)?,
        email: row.text(2)?,
        name: row.text_or_null(3)?,
        company_id: row.id_or_null(4)?,
        company_name: row.text_or_null(5)?,
        created_at: row.integer(6)?,
        updated_at: row.integer(7)?,
        version: row.integer(8)?,
    };
    Ok((row.integer(0)?, user))
}

const FIND: &str = columns!("where u.id = ?");

/// A user by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: UserId) -> Result<Option<User>, Fault> {
    one(sql.first(FIND, &[id.to_string().into()])?)
}

const FIND_BY_EMAIL: &str = columns!("where u.email = ?");

/// A user by address, lower-case.
///
/// # Errors
/// A storage fault.
pub fn find_by_email(sql: &dyn Sql, email: &str) -> Result<Option<User>, Fault> {
    one(sql.first(FIND_BY_EMAIL, &[email.into()])?)
}

fn one(row: Option<Row>) -> Result<Option<User>, Fault> {
    row.map(|row| read(&row).map(|(_, user)| user)).transpose()
}

const LIST: &str = columns!("where u.number < ? order by u.number desc limit ?");

/// Users, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, before: i64, limit: i64) -> Result<Vec<Numbered>, Fault> {
    sql.exec(LIST, &[before.into(), limit.into()])?.iter().map(read).collect()
}

const OF_COMPANY: &str =
    columns!("where u.company_id = ? and u.number < ? order by u.number desc limit ?");

/// Users of a company, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn of_company(
    sql: &dyn Sql,
    company: CompanyId,
    before: i64,
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [Value::Text(company.to_string()), before.into(), limit.into()];
    sql.exec(OF_COMPANY, &params)?.iter().map(read).collect()
}

const INSERT: &str = "insert into users
    (id, email, name, company_id, created_at, updated_at, version) values (?, ?, ?, ?, ?, ?, ?)";

/// Adds a user.
///
/// # Errors
/// A storage fault, also where the address is known already.
pub fn insert(sql: &dyn Sql, user: &User) -> Result<(), Fault> {
    let params = [
        user.id.to_string().into(),
        (&user.email).into(),
        user.name.clone().into(),
        user.company_id.map(|id| id.to_string()).into(),
        user.created_at.into(),
        user.updated_at.into(),
        user.version.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update users
    set email = ?, name = ?, company_id = ?, updated_at = ?, version = ? where id = ?";

/// Writes what may change of a user.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, user: &User) -> Result<(), Fault> {
    let params = [
        (&user.email).into(),
        user.name.clone().into(),
        user.company_id.map(|id| id.to_string()).into(),
        user.updated_at.into(),
        user.version.into(),
        user.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, FIND_BY_EMAIL, LIST, OF_COMPANY, INSERT, UPDATE];
