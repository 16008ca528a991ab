//! The outbox: what the object wants done outside itself, until it is settled.

use crate::kernel::sql::{Fault, Row, Sql};
use schema::Millis;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is to be done; the actor's own word.
    pub kind: String,
    /// What it concerns; unique within the kind.
    pub key: String,
    /// Starts anywhere and grows when the entry is asked for again before it is settled, so that no
    /// two askings share one: a late answer to an earlier asking settles no later one.
    pub version: i64,
    /// How often it has failed.
    pub attempts: i64,
    /// When the alarm takes care of it.
    pub due: Millis,
    /// Whether it is under way and must not simply be repeated.
    pub leased: bool,
    /// What the actor noted for it.
    pub body: Vec<u8>,
}

const PUSH: &str = "insert into outbox (kind, key, version, attempts, due, state, body)
    values (?, ?, ?, 0, ?, 'waiting', ?)
    on conflict (kind, key) do update set
        version = version + 1,
        body = excluded.body
    returning state, due";

/// Asks for something to be done; asked for again while it waits, it is done once, with the newer
/// body. `version` is where a new entry's starts. Says when it is due.
///
/// # Errors
/// A storage fault.
pub fn push(
    sql: &dyn Sql,
    (kind, key): (&str, &str),
    version: i64,
    due: Millis,
    body: &[u8],
) -> Result<Millis, Fault> {
    let params = [kind.into(), key.into(), version.into(), due.into(), body.into()];
    let Some(row) = sql.first(PUSH, &params)? else { return Ok(due) };
    // Only a dead one gets another time and state: naming them rewrites the index each time.
    if row.text(0)? == "dead" {
        sql.exec(RENEW, &[due.into(), kind.into(), key.into()])?;
        return Ok(due);
    }
    row.integer(1)
}

const HASTEN: &str = "update outbox set due = ? where kind = ? and key = ?";

/// Has an entry come at another time, however often it has failed.
///
/// # Errors
/// A storage fault.
pub fn hasten(sql: &dyn Sql, kind: &str, key: &str, due: Millis) -> Result<(), Fault> {
    sql.exec(HASTEN, &[due.into(), kind.into(), key.into()]).map(drop)
}

// SQLite 3.50 plans by the value of a bound limit, and would compile this anew at each drain.
const READY: &str = "select kind, key, version, attempts, due, state, body from outbox
    where state <> 'dead' and due <= ? and (due <= ? or (attempts = 0 and state = 'waiting'))
    order by due, kind, key limit 16";
/// How many entries [`ready`] gives at most.
pub const READY_MAX: usize = 16;

/// The entries that are due, and those that nobody has tried yet (their first try needs no alarm:
/// it follows the commit), [`READY_MAX`] at most. `first_due` bounds how far in the future the
/// latter are due.
///
/// # Errors
/// A storage fault.
pub fn ready(sql: &dyn Sql, now: Millis, first_due: Millis) -> Result<Vec<Entry>, Fault> {
    let rows = sql.exec(READY, &[first_due.into(), now.into()])?;
    rows.into_iter().map(read).collect()
}

const FIND: &str = "select kind, key, version, attempts, due, state, body from outbox
    where kind = ? and key = ?";

/// One entry.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, kind: &str, key: &str) -> Result<Option<Entry>, Fault> {
    sql.first(FIND, &[kind.into(), key.into()])?.map(read).transpose()
}

const OF_KIND: &str = "select kind, key, version, attempts, due, state, body from outbox
    where kind = ? order by key";

/// The entries of a kind, dead ones too.
///
/// # Errors
/// A storage fault.
pub fn of_kind(sql: &dyn Sql, kind: &str) -> Result<Vec<Entry>, Fault> {
    sql.exec(OF_KIND, &[kind.into()])?.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<Entry, Fault> {
    Ok(Entry {
        kind: row.text(0)?,
        key: row.text(1)?,
        version: row.integer(2)?,
        attempts: row.integer(3)?,
        due: row.integer(4)?,
        leased: row.text(5)? == "leased",
        body: row.blob(6)?,
    })
}

const LEASE: &str = "update outbox set state = 'leased', due = ? where kind = ? and key = ?";

/// Marks an entry as under way until `until`; found so later, its outcome is unknown.
///
/// # Errors
/// A storage fault.
pub fn lease(sql: &dyn Sql, entry: &Entry, until: Millis) -> Result<(), Fault> {
    sql.exec(LEASE, &[until.into(), (&entry.kind).into(), (&entry.key).into()]).map(drop)
}

const LEASED: &str = "select distinct kind from outbox where state = 'leased'";

/// The kinds of the entries that are under way.
///
/// # Errors
/// A storage fault.
pub fn leased(sql: &dyn Sql) -> Result<Vec<String>, Fault> {
    sql.exec(LEASED, &[])?.iter().map(|row| row.text(0)).collect()
}

const VOID: &str = "update outbox set state = 'waiting', attempts = attempts + 1,
    due = min(due, cast(? as integer)
        + case attempts when 0 then 0 else 1000 << min(attempts, 12) end)
    where state = 'leased' and kind = ?";

/// Voids the leases of a kind: the entries are due at `now`. One whose work ends the object each
/// time comes back ever later, but no later than its lease would have run out.
///
/// # Errors
/// A storage fault.
pub fn void(sql: &dyn Sql, kind: &str, now: Millis) -> Result<(), Fault> {
    sql.exec(VOID, &[now.into(), kind.into()]).map(drop)
}

const EXPIRE: &str = "update outbox set due = min(due, cast(? as integer))
    where state = 'leased' and kind = ?";

/// Ends the leases of a kind at `now`.
///
/// # Errors
/// A storage fault.
pub fn expire(sql: &dyn Sql, kind: &str, now: Millis) -> Result<(), Fault> {
    sql.exec(EXPIRE, &[now.into(), kind.into()]).map(drop)
}

const REMOVE: &str = "delete from outbox where kind = ? and key = ? and version = ?
    returning kind";

/// Removes an entry that is settled; says whether it did: one that was asked for again meanwhile
/// stays.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, entry: &Entry) -> Result<bool, Fault> {
    let params = [(&entry.kind).into(), (&entry.key).into(), entry.version.into()];
    Ok(sql.first(REMOVE, &params)?.is_some())
}

const RENEW: &str = "update outbox set state = 'waiting', attempts = 0, due = ?
    where kind = ? and key = ?";

/// Begins an entry anew that was settled, but asked for again in the meantime.
///
/// # Errors
/// A storage fault.
pub fn renew(sql: &dyn Sql, entry: &Entry, due: Millis) -> Result<(), Fault> {
    sql.exec(RENEW, &[due.into(), (&entry.kind).into(), (&entry.key).into()]).map(drop)
}

const RETRY: &str = "update outbox
    set state = 'waiting', attempts = attempts + 1, due = ?, error = ? where kind = ? and key = ?";

/// Puts off an entry that failed.
///
/// # Errors
/// A storage fault.
pub fn retry(sql: &dyn Sql, entry: &Entry, due: Millis, error: &str) -> Result<(), Fault> {
    let params = [due.into(), error.into(), (&entry.kind).into(), (&entry.key).into()];
    sql.exec(RETRY, &params).map(drop)
}

const AGAIN: &str = "update outbox
    set state = 'waiting', attempts = 0, due = ? where kind = ? and key = ?";

/// Has an entry that did what it could come back for more.
///
/// # Errors
/// A storage fault.
pub fn again(sql: &dyn Sql, entry: &Entry, due: Millis) -> Result<(), Fault> {
    sql.exec(AGAIN, &[due.into(), (&entry.kind).into(), (&entry.key).into()]).map(drop)
}

const GIVE_UP: &str = "update outbox
    set state = 'dead', attempts = attempts + 1, error = ? where kind = ? and key = ?";

/// Gives up on an entry; it is kept for a person to see and to retry.
///
/// # Errors
/// A storage fault.
pub fn give_up(sql: &dyn Sql, entry: &Entry, error: &str) -> Result<(), Fault> {
    sql.exec(GIVE_UP, &[error.into(), (&entry.kind).into(), (&entry.key).into()]).map(drop)
}

const DEAD: &str = "select kind, key, attempts, error from outbox where state = 'dead'
    order by kind, key limit 100";

/// The entries that were given up: kind, key, attempts, last error.
///
/// # Errors
/// A storage fault.
pub fn dead(sql: &dyn Sql) -> Result<Vec<(String, String, i64, String)>, Fault> {
    let rows = sql.exec(DEAD, &[])?;
    rows.iter()
        .map(|row| {
            let error = row.text_or_null(3)?.unwrap_or_default();
            Ok((row.text(0)?, row.text(1)?, row.integer(2)?, error))
        })
        .collect()
}

const REVIVE: &str = "update outbox set state = 'waiting', attempts = 0, due = ?
    where state = 'dead'";

/// Gives every dead entry another life.
///
/// # Errors
/// A storage fault.
pub fn revive(sql: &dyn Sql, due: Millis) -> Result<(), Fault> {
    sql.exec(REVIVE, &[due.into()]).map(drop)
}
