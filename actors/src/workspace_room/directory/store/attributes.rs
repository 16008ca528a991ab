//! The attributes that are defined.

use crate::kernel::{Fault, Row, Sql};
use crate::workspace_room::store::tickets::word;
use crate::workspace_room::store::users::json;
use schema::ids::AttributeId;
use schema::room::attribute::{Attribute, AttributeType, Subject};

/// A definition and its place in the list.
pub type Numbered = (i64, Attribute);

fn read(row: &Row) -> Result<Numbered, Fault> {
    let attribute = Attribute {
        id: row.id(1)?,
        subject: word(row, 2, Subject::parse)?,
        key: row.text(3)?,
        label: row.text(4)?,
        kind: word(row, 5, AttributeType::parse)?,
        options: json(&row.text(6)?)?,
        created_at: row.integer(7)?,
        updated_at: row.integer(8)?,
        version: row.integer(9)?,
    };
    Ok((row.integer(0)?, attribute))
}

const FIND: &str = "select number, id, subject, key, label, kind, options, created_at,
    updated_at, version from attributes where id = ?";

/// A definition.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: AttributeId) -> Result<Option<Attribute>, Fault> {
    let row = sql.first(FIND, &[id.to_string().into()])?;
    row.map(|row| read(&row).map(|(_, attribute)| attribute)).transpose()
}

const OF_SUBJECT: &str = "select number, id, subject, key, label, kind, options, created_at,
    updated_at, version from attributes where subject = ?";

/// What is defined for a kind of thing: at most 100.
///
/// # Errors
/// A storage fault.
pub fn of_subject(sql: &dyn Sql, subject: Subject) -> Result<Vec<Numbered>, Fault> {
    sql.exec(OF_SUBJECT, &[subject.as_str().into()])?.iter().map(read).collect()
}

const INSERT: &str = "insert into attributes
    (id, subject, key, label, kind, options, created_at, updated_at, version)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a definition.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, attribute: &Attribute) -> Result<(), Fault> {
    let params = [
        attribute.id.to_string().into(),
        attribute.subject.as_str().into(),
        (&attribute.key).into(),
        (&attribute.label).into(),
        attribute.kind.as_str().into(),
        options(attribute).into(),
        attribute.created_at.into(),
        attribute.updated_at.into(),
        attribute.version.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update attributes
    set label = ?, options = ?, updated_at = ?, version = ? where id = ?";

/// Writes what may change of a definition.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, attribute: &Attribute) -> Result<(), Fault> {
    let params = [
        (&attribute.label).into(),
        options(attribute).into(),
        attribute.updated_at.into(),
        attribute.version.into(),
        attribute.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

fn options(attribute: &Attribute) -> String {
    serde_json::Value::from(attribute.options.as_slice()).to_string()
}

const REMOVE: &str = "delete from attributes where id = ?";

/// Removes a definition.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: AttributeId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, OF_SUBJECT, INSERT, UPDATE, REMOVE];
