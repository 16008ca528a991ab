//! The complaints that count against the inbox: about outreach, from who is known to say so.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::ids::SendId;
use std::collections::BTreeSet;

const KNOWN: &str = "select 1 from complaints where send_id = ?";

/// Whether a complaint about a mail counts already.
///
/// # Errors
/// A storage fault.
pub fn is_known(sql: &dyn Sql, id: SendId) -> Result<bool, Fault> {
    Ok(sql.first(KNOWN, &[id.to_string().into()])?.is_some())
}

const INSERT: &str = "insert into complaints (send_id, person, left_at) values (?, ?, ?)";

/// Counts a complaint.
///
/// # Errors
/// A storage fault; one that is known is one.
pub fn insert(sql: &dyn Sql, id: SendId, person: &str, left_at: Millis) -> Result<(), Fault> {
    sql.exec(INSERT, &[id.to_string().into(), person.into(), left_at.into()]).map(drop)
}

const SINCE: &str = "select left_at, person from complaints where left_at >= ? order by left_at";

/// Who complained.
#[derive(Debug, Default)]
pub struct Complainers {
    /// Each once.
    pub people: BTreeSet<String>,
    /// When the first mail left that one of them complained about.
    pub first: Option<Millis>,
}

/// Who complained about mails that left at a time or later.
///
/// # Errors
/// A storage fault.
pub fn since(sql: &dyn Sql, from: Millis) -> Result<Complainers, Fault> {
    let mut found = Complainers::default();
    for row in sql.exec(SINCE, &[from.into()])? {
        found.first.get_or_insert(row.integer(0)?);
        found.people.insert(row.text(1)?);
    }
    Ok(found)
}

const FORGET: &str = "delete from complaints where left_at <= ?";

/// Forgets the complaints about mails that left up to a time.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, until: Millis) -> Result<(), Fault> {
    sql.exec(FORGET, &[until.into()]).map(drop)
}

/// The statements that find rows, for the test of their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 3] = [KNOWN, SINCE, FORGET];
