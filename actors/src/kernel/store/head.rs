//! The one row of what the object as a whole is at: name, last event, clock, armed alarm.
//!
//! Number and clock are those of the row or of the last event, whichever are later: a step that
//! appends events, or only removes rows, does not write the row where it moves no alarm.

use crate::kernel::sql::{Fault, Sql};
use schema::Millis;

/// The row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The object's name, as the first envelope gave it.
    pub instance: String,
    /// The number of the last event; 0 before the first.
    pub seq: i64,
    /// The latest time that this object has seen.
    pub clock: Millis,
    /// When the alarm is armed for.
    pub alarm: Option<Millis>,
    /// Bits of the actor's own.
    pub marks: i64,
    /// Up to which event D1 knows what the log alone says.
    pub summarised: i64,
}

// The log knows the number and the time of its last event: they need not be written twice.
const LOAD: &str = "select h.instance, max(h.seq, coalesce(e.seq, 0)),
    max(h.clock, coalesce(e.at, 0)), h.alarm, h.marks, h.summarised
    from head h left join events e on e.seq = (select max(seq) from events)";

/// Reads the row; none before the first command that changed something.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Head>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    Ok(Some(Head {
        instance: row.text(0)?,
        seq: row.integer(1)?,
        clock: row.integer(2)?,
        alarm: row.integer_or_null(3)?,
        marks: row.integer(4)?,
        summarised: row.integer(5)?,
    }))
}

/// The row from memory, where it is known, else from storage. A debug build looks whether the two
/// agree.
///
/// # Errors
/// A storage fault.
pub fn recall(sql: &dyn Sql, held: Option<&Head>) -> Result<Option<Head>, Fault> {
    let Some(held) = held else { return load(sql) };
    if cfg!(debug_assertions)
        && let Some(kept) = load(sql)?
    {
        let of = |it: &Head| (it.instance.clone(), it.seq, it.alarm, it.marks);
        assert_eq!(of(held), of(&kept), "the head in memory is the one in storage");
        assert!(held.clock >= kept.clock && held.summarised >= kept.summarised);
    }
    Ok(Some(held.clone()))
}

const SAVE: &str = "insert into head (id, instance, seq, clock, alarm, marks, summarised)
    values (1, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set seq = excluded.seq, clock = excluded.clock,
        alarm = excluded.alarm, marks = excluded.marks, summarised = excluded.summarised";

/// Writes the row.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, head: &Head) -> Result<(), Fault> {
    let params = [
        (&head.instance).into(),
        head.seq.into(),
        head.clock.into(),
        head.alarm.into(),
        head.marks.into(),
        head.summarised.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const DUE: &str = "select min(due) from (
    select min(due) as due from timers
    union all
    select min(due) as due from outbox where state <> 'dead')";

/// When the object must next do something by itself.
///
/// # Errors
/// A storage fault.
pub fn due(sql: &dyn Sql) -> Result<Option<Millis>, Fault> {
    sql.first(DUE, &[])?.map_or(Ok(None), |row| row.integer_or_null(0))
}
