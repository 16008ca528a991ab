//! The users.

use crate::kernel::{Fault, Row, Sql, Value};
use crate::workspace_room::store::tickets::word;
use schema::codec::read_json;
use schema::ids::{CompanyId, UserId};
use schema::room::user::{Handle, HandleKind, User};
use schema::sort::SortSmall;

/// A user and their place in the list.
pub type Numbered = (i64, User);

/// The columns that [`read`] takes.
macro_rules! columns {
    ($from:literal, $rest:literal) => {
        concat!(
            "select u.number, u.id, u.email, u.name, u.company_id, c.name, u.created_at, \
             u.updated_at, u.version, u.attributes, u.archived, u.merged_into, u.erased_at, \
             (select json_group_array(json_array(h.kind, h.value, h.main, h.added_at)) \
             from handles h where h.user = u.number) from ",
            $from,
            " left join companies c on c.id = u.company_id ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let user = User {
        id: row.id(1)?,
        email: row.text_or_null(2)?,
        name: row.text_or_null(3)?,
        handles: read_handles(&row.text(13)?)?,
        company_id: row.id_or_null(4)?,
        company_name: row.text_or_null(5)?,
        attributes: json(&row.text(9)?)?,
        archived: row.integer(10)? != 0,
        merged_into: row.id_or_null(11)?,
        erased_at: row.integer_or_null(12)?,
        created_at: row.integer(6)?,
        updated_at: row.integer(7)?,
        version: row.integer(8)?,
    };
    Ok((row.integer(0)?, user))
}

fn read_handles(text: &str) -> Result<Vec<Handle>, Fault> {
    let rows: Vec<(String, String, i64, i64)> = json(text)?;
    let mut handles = Vec::with_capacity(rows.len());
    for (kind, value, main, added_at) in rows {
        let kind = word(&Row(vec![kind.into()]), 0, HandleKind::parse)?;
        handles.push(Handle { kind, value, primary: main == 1, added_at });
    }
    sort(&mut handles);
    Ok(handles)
}

/// Puts handles in the order in which they are shown: by kind, the primary one first, then by age.
pub fn sort(handles: &mut [Handle]) {
    handles.sort_small_by(|a, b| {
        let key = |it: &Handle| (it.kind, !it.primary, it.added_at);
        key(a).cmp(&key(b)).then_with(|| a.value.cmp(&b.value))
    });
}

/// What a column holds as JSON.
///
/// # Errors
/// A fault where it holds something else.
pub fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    read_json(text.as_bytes()).map_err(|error| Fault(format!("JSON: {}", error.message)))
}

const FIND: &str = columns!("users u", "where u.id = ?");

/// A user by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: UserId) -> Result<Option<User>, Fault> {
    one(sql.first(FIND, &[id.to_string().into()])?)
}

const FIND_BY_HANDLE: &str = columns!(
    "handles k cross join users u on u.number = k.user",
    "where k.kind = ? and k.value = ?"
);

/// A user by a handle, in the form in which it is kept.
///
/// # Errors
/// A storage fault.
pub fn find_by_handle(sql: &dyn Sql, kind: HandleKind, value: &str) -> Result<Option<User>, Fault> {
    one(sql.first(FIND_BY_HANDLE, &[kind.as_str().into(), value.into()])?)
}

/// A user by any of their mail addresses, lower-case.
///
/// # Errors
/// A storage fault.
pub fn find_by_email(sql: &dyn Sql, email: &str) -> Result<Option<User>, Fault> {
    find_by_handle(sql, HandleKind::Email, email)
}

fn one(row: Option<Row>) -> Result<Option<User>, Fault> {
    row.map(|row| read(&row).map(|(_, user)| user)).transpose()
}

const LIST: &str =
    columns!("users u", "where u.archived = ? and u.number < ? order by u.number desc limit ?");

/// Users, the latest first, before a place in the list.
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

const BY_CHANGE: &str = columns!(
    "users u",
    "where u.archived = ? and (u.updated_at, u.number) < (?, ?)
    order by u.updated_at desc, u.number desc limit ?"
);

/// Users, those that changed last first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn by_change(
    sql: &dyn Sql,
    archived: bool,
    (changed, number): (i64, i64),
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [i64::from(archived).into(), changed.into(), number.into(), limit.into()];
    sql.exec(BY_CHANGE, &params)?.iter().map(read).collect()
}

const OF_COMPANY: &str = columns!(
    "users u",
    "where u.company_id = ? and u.archived = ? and u.number < ?
    order by u.number desc limit ?"
);

/// Users of a company, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn of_company(
    sql: &dyn Sql,
    company: CompanyId,
    archived: bool,
    before: i64,
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let archived = i64::from(archived);
    let params = [Value::Text(company.to_string()), archived.into(), before.into(), limit.into()];
    sql.exec(OF_COMPANY, &params)?.iter().map(read).collect()
}

const MERGED_INTO: &str = columns!("users u", "where u.merged_into = ?");

/// The users that were merged into one.
///
/// # Errors
/// A storage fault.
pub fn merged_into(sql: &dyn Sql, user: UserId) -> Result<Vec<User>, Fault> {
    let rows = sql.exec(MERGED_INTO, &[user.to_string().into()])?;
    rows.iter().map(|row| read(row).map(|(_, user)| user)).collect()
}

const INSERT: &str = "insert into users
    (id, own_key, email, name, company_id, attributes, created_at, updated_at, version)
    values (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// Adds a user, without their handles.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, user: &User) -> Result<(), Fault> {
    let params = [
        user.id.to_string().into(),
        user.email.clone().into(),
        user.name.clone().into(),
        user.company_id.map(|id| id.to_string()).into(),
        attributes(user).into(),
        user.created_at.into(),
        user.updated_at.into(),
        user.version.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update users set email = ?, name = ?, company_id = ?, attributes = ?,
    archived = ?, merged_into = ?, erased_at = ?, updated_at = ?, version = ? where id = ?";

/// Writes what may change of a user, their handles excepted.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, user: &User) -> Result<(), Fault> {
    let gone = user.merged_into.is_some() || user.erased_at.is_some();
    let archived = if gone { 2 } else { i64::from(user.archived) };
    let params = [
        user.email.clone().into(),
        user.name.clone().into(),
        user.company_id.map(|id| id.to_string()).into(),
        attributes(user).into(),
        archived.into(),
        user.merged_into.map(|id| id.to_string()).into(),
        user.erased_at.into(),
        user.updated_at.into(),
        user.version.into(),
        user.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

fn attributes(user: &User) -> String {
    serde_json::Value::Object(user.attributes.clone()).to_string()
}

const UNLINK: &str = "update users
    set company_id = null, version = version + 1, updated_at = ?
    where company_id = ? returning id";

/// Leaves the users of a company without one; says who they are.
///
/// # Errors
/// A storage fault.
pub fn unlink(sql: &dyn Sql, company: CompanyId, now: i64) -> Result<Vec<UserId>, Fault> {
    let rows = sql.exec(UNLINK, &[now.into(), company.to_string().into()])?;
    rows.iter().map(|row| row.id(0)).collect()
}

const TOUCH: &str = "update users set version = version + 1 where id = ?";

/// Notes that something which is shown with a user has changed.
///
/// # Errors
/// A storage fault.
pub fn touch(sql: &dyn Sql, id: UserId) -> Result<(), Fault> {
    sql.exec(TOUCH, &[id.to_string().into()]).map(drop)
}

const OF_COMPANY_AFTER: &str = "select number, id from users
    where company_id = ? and archived = ? and number > ? order by number limit ?";

/// Users of a company after a number, in order: number and id.
///
/// # Errors
/// A storage fault.
pub fn of_company_after(
    sql: &dyn Sql,
    company: CompanyId,
    archived: bool,
    number: i64,
    limit: i64,
) -> Result<Vec<(i64, UserId)>, Fault> {
    let archived = i64::from(archived);
    let params = [company.to_string().into(), archived.into(), number.into(), limit.into()];
    let rows = sql.exec(OF_COMPANY_AFTER, &params)?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.id(1)?))).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    FIND,
    FIND_BY_HANDLE,
    LIST,
    BY_CHANGE,
    OF_COMPANY,
    MERGED_INTO,
    INSERT,
    UPDATE,
    UNLINK,
    TOUCH,
    OF_COMPANY_AFTER,
];
