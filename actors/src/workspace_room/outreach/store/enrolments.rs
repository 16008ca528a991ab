//! Prospects in campaigns.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::{InboxId, ProspectId, SendId};
use schema::room::enrolment::{EnrolmentCounts, EnrolmentState};

/// A prospect in a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The key of its rows.
    pub number: i64,
    /// The campaign's number.
    pub campaign: i64,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// Where it stands.
    pub state: EnrolmentState,
    /// Why it stands there.
    pub reason: Option<String>,
    /// The step that comes next, or is under way, from 1.
    pub step: i64,
    /// Before when that is not sent.
    pub due_at: Millis,
    /// The inbox that writes to it.
    pub inbox_id: Option<InboxId>,
    /// When the step that is under way was assigned.
    pub assigned_at: Option<Millis>,
    /// Numbers the tries of the step.
    pub attempt: i64,
    /// How many of them failed.
    pub failures: i64,
    /// The mail that the inbox was last asked to send.
    pub send_id: Option<SendId>,
    /// Its version, as far as it was told.
    pub send_version: i64,
    /// The subject of the thread.
    pub subject: Option<String>,
    /// The ids of its mails, oldest first.
    pub message_ids: Vec<String>,
    /// How many mails it got.
    pub sent: i64,
    /// When the last of them left.
    pub last_sent_at: Option<Millis>,
    /// When it was enrolled.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
}

const INSERT: &str = "insert into enrolments (campaign, prospect_id, state, step, due_at, attempt,
        failures, send_version, message_ids, sent, created_at, updated_at)
    values (?, ?, 'waiting', 1, ?, 0, 0, 0, '[]', 0, ?, ?)
    on conflict (campaign, prospect_id) do nothing
    returning number, campaign, prospect_id, state, reason, step, due_at, inbox_id, assigned_at,
        attempt, failures, send_id, send_version, subject, message_ids, sent, last_sent_at,
        created_at, updated_at";

/// Enrols a prospect; gives the enrolment where it is new in the campaign.
///
/// # Errors
/// A storage fault.
pub fn insert(
    sql: &dyn Sql,
    campaign: i64,
    prospect: ProspectId,
    due_at: Millis,
    now: Millis,
) -> Result<Option<Enrolment>, Fault> {
    let params =
        [campaign.into(), prospect.to_string().into(), due_at.into(), now.into(), now.into()];
    sql.first(INSERT, &params)?.as_ref().map(read).transpose()
}

const SAVE: &str = "update enrolments set prospect_id = ?, state = ?, reason = ?, step = ?,
        due_at = ?, inbox_id = ?, assigned_at = ?, attempt = ?, failures = ?, send_id = ?,
        send_version = ?, subject = ?, message_ids = ?, sent = ?, last_sent_at = ?, updated_at = ?
    where number = ?";

/// Writes an enrolment.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, one: &Enrolment) -> Result<(), Fault> {
    let ids = serde_json::to_string(&one.message_ids);
    let params = [
        one.prospect_id.to_string().into(),
        one.state.as_str().into(),
        one.reason.clone().into(),
        one.step.into(),
        one.due_at.into(),
        one.inbox_id.map(|id| id.to_string()).into(),
        one.assigned_at.into(),
        one.attempt.into(),
        one.failures.into(),
        one.send_id.map(|id| id.to_string()).into(),
        one.send_version.into(),
        one.subject.clone().into(),
        ids.map_err(|error| Fault(format!("message ids: {error}")))?.into(),
        one.sent.into(),
        one.last_sent_at.into(),
        one.updated_at.into(),
        one.number.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select number, campaign, prospect_id, state, reason, step, due_at, inbox_id, \
             assigned_at, attempt, failures, send_id, send_version, subject, message_ids, sent, \
             last_sent_at, created_at, updated_at \
             from enrolments ",
            $rest
        )
    };
}

const AT: &str = columns!("where number = ?");

/// An enrolment by number.
///
/// # Errors
/// A storage fault.
pub fn at(sql: &dyn Sql, number: i64) -> Result<Option<Enrolment>, Fault> {
    sql.first(AT, &[number.into()])?.as_ref().map(read).transpose()
}

const FIND: &str = columns!("where campaign = ? and prospect_id = ?");

/// A prospect's enrolment in a campaign.
///
/// # Errors
/// A storage fault.
pub fn find(
    sql: &dyn Sql,
    campaign: i64,
    prospect: ProspectId,
) -> Result<Option<Enrolment>, Fault> {
    let params = [campaign.into(), prospect.to_string().into()];
    sql.first(FIND, &params)?.as_ref().map(read).transpose()
}

const OF_PROSPECT: &str = columns!("where prospect_id = ?");

/// All enrolments of a prospect.
///
/// # Errors
/// A storage fault.
pub fn of_prospect(sql: &dyn Sql, prospect: ProspectId) -> Result<Vec<Enrolment>, Fault> {
    sql.exec(OF_PROSPECT, &[prospect.to_string().into()])?.iter().map(read).collect()
}

const PROSPECTS: &str = "select distinct prospect_id from enrolments
    where prospect_id > ? order by prospect_id limit ?";

/// Prospects in campaigns, in the order of their ids, after one.
///
/// # Errors
/// A storage fault.
pub fn prospects_after(
    sql: &dyn Sql,
    after: Option<ProspectId>,
    limit: i64,
) -> Result<Vec<ProspectId>, Fault> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = sql.exec(PROSPECTS, &[after.into(), limit.into()])?;
    rows.iter().map(|row| row.id(0)).collect()
}

const DUE: &str = columns!(
    "where campaign = ? and state = 'waiting' and due_at <= ?
        and (inbox_id is null or inbox_id not in (select value from json_each(?)))
    order by due_at, number limit ?"
);

/// Those of a campaign that are due, the longest first, but for those of some inboxes.
///
/// # Errors
/// A storage fault.
pub fn due(
    sql: &dyn Sql,
    (campaign, now): (i64, Millis),
    held: &[InboxId],
    limit: i64,
) -> Result<Vec<Enrolment>, Fault> {
    let held: Vec<_> = held.iter().map(ToString::to_string).collect();
    let held = serde_json::Value::from(held).to_string();
    let params = [campaign.into(), now.into(), held.into(), limit.into()];
    sql.exec(DUE, &params)?.iter().map(read).collect()
}

const NEXT_DUE: &str = "select due_at from enrolments
    where campaign = ? and state = 'waiting' order by due_at limit 1";

/// When the next of a campaign is due, or was.
///
/// # Errors
/// A storage fault.
pub fn next_due(sql: &dyn Sql, campaign: i64) -> Result<Option<Millis>, Fault> {
    sql.first(NEXT_DUE, &[campaign.into()])?.map(|row| row.integer(0)).transpose()
}

const LIST: &str = columns!("where campaign = ? and number < ? order by number desc limit ?");
const OF_STATE: &str = columns!(
    "where campaign = ? and state = ? and number < ?
    order by number desc limit ?"
);

/// Those of a campaign, or of those the ones in a state, before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    campaign: i64,
    state: Option<EnrolmentState>,
    before: i64,
    limit: i64,
) -> Result<Vec<Enrolment>, Fault> {
    let rows = match state {
        None => sql.exec(LIST, &[campaign.into(), before.into(), limit.into()])?,
        Some(state) => {
            let state = state.as_str().into();
            sql.exec(OF_STATE, &[campaign.into(), state, before.into(), limit.into()])?
        }
    };
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Enrolment, Fault> {
    let state = row.text(3)?;
    let ids = read_json(row.text(14)?.as_bytes());
    Ok(Enrolment {
        number: row.integer(0)?,
        campaign: row.integer(1)?,
        prospect_id: row.id(2)?,
        state: EnrolmentState::parse(&state)
            .ok_or_else(|| Fault(format!("no state is {state}")))?,
        reason: row.text_or_null(4)?,
        step: row.integer(5)?,
        due_at: row.integer(6)?,
        inbox_id: row.id_or_null(7)?,
        assigned_at: row.integer_or_null(8)?,
        attempt: row.integer(9)?,
        failures: row.integer(10)?,
        send_id: row.id_or_null(11)?,
        send_version: row.integer(12)?,
        subject: row.text_or_null(13)?,
        message_ids: ids.map_err(|error| Fault(format!("message ids: {}", error.message)))?,
        sent: row.integer(15)?,
        last_sent_at: row.integer_or_null(16)?,
        created_at: row.integer(17)?,
        updated_at: row.integer(18)?,
    })
}

const COUNTS: &str = "select state, count(*) from enrolments where campaign = ? group by state";

/// How many prospects of a campaign stand where.
///
/// # Errors
/// A storage fault.
pub fn counts(sql: &dyn Sql, campaign: i64) -> Result<EnrolmentCounts, Fault> {
    let mut counts = EnrolmentCounts::default();
    for row in sql.exec(COUNTS, &[campaign.into()])? {
        let count = row.integer(1)?;
        match EnrolmentState::parse(&row.text(0)?) {
            Some(EnrolmentState::Waiting) => counts.waiting = count,
            Some(EnrolmentState::Sending) => counts.sending = count,
            Some(EnrolmentState::Finished) => counts.finished = count,
            Some(EnrolmentState::Stopped) => counts.stopped = count,
            Some(EnrolmentState::Blocked) => counts.blocked = count,
            None => {}
        }
    }
    Ok(counts)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[INSERT, SAVE, AT, FIND, OF_PROSPECT, PROSPECTS, DUE, NEXT_DUE, LIST, OF_STATE, COUNTS];
