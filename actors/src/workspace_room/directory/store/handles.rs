//! By what users are known.

use crate::kernel::{Fault, Sql};
use crate::workspace_room::directory::domain_of;
use schema::ids::UserId;
use schema::room::user::{Handle, HandleKind};

const OWNER: &str = "select u.id from handles h cross join users u on u.number = h.user
    where h.kind = ? and h.value = ?";

/// Whose a handle is.
///
/// # Errors
/// A storage fault.
pub fn owner(sql: &dyn Sql, kind: HandleKind, value: &str) -> Result<Option<UserId>, Fault> {
    let row = sql.first(OWNER, &[kind.as_str().into(), value.into()])?;
    row.map(|row| row.id(0)).transpose()
}

const INSERT: &str = "insert into handles (kind, value, user, main, domain, added_at)
    select ?, ?, number, ?, ?, ? from users where id = ?";

fn insert(sql: &dyn Sql, user: UserId, handle: &Handle) -> Result<(), Fault> {
    let params = [
        handle.kind.as_str().into(),
        (&handle.value).into(),
        i64::from(handle.primary).into(),
        domain(handle).into(),
        handle.added_at.into(),
        user.to_string().into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

fn domain(handle: &Handle) -> Option<String> {
    domain_of(&handle.value).filter(|_| handle.kind == HandleKind::Email)
}

const SET_MAIN: &str = "update handles set main = ? where kind = ? and value = ?";
const REMOVE: &str = "delete from handles where kind = ? and value = ?";

/// Puts a user's handles in the place of those before.
///
/// # Errors
/// A storage fault, also where a handle is another user's.
pub fn replace(
    sql: &dyn Sql,
    user: UserId,
    before: &[Handle],
    after: &[Handle],
) -> Result<(), Fault> {
    let in_list = |list: &[Handle], handle: &Handle| -> Option<bool> {
        let same = |it: &&Handle| it.kind == handle.kind && it.value == handle.value;
        list.iter().find(same).map(|it| it.primary)
    };
    for handle in before.iter().filter(|handle| in_list(after, handle).is_none()) {
        sql.exec(REMOVE, &[handle.kind.as_str().into(), (&handle.value).into()])?;
    }
    for handle in after {
        match in_list(before, handle) {
            None => insert(sql, user, handle)?,
            Some(primary) if primary != handle.primary => {
                let main = i64::from(handle.primary);
                let params = [main.into(), handle.kind.as_str().into(), (&handle.value).into()];
                sql.exec(SET_MAIN, &params)?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

const IN_DOMAIN: &str = "select h.user, u.id
    from handles h cross join users u on u.number = h.user
    where h.domain = ? and h.user > ? and u.company_id is null
    order by h.user limit ?";

/// Users without a company who have a mail address of a domain, after a number, in order.
///
/// # Errors
/// A storage fault.
pub fn in_domain(
    sql: &dyn Sql,
    domain: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, UserId)>, Fault> {
    let rows = sql.exec(IN_DOMAIN, &[domain.into(), after.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.id(1)?))).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[OWNER, INSERT, SET_MAIN, REMOVE, IN_DOMAIN];
