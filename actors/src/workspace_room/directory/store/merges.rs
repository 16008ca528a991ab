//! The merges of users that can be undone.

use crate::kernel::{Fault, Row, Sql};
use crate::workspace_room::store::users::json;
use schema::Millis;
use schema::ids::{MergeId, UserId};
use schema::room::user::Handle;
use schema::sort::SortSmall;

/// What went from one user to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// The handles, as the other had them.
    pub handles: Vec<Handle>,
    /// The numbers of the tickets.
    pub tickets: Vec<i64>,
    /// The name that the kept user had none of.
    pub name: Option<String>,
    /// The users that were merged into the other before.
    pub followers: Vec<UserId>,
}

/// A merge that can be undone.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The merge.
    pub id: MergeId,
    /// The user that was kept.
    pub kept: UserId,
    /// The other.
    pub merged: UserId,
    /// What went over.
    pub moved: Moved,
    /// When.
    pub at: Millis,
}

fn read(row: &Row) -> Result<Kept, Fault> {
    let (handles, tickets, name, followers) = json(&row.text(3)?)?;
    Ok(Kept {
        id: row.id(0)?,
        kept: row.id(1)?,
        merged: row.id(2)?,
        moved: Moved { handles, tickets, name, followers },
        at: row.integer(4)?,
    })
}

const INSERT: &str = "insert into user_merges (id, kept, merged, moved, at) values (?, ?, ?, ?, ?)";

/// Remembers a merge.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, merge: &Kept) -> Result<(), Fault> {
    let Moved { handles, tickets, name, followers } = &merge.moved;
    let moved = serde_json::to_string(&(handles, tickets, name, followers))
        .map_err(|error| Fault(error.to_string()))?;
    let params = [
        merge.id.to_string().into(),
        merge.kept.to_string().into(),
        merge.merged.to_string().into(),
        moved.into(),
        merge.at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const FIND: &str = "select id, kept, merged, moved, at from user_merges where id = ?";

/// A merge.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: MergeId) -> Result<Option<Kept>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const INTO: &str = "select id, kept, merged, moved, at from user_merges
    where kept = ? order by at desc limit 100";

/// The latest merges into a user, at most 100.
///
/// # Errors
/// A storage fault.
pub fn into(sql: &dyn Sql, user: UserId) -> Result<Vec<Kept>, Fault> {
    sql.exec(INTO, &[user.to_string().into()])?.iter().map(read).collect()
}

const REMOVE: &str = "delete from user_merges where id = ?";

/// Forgets a merge.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: MergeId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

const REMOVE_OF: &str = "delete from user_merges where kept = ?1";
const REMOVE_MERGED: &str = "delete from user_merges where merged = ?1";

/// Forgets every merge that a user had part in.
///
/// # Errors
/// A storage fault.
pub fn remove_of(sql: &dyn Sql, user: UserId) -> Result<(), Fault> {
    sql.exec(REMOVE_OF, &[user.to_string().into()])?;
    sql.exec(REMOVE_MERGED, &[user.to_string().into()]).map(drop)
}

const COUNT_TICKETS: &str = "select count(*) from
    (select 1 from tickets where user_id = ? limit ?)";

/// How many tickets a user has, counted up to `most`.
///
/// # Errors
/// A storage fault.
pub fn count_tickets(sql: &dyn Sql, user: UserId, most: i64) -> Result<i64, Fault> {
    let row = sql.first(COUNT_TICKETS, &[user.to_string().into(), most.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const MOVE_ALL: &str = "update tickets set user_id = ?, version = version + 1
    where user_id = ? returning number";

/// Gives all tickets of a user to another; says their numbers.
///
/// # Errors
/// A storage fault.
pub fn move_all(sql: &dyn Sql, from: UserId, to: UserId) -> Result<Vec<i64>, Fault> {
    let rows = sql.exec(MOVE_ALL, &[to.to_string().into(), from.to_string().into()])?;
    let mut numbers: Vec<i64> = rows.iter().map(|row| row.integer(0)).collect::<Result<_, _>>()?;
    numbers.sort_small();
    Ok(numbers)
}

const MOVE_BACK: &str = "update tickets set user_id = ?, version = version + 1
    where number in (select value from json_each(?)) and user_id = ? returning number";

/// Gives those of some tickets that a user has to another; says their numbers.
///
/// # Errors
/// A storage fault.
pub fn move_back(
    sql: &dyn Sql,
    tickets: &[i64],
    from: UserId,
    to: UserId,
) -> Result<Vec<i64>, Fault> {
    let list = serde_json::Value::from(tickets).to_string();
    let params = [to.to_string().into(), list.into(), from.to_string().into()];
    let rows = sql.exec(MOVE_BACK, &params)?;
    let mut numbers: Vec<i64> = rows.iter().map(|row| row.integer(0)).collect::<Result<_, _>>()?;
    numbers.sort_small();
    Ok(numbers)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[INSERT, FIND, INTO, REMOVE, REMOVE_OF, REMOVE_MERGED, COUNT_TICKETS, MOVE_ALL, MOVE_BACK];
