//! What came back.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::room::answer::{AnswerBy, AnswerKind, CampaignAnswer};

const PUT: &str = "insert into outreach_answers (enrolment, kind, at, ticket_id, told, by_ai)
    values (?, ?, ?, ?, ?, ?)
    on conflict (enrolment) do update set kind = excluded.kind, at = excluded.at,
        ticket_id = excluded.ticket_id, by_ai = excluded.by_ai, told = max(told, excluded.told)";

/// Writes what came back last; that operators were told stays.
///
/// # Errors
/// A storage fault.
pub fn put(
    sql: &dyn Sql,
    enrolment: i64,
    answer: &CampaignAnswer,
    told: bool,
) -> Result<(), Fault> {
    let CampaignAnswer { kind, by, at, ticket_id } = answer;
    let params = [
        enrolment.into(),
        kind.as_str().into(),
        (*at).into(),
        ticket_id.map(|id| id.to_string()).into(),
        i64::from(told).into(),
        i64::from(*by == AnswerBy::Ai).into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

const GET: &str = "select kind, at, ticket_id, told, by_ai from outreach_answers
    where enrolment = ?";

/// What came back last, and whether operators were told of a meeting.
///
/// # Errors
/// A storage fault.
pub fn get(sql: &dyn Sql, enrolment: i64) -> Result<Option<(CampaignAnswer, bool)>, Fault> {
    let Some(row) = sql.first(GET, &[enrolment.into()])? else { return Ok(None) };
    let kind = row.text(0)?;
    let kind = AnswerKind::parse(&kind).ok_or_else(|| Fault(format!("no answer is {kind}")))?;
    let by = if row.flag(4)? { AnswerBy::Ai } else { AnswerBy::Rules };
    let answer = CampaignAnswer { kind, by, at: row.integer(1)?, ticket_id: row.id_or_null(2)? };
    Ok(Some((answer, row.integer(3)? == 1)))
}

const COUNT_READING: &str = "update outreach_answers set
        readings = case when read_from > ?2 then readings + 1 else 1 end,
        read_from = case when read_from > ?2 then read_from else ?3 end
    where enrolment = ?1 returning readings";

/// Counts a reading, and says how many that makes since the first of those after a time.
///
/// # Errors
/// A storage fault.
pub fn count_reading(
    sql: &dyn Sql,
    enrolment: i64,
    (since, now): (Millis, Millis),
) -> Result<i64, Fault> {
    let row = sql.first(COUNT_READING, &[enrolment.into(), since.into(), now.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const FORGET: &str = "delete from outreach_answers where enrolment = ?";

/// Forgets it.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, enrolment: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[enrolment.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[PUT, GET, COUNT_READING, FORGET];
