//! Automations, workflows and SLA policies, as JSON with the columns that they are found by.

use crate::kernel::{Fault, Row, Sql};
use schema::codec::{read_json, to_json};
use schema::room::automation::{Automation, Occasion};
use schema::room::sla::SlaPolicy;
use schema::room::workflow::Workflow;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is kept here.
pub trait Definition: Serialize + DeserializeOwned {
    /// Its kind's name in SQL.
    const KIND: &'static str;

    /// Its id.
    fn id(&self) -> String;

    /// Gives it another version.
    fn renew(&mut self, version: i64);

    /// Whether it counts.
    fn enabled(&self) -> bool;

    /// What sets it going.
    fn occasion(&self) -> Option<Occasion> {
        None
    }

    /// Takes its place from the column.
    fn place(&mut self, _position: i64) {}
}

impl Definition for Automation {
    const KIND: &'static str = "automation";

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn renew(&mut self, version: i64) {
        self.version = version;
    }

    fn occasion(&self) -> Option<Occasion> {
        Some(self.trigger.on)
    }

    fn place(&mut self, position: i64) {
        self.position = position;
    }
}

impl Definition for Workflow {
    const KIND: &'static str = "workflow";

    fn renew(&mut self, version: i64) {
        self.version = version;
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn enabled(&self) -> bool {
        self.enabled
    }
}

impl Definition for SlaPolicy {
    const KIND: &'static str = "slaPolicy";

    fn renew(&mut self, version: i64) {
        self.version = version;
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn place(&mut self, position: i64) {
        self.position = position;
    }
}

fn read<T: Definition>(row: &Row) -> Result<T, Fault> {
    let json = row.text(0)?;
    let mut found: T = read_json(json.as_bytes())
        .map_err(|error| Fault(format!("{}: {}", T::KIND, error.message)))?;
    found.place(row.integer(1)?);
    Ok(found)
}

/// A definition as it is kept.
pub fn json<T: Serialize>(value: &T) -> String {
    String::from_utf8_lossy(&to_json(value)).into_owned()
}

const FIND: &str = "select json, position from rules where id = ? and kind = ?";

/// A definition.
///
/// # Errors
/// A storage fault.
pub fn find<T: Definition>(sql: &dyn Sql, id: &str) -> Result<Option<T>, Fault> {
    sql.first(FIND, &[id.into(), T::KIND.into()])?.as_ref().map(read).transpose()
}

const KIND_OF: &str = "select kind from rules where id = ?";

/// Of what kind the definition of an id is.
///
/// # Errors
/// A storage fault.
pub fn kind_of(sql: &dyn Sql, id: &str) -> Result<Option<String>, Fault> {
    sql.first(KIND_OF, &[id.into()])?.map(|row| row.text(0)).transpose()
}

const LIST: &str = "select json, position from rules where kind = ? and position > ?
    order by position limit ?";

/// Definitions in their order, after a position.
///
/// # Errors
/// A storage fault.
pub fn list<T: Definition>(sql: &dyn Sql, after: i64, limit: i64) -> Result<Vec<T>, Fault> {
    sql.exec(LIST, &[T::KIND.into(), after.into(), limit.into()])?.iter().map(read).collect()
}

const NEXT: &str = "select json, position from rules where kind = ? and position > ?
    order by position limit 1";

/// The first definition after a position, and its own.
///
/// # Errors
/// A storage fault.
pub fn next<T: Definition>(sql: &dyn Sql, after: i64) -> Result<Option<(i64, T)>, Fault> {
    let row = sql.first(NEXT, &[T::KIND.into(), after.into()])?;
    row.map(|row| Ok((row.integer(1)?, read(&row)?))).transpose()
}

const OF_OCCASION: &str = "select json, position from rules
    where occasion = ? and enabled = 1 order by position";

/// The automations that act on an occasion, in their order.
///
/// # Errors
/// A storage fault.
pub fn of_occasion(sql: &dyn Sql, occasion: Occasion) -> Result<Vec<Automation>, Fault> {
    sql.exec(OF_OCCASION, &[occasion.as_str().into()])?.iter().map(read).collect()
}

const COUNT: &str = "select count(*), coalesce(max(position), 0) from rules where kind = ?";

/// How many there are of a kind, and the last position.
///
/// # Errors
/// A storage fault.
pub fn count<T: Definition>(sql: &dyn Sql) -> Result<(i64, i64), Fault> {
    let Some(row) = sql.first(COUNT, &[T::KIND.into()])? else { return Ok((0, 0)) };
    Ok((row.integer(0)?, row.integer(1)?))
}

const INSERT: &str = "insert into rules (kind, id, position, enabled, occasion, json)
    values (?, ?, ?, ?, ?, ?)";

/// Adds a definition at a position.
///
/// # Errors
/// A storage fault.
pub fn insert<T: Definition>(sql: &dyn Sql, one: &T, position: i64) -> Result<(), Fault> {
    let params = [
        T::KIND.into(),
        one.id().into(),
        position.into(),
        i64::from(one.enabled()).into(),
        one.occasion().map(Occasion::as_str).into(),
        json(one).into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update rules set enabled = ?, occasion = ?, json = ? where id = ?";

/// Writes what may change of a definition.
///
/// # Errors
/// A storage fault.
pub fn update<T: Definition>(sql: &dyn Sql, one: &T) -> Result<(), Fault> {
    let params = [
        i64::from(one.enabled()).into(),
        one.occasion().map(Occasion::as_str).into(),
        json(one).into(),
        one.id().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const PLACE: &str = "update rules set position = ? where id = ?";

/// Moves a definition.
///
/// # Errors
/// A storage fault.
pub fn place(sql: &dyn Sql, id: &str, position: i64) -> Result<(), Fault> {
    sql.exec(PLACE, &[position.into(), id.into()]).map(drop)
}

const REMOVE: &str = "delete from rules where id = ?";

/// Removes a definition.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: &str) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, KIND_OF, LIST, NEXT, OF_OCCASION, COUNT, INSERT, UPDATE, PLACE, REMOVE];
