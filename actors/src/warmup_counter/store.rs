//! The counter's tables: every statement, and the typed function that uses it.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::SendId;

/// The one row of the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// IANA name.
    pub zone: String,
    /// The first day of week 1.
    pub started_on: i64,
    /// The open day.
    pub day: i64,
    /// When it ends.
    pub ends: Millis,
}

const COUNTER: &str = "select zone, started_on, day, ends from counter";

/// The counter; none before it was started.
///
/// # Errors
/// A storage fault.
pub fn counter(sql: &dyn Sql) -> Result<Option<Counter>, Fault> {
    let Some(row) = sql.first(COUNTER, &[])? else { return Ok(None) };
    Ok(Some(Counter {
        zone: row.text(0)?,
        started_on: row.integer(1)?,
        day: row.integer(2)?,
        ends: row.integer(3)?,
    }))
}

const SAVE: &str = "insert into counter (id, zone, started_on, day, ends) values (1, ?, ?, ?, ?)
    on conflict (id) do update set
        zone = excluded.zone, day = excluded.day, ends = excluded.ends";

/// Writes the counter; its start never changes.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, counter: &Counter) -> Result<(), Fault> {
    let params = [
        (&counter.zone).into(),
        counter.started_on.into(),
        counter.day.into(),
        counter.ends.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

/// A day's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: i64,
    /// The week it is in.
    pub week: i64,
    /// What it allows.
    pub allowance: i64,
    /// Slots that are not settled.
    pub reserved: i64,
    /// Slots that count as sent.
    pub sent: i64,
    /// Grows with each change.
    pub version: i64,
    /// When it changed.
    pub updated_at: Millis,
}

const OPEN: &str = "insert into days (day, week, allowance, reserved, sent, version, updated_at)
    values (?, ?, ?, 0, 0, 1, ?) on conflict (day) do nothing";

/// Makes the row of a day, unless there is one.
///
/// # Errors
/// A storage fault.
pub fn open(sql: &dyn Sql, day: i64, week: i64, allowance: i64, at: Millis) -> Result<(), Fault> {
    sql.exec(OPEN, &[day.into(), week.into(), allowance.into(), at.into()]).map(drop)
}

const ADD: &str = "update days set
        reserved = reserved + cast(? as integer),
        sent = sent + cast(? as integer),
        version = version + 1,
        updated_at = ?
    where day = ?";

/// Adds to a day's counts.
///
/// # Errors
/// A storage fault; a count below zero is one.
pub fn add(sql: &dyn Sql, day: i64, reserved: i64, sent: i64, at: Millis) -> Result<(), Fault> {
    sql.exec(ADD, &[reserved.into(), sent.into(), at.into(), day.into()]).map(drop)
}

const DAY: &str = "select day, week, allowance, reserved, sent, version, updated_at from days
    where day = ?";

/// A day's row; none where no slot was asked for.
///
/// # Errors
/// A storage fault.
pub fn day(sql: &dyn Sql, day: i64) -> Result<Option<Day>, Fault> {
    sql.first(DAY, &[day.into()])?.map(|row| read(&row)).transpose()
}

const BEFORE: &str = "select day, week, allowance, reserved, sent, version, updated_at from days
    where day < ? order by day desc limit ?";

/// The rows of the days before one, newest first.
///
/// # Errors
/// A storage fault.
pub fn before(sql: &dyn Sql, day: i64, limit: i64) -> Result<Vec<Day>, Fault> {
    sql.exec(BEFORE, &[day.into(), limit.into()])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Day, Fault> {
    Ok(Day {
        day: row.integer(0)?,
        week: row.integer(1)?,
        allowance: row.integer(2)?,
        reserved: row.integer(3)?,
        sent: row.integer(4)?,
        version: row.integer(5)?,
        updated_at: row.integer(6)?,
    })
}

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// Nobody said yet.
    Reserved,
    /// Its mail left, or may have.
    Sent,
    /// Its mail did not leave.
    Released,
}

impl SlotState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Sent => "sent",
            Self::Released => "released",
        }
    }
}

const SLOT: &str = "select day, state from slots where send_id = ?";

/// The day and state of a mail's slot.
///
/// # Errors
/// A storage fault.
pub fn slot(sql: &dyn Sql, send: SendId) -> Result<Option<(i64, SlotState)>, Fault> {
    let Some(row) = sql.first(SLOT, &[send.to_string().into()])? else { return Ok(None) };
    let state = match row.text(1)?.as_str() {
        "reserved" => SlotState::Reserved,
        "sent" => SlotState::Sent,
        _ => SlotState::Released,
    };
    Ok(Some((row.integer(0)?, state)))
}

const PUT: &str = "insert into slots (send_id, day, state) values (?, ?, ?)
    on conflict (send_id) do update set day = excluded.day, state = excluded.state";

/// Writes a mail's slot.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, send: SendId, day: i64, state: SlotState) -> Result<(), Fault> {
    sql.exec(PUT, &[send.to_string().into(), day.into(), state.as_str().into()]).map(drop)
}

const FORGET: &str = "delete from slots where day < ?";

/// Forgets the slots of the days before one.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, day: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[day.into()]).map(drop)
}
