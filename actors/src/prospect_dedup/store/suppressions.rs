//! Why no automated mail may leave to the person.
//!
//! Each suppression has an id and is lifted as such: lifting those that are known here lifts none
//! that is still on its way.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::prospect::{Reason, SuppressionRow};

const ALL: &str = "select id, reason, at, note, lifted_at from suppressions order by id";

/// All of them, lifted ones too.
///
/// # Errors
/// A storage fault.
pub fn all(sql: &dyn Sql) -> Result<Vec<SuppressionRow>, Fault> {
    let rows = sql.exec(ALL, &[])?;
    rows.iter()
        .map(|row| {
            Ok(SuppressionRow {
                id: row.text(0)?,
                reason: reason(&row.text(1)?)?,
                at: row.integer(2)?,
                note: row.text_or_null(3)?,
                lifted_at: row.integer_or_null(4)?,
            })
        })
        .collect()
}

const ACTIVE: &str = "select distinct reason from suppressions where lifted_at is null";

/// The strongest reason that is in force.
///
/// # Errors
/// A storage fault.
pub fn strongest(sql: &dyn Sql) -> Result<Option<Reason>, Fault> {
    let rows = sql.exec(ACTIVE, &[])?;
    let reasons: Result<Vec<_>, Fault> = rows.iter().map(|row| reason(&row.text(0)?)).collect();
    Ok(reasons?.into_iter().max())
}

const IS_ACTIVE: &str = "select 1 from suppressions
    where reason = ? and lifted_at is null limit 1";

/// Whether a reason is in force.
///
/// # Errors
/// A storage fault.
pub fn is_active(sql: &dyn Sql, reason: Reason) -> Result<bool, Fault> {
    Ok(sql.first(IS_ACTIVE, &[reason.as_str().into()])?.is_some())
}

const JOIN: &str = "insert into suppressions (id, reason, at, note, lifted_at)
    values (?, ?, ?, ?, ?)
    on conflict (id) do update set lifted_at = coalesce(lifted_at, excluded.lifted_at)";

/// Adds one; one that is there stays, and is lifted if either is.
///
/// # Errors
/// A storage fault.
pub fn join(sql: &dyn Sql, row: &SuppressionRow) -> Result<(), Fault> {
    let params = [
        (&row.id).into(),
        row.reason.as_str().into(),
        row.at.into(),
        row.note.clone().into(),
        row.lifted_at.into(),
    ];
    sql.exec(JOIN, &params).map(drop)
}

const LIFT: &str = "update suppressions set lifted_at = ?
    where reason = ? and lifted_at is null";

/// Lifts those of one reason.
///
/// # Errors
/// A storage fault.
pub fn lift(sql: &dyn Sql, reason: Reason, now: Millis) -> Result<(), Fault> {
    sql.exec(LIFT, &[now.into(), reason.as_str().into()]).map(drop)
}

const FORGET: &str = "update suppressions set note = null";

/// Forgets what people wrote.
///
/// # Errors
/// A storage fault.
pub fn forget_notes(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FORGET, &[]).map(drop)
}

const CLEAR: &str = "delete from suppressions";

/// Forgets all; for an alias that has handed them over.
///
/// # Errors
/// A storage fault.
pub fn clear(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CLEAR, &[]).map(drop)
}

fn reason(name: &str) -> Result<Reason, Fault> {
    Reason::parse(name).ok_or_else(|| Fault(format!("no reason: {name}")))
}
