//! The counted days.

use super::count::{Key, Sums};
use crate::kernel::{Fault, Row, Sql, Value};
use schema::room::report::{GetReport, ReportBy};

const STATE: &str = "select s.seq, s.time_zone, w.time_zone 
    from report_state s cross join workspace w where s.id = 1 and w.id = 1";

/// Up to where the log has been counted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The last event that was.
    pub seq: i64,
    /// The zone that its days are in.
    pub time_zone: String,
    /// The zone that the workspace wants.
    pub wanted: String,
}

/// Up to where the log has been counted; none before the workspace is registered.
///
/// # Errors
/// A storage fault.
pub fn state(sql: &dyn Sql) -> Result<Option<State>, Fault> {
    let Some(row) = sql.first(STATE, &[])? else { return Ok(None) };
    Ok(Some(State { seq: row.integer(0)?, time_zone: row.text(1)?, wanted: row.text(2)? }))
}

const SET_STATE: &str = "update report_state set seq = ?, time_zone = ? where id = 1";

/// Notes up to where the log has been counted.
///
/// # Errors
/// A storage fault.
pub fn set_state(sql: &dyn Sql, seq: i64, time_zone: &str) -> Result<(), Fault> {
    sql.exec(SET_STATE, &[seq.into(), time_zone.into()]).map(drop)
}

const FORGET: &str = "delete from report_days";

/// Forgets all that was counted.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FORGET, &[]).map(drop)
}

const ADD: &str = "insert into report_days (day, agent, team, category, source, created,
    first_replies, first_reply_ms, solved, resolution_ms, reopened, backlog)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (day, agent, team, category, source) do update set
        created = created + excluded.created,
        first_replies = first_replies + excluded.first_replies,
        first_reply_ms = first_reply_ms + excluded.first_reply_ms,
        solved = solved + excluded.solved,
        resolution_ms = resolution_ms + excluded.resolution_ms,
        reopened = reopened + excluded.reopened,
        backlog = backlog + excluded.backlog";

/// Adds to a row.
///
/// # Errors
/// A storage fault.
pub fn add(sql: &dyn Sql, key: &Key, sums: &Sums) -> Result<(), Fault> {
    let params = [
        key.day.into(),
        (&key.agent).into(),
        (&key.team).into(),
        (&key.category).into(),
        key.source.into(),
        sums.created.into(),
        sums.first_replies.into(),
        sums.first_reply_ms.into(),
        sums.solved.into(),
        sums.resolution_ms.into(),
        sums.reopened.into(),
        sums.backlog.into(),
    ];
    sql.exec(ADD, &params).map(drop)
}

/// Sums of the rows that a report takes, by one of their columns; `$range` is of days.
macro_rules! sums {
    ($key:literal, $range:literal) => {
        concat!(
            "select ",
            $key,
            ", sum(created), sum(first_replies), sum(first_reply_ms), sum(solved),
            sum(resolution_ms), sum(reopened), sum(backlog) from report_days where ",
            $range,
            " and (? is null or agent = ?) and (? is null or team = ?)
            and (? is null or category = ?) and (? is null or source = ?) group by ",
            $key
        )
    };
}

const BY_DAY: &str = sums!("day", "day between ? and ?");
const BY_AGENT: &str = sums!("agent", "day between ? and ?");
const BY_TEAM: &str = sums!("team", "day between ? and ?");
const BY_CATEGORY: &str = sums!("category", "day between ? and ?");
const BY_SOURCE: &str = sums!("source", "day between ? and ?");

/// Sums of a range of days, by what the report's rows are: keys and sums.
///
/// # Errors
/// A storage fault.
pub fn sums(
    sql: &dyn Sql,
    by: ReportBy,
    (first, last): (i64, i64),
    filter: &GetReport,
) -> Result<Vec<(Value, Sums)>, Fault> {
    let statement = match by {
        ReportBy::Day => BY_DAY,
        ReportBy::Agent => BY_AGENT,
        ReportBy::Team => BY_TEAM,
        ReportBy::Category => BY_CATEGORY,
        ReportBy::Source => BY_SOURCE,
    };
    let mut params = vec![first.into(), last.into()];
    for value in [
        filter.agent_id.map(|id| id.to_string()),
        filter.team_id.map(|id| id.to_string()),
        filter.category_id.map(|id| id.to_string()),
        filter.source.map(|source| source.as_str().to_owned()),
    ] {
        params.push(value.clone().into());
        params.push(value.into());
    }
    sql.exec(statement, &params)?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<(Value, Sums), Fault> {
    let key = row.0.first().cloned().unwrap_or(Value::Null);
    let sums = Sums {
        created: row.integer(1)?,
        first_replies: row.integer(2)?,
        first_reply_ms: row.integer(3)?,
        solved: row.integer(4)?,
        resolution_ms: row.integer(5)?,
        reopened: row.integer(6)?,
        backlog: row.integer(7)?,
    };
    Ok((key, sums))
}

const TEAM_NAMES: &str =
    "select t.id, t.name from json_each(?) j cross join teams t on t.id = j.value";

/// What teams are called, deleted ones too: ids and names.
///
/// # Errors
/// A storage fault.
pub fn team_names(sql: &dyn Sql, ids: &[&str]) -> Result<Vec<(String, String)>, Fault> {
    let rows = sql.exec(TEAM_NAMES, &[serde_json::Value::from(ids).to_string().into()])?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[STATE, SET_STATE, FORGET, ADD, BY_DAY, BY_AGENT, BY_TEAM, BY_CATEGORY, BY_SOURCE, TEAM_NAMES];
