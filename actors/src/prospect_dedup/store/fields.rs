//! What is known of the person, field by field.
//!
//! Two values of one field are ordered: by hand before imported; by hand the newest; imported the
//! oldest (a later row fills what is missing and overwrites nothing). The order is total, so the
//! outcome does not depend on which value came first, or how often.

use crate::kernel::{Fault, Sql};
use schema::prospect::FieldRow;

/// What a field of the attributes is called, before its own name.
pub const ATTRIBUTE: &str = "attr:";

const ALL: &str = "select name, value, by_hand, at from fields order by name";

/// All fields.
///
/// # Errors
/// A storage fault.
pub fn all(sql: &dyn Sql) -> Result<Vec<FieldRow>, Fault> {
    let rows = sql.exec(ALL, &[])?;
    rows.iter()
        .map(|row| {
            Ok(FieldRow {
                name: row.text(0)?,
                value: row.text(1)?,
                by_hand: row.flag(2)?,
                at: row.integer(3)?,
            })
        })
        .collect()
}

const JOIN: &str = "insert into fields (name, value, by_hand, at) values (?, ?, ?, ?)
    on conflict (name) do update set
        value = excluded.value, by_hand = excluded.by_hand, at = excluded.at
    where excluded.by_hand > fields.by_hand
        or (excluded.by_hand = 1 and fields.by_hand = 1
            and (excluded.at > fields.at
                or (excluded.at = fields.at and excluded.value > fields.value)))
        or (excluded.by_hand = 0 and fields.by_hand = 0
            and (excluded.at < fields.at
                or (excluded.at = fields.at and excluded.value < fields.value)))
    returning name";

/// Adds a value; says whether it is the one that counts now.
///
/// # Errors
/// A storage fault.
pub fn join(sql: &dyn Sql, field: &FieldRow) -> Result<bool, Fault> {
    let params = [
        (&field.name).into(),
        (&field.value).into(),
        i64::from(field.by_hand).into(),
        field.at.into(),
    ];
    Ok(!sql.exec(JOIN, &params)?.is_empty())
}

const COUNT: &str = "select count(*) from fields where name like 'attr:%'";

/// How many attributes there are.
///
/// # Errors
/// A storage fault.
pub fn attributes(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const CLEAR: &str = "delete from fields";

/// Forgets all.
///
/// # Errors
/// A storage fault.
pub fn clear(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CLEAR, &[]).map(drop)
}
