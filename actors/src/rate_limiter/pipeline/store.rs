//! Dead letters, queues and the alert: every statement, and the typed function that uses it.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::alert::{Alert as Told, AlertState};
use schema::dead_letter::{Bell, Consumed, Letter, QueueStatus};
use schema::ids::DeadLetterId;
use schema::pipeline::Queue;

const ADD: &str = "insert into queues
        (queue, done, again, buried, consumed_at, failed_at, error)
    values (?, ?, ?, ?, ?, ?, ?)
    on conflict (queue) do update set
        done = done + excluded.done,
        again = again + excluded.again,
        buried = buried + excluded.buried,
        consumed_at = excluded.consumed_at,
        failed_at = coalesce(excluded.failed_at, failed_at),
        error = coalesce(excluded.error, error)";

/// Adds what came of a batch.
///
/// # Errors
/// A storage fault.
pub fn add(sql: &dyn Sql, now: Millis, batch: &Consumed) -> Result<(), Fault> {
    let failed = (batch.again + batch.buried > 0).then_some(now);
    let params = [
        batch.queue.as_str().into(),
        batch.done.into(),
        batch.again.into(),
        batch.buried.into(),
        now.into(),
        failed.into(),
        batch.error.clone().into(),
    ];
    sql.exec(ADD, &params).map(drop)
}

const QUEUE: &str = "select done, again, buried, consumed_at, failed_at, error,
        (select count(*) from letters where letters.queue = queues.queue)
    from queues where queue = ?";

/// How a queue stands; at nothing, where none of its messages ever came.
///
/// # Errors
/// A storage fault.
pub fn queue(sql: &dyn Sql, queue: Queue) -> Result<QueueStatus, Fault> {
    let Some(row) = sql.first(QUEUE, &[queue.as_str().into()])? else {
        let (done, again, buried, dead_letters) = (0, 0, 0, of_queue(sql, queue)?);
        let (consumed_at, failed_at, error) = (None, None, None);
        return Ok(QueueStatus {
            queue,
            done,
            again,
            buried,
            dead_letters,
            consumed_at,
            failed_at,
            error,
        });
    };
    Ok(QueueStatus {
        queue,
        done: row.integer(0)?,
        again: row.integer(1)?,
        buried: row.integer(2)?,
        dead_letters: row.integer(6)?,
        consumed_at: Some(row.integer(3)?),
        failed_at: row.integer_or_null(4)?,
        error: row.text_or_null(5)?,
    })
}

const OF_QUEUE: &str = "select count(*) from letters where queue = ?";

fn of_queue(sql: &dyn Sql, queue: Queue) -> Result<i64, Fault> {
    let row = sql.first(OF_QUEUE, &[queue.as_str().into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const COUNT: &str = "select count(*) from letters";

/// How many dead letters there are.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const FIND: &str = "select id, queue, reason, attempts, sent_at, died_at from letters where id = ?";

/// A dead letter.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: DeadLetterId) -> Result<Option<Letter>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.map(letter).transpose()
}

const PUT: &str = "insert into letters (id, queue, reason, attempts, sent_at, died_at)
    values (?, ?, ?, ?, ?, ?)
    on conflict (id) do update set
        queue = excluded.queue,
        reason = excluded.reason,
        attempts = excluded.attempts,
        died_at = excluded.died_at";

/// Writes a dead letter.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, letter: &Letter) -> Result<(), Fault> {
    let params = [
        letter.id.to_string().into(),
        letter.queue.map(|queue| queue.as_str().to_owned()).into(),
        (&letter.reason).into(),
        letter.attempts.into(),
        letter.sent_at.into(),
        letter.died_at.into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

const REMOVE: &str = "delete from letters where id = ?";

/// Forgets a dead letter.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: DeadLetterId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

const AFTER: &str = "select id, queue, reason, attempts, sent_at, died_at from letters
    where id > ? order by id limit ?";

/// Up to `limit` dead letters after one, the oldest first.
///
/// # Errors
/// A storage fault.
pub fn after(sql: &dyn Sql, after: Option<DeadLetterId>, limit: i64) -> Result<Vec<Letter>, Fault> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    sql.exec(AFTER, &[after.into(), limit.into()])?.into_iter().map(letter).collect()
}

fn letter(row: Row) -> Result<Letter, Fault> {
    let id = row.text(0)?;
    Ok(Letter {
        id: id.parse().map_err(|_| Fault(format!("no dead letter is {id}")))?,
        queue: row.text_or_null(1)?.and_then(|name| Queue::named(&name)),
        reason: row.text(2)?,
        attempts: row.integer(3)?,
        sent_at: row.integer(4)?,
        died_at: row.integer(5)?,
    })
}

/// What is known of ringing for dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alert {
    /// When it last rang.
    pub rung_at: Millis,
    /// Whether it rang that there are some, and not yet that none is left.
    pub told: bool,
    /// How many came since it rang.
    pub unheard: i64,
    /// Where to ring.
    pub bell: Option<Bell>,
    /// The number of the latest alert of what begins and ends.
    pub number: i64,
}

const ALERT: &str = "select rung_at, told, unheard, url, sealed_secret, number from alert";

/// What is known of ringing.
///
/// # Errors
/// A storage fault.
pub fn alert(sql: &dyn Sql) -> Result<Alert, Fault> {
    let Some(row) = sql.first(ALERT, &[])? else { return Ok(Alert::default()) };
    let (url, secret) = (row.text(3)?, row.blob(4)?);
    let sealed_secret = (!secret.is_empty()).then(|| secret.into());
    Ok(Alert {
        rung_at: row.integer(0)?,
        told: row.integer(1)? == 1,
        unheard: row.integer(2)?,
        bell: (!url.is_empty()).then_some(Bell { url, sealed_secret }),
        number: row.integer(5)?,
    })
}

const SAVE: &str = "insert into alert (id, rung_at, told, unheard, url, sealed_secret, number)
    values (1, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set
        rung_at = excluded.rung_at,
        told = excluded.told,
        unheard = excluded.unheard,
        url = excluded.url,
        sealed_secret = excluded.sealed_secret,
        number = excluded.number";

/// Notes what is known of ringing.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, alert: &Alert) -> Result<(), Fault> {
    let bell = alert.bell.as_ref();
    let secret = bell.and_then(|bell| bell.sealed_secret.as_ref());
    let params = [
        alert.rung_at.into(),
        i64::from(alert.told).into(),
        alert.unheard.into(),
        bell.map(|bell| bell.url.clone()).unwrap_or_default().into(),
        secret.map(|secret| secret.to_vec()).unwrap_or_default().into(),
        alert.number.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

/// Who told an alert: an inbox, or, as an empty text, the workspace.
#[must_use]
pub fn source(told: &Told) -> String {
    told.inbox_id.map(|id| id.to_string()).unwrap_or_default()
}

fn alarm_key(told: &Told) -> [Value; 3] {
    let workspace = told.workspace_id.to_string();
    [workspace.into(), told.kind.as_str().into(), source(told).into()]
}

const ALARM: &str = "select at, stands from alarms
    where workspace_id = ? and type = ? and source = ?";

/// What the one that tells an alert said last of its kind: since when, and whether it stands.
///
/// # Errors
/// A storage fault.
pub fn alarm(sql: &dyn Sql, told: &Told) -> Result<Option<(Millis, bool)>, Fault> {
    let row = sql.first(ALARM, &alarm_key(told))?;
    row.map(|row| Ok((row.integer(0)?, row.flag(1)?))).transpose()
}

const SET_ALARM: &str = "insert into alarms (workspace_id, type, source, at, stands)
    values (?, ?, ?, ?, ?)
    on conflict (workspace_id, type, source) do update set
        at = excluded.at, stands = excluded.stands";

/// Notes what it says now.
///
/// # Errors
/// A storage fault.
pub fn set_alarm(sql: &dyn Sql, told: &Told) -> Result<(), Fault> {
    let [workspace, kind, source] = alarm_key(told);
    let stands = i64::from(told.state == AlertState::Raised);
    let params = [workspace, kind, source, told.at.into(), stands.into()];
    sql.exec(SET_ALARM, &params).map(drop)
}

const OTHERS: &str = "select 1 from alarms
    where workspace_id = ? and type = ? and source <> ? and stands = 1 limit 1";

/// Whether others of its workspace say that something of its kind stands.
///
/// # Errors
/// A storage fault.
pub fn others_stand(sql: &dyn Sql, told: &Told) -> Result<bool, Fault> {
    Ok(sql.first(OTHERS, &alarm_key(told))?.is_some())
}

/// What operators are told of one thing that begins and ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// Of which workspace.
    pub workspace: String,
    /// The name of its kind.
    pub kind: String,
    /// Of which inbox; empty where it is of the workspace.
    pub source: String,
    /// The number of the latest alert; 0 before the first.
    pub number: i64,
    /// Whether that says that something stands.
    pub stands: bool,
    /// It, as JSON; empty once it was taken.
    pub body: Vec<u8>,
    /// The number of the alert that was taken last; 0 before.
    pub heard: i64,
    /// Whether that said that something stands.
    pub told: bool,
    /// How many requests there were since of which nobody knows whether they were taken.
    pub open: i64,
    /// When it last rang; 0 before.
    pub rung_at: Millis,
    /// Whether there was nowhere to ring.
    pub mute: bool,
}

/// The columns that [`read_notice`] takes.
macro_rules! notice_columns {
    ($rest:literal) => {
        concat!(
            "select workspace_id, type, source, number, stands, body, heard, told, open, \
             rung_at, mute \
             from notices ",
            $rest
        )
    };
}

const NOTICE: &str = notice_columns!("where workspace_id = ? and type = ? and source = ?");

/// What operators are told of something; none before something happened to it.
///
/// # Errors
/// A storage fault.
pub fn notice(
    sql: &dyn Sql,
    (workspace, kind, source): (&str, &str, &str),
) -> Result<Option<Notice>, Fault> {
    let row = sql.first(NOTICE, &[workspace.into(), kind.into(), source.into()])?;
    row.map(read_notice).transpose()
}

const MUTE: &str = notice_columns!("where mute = 1 order by number limit ?");

/// Up to `limit` for which there was nowhere to ring, those first that wait the longest.
///
/// # Errors
/// A storage fault.
pub fn mute(sql: &dyn Sql, limit: i64) -> Result<Vec<Notice>, Fault> {
    sql.exec(MUTE, &[limit.into()])?.into_iter().map(read_notice).collect()
}

fn read_notice(row: Row) -> Result<Notice, Fault> {
    Ok(Notice {
        workspace: row.text(0)?,
        kind: row.text(1)?,
        source: row.text(2)?,
        number: row.integer(3)?,
        stands: row.flag(4)?,
        body: row.blob(5)?,
        heard: row.integer(6)?,
        told: row.flag(7)?,
        open: row.integer(8)?,
        rung_at: row.integer(9)?,
        mute: row.flag(10)?,
    })
}

const SET_NOTICE: &str = "insert into notices
        (workspace_id, type, source, number, stands, body, heard, told, open, rung_at, mute)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (workspace_id, type, source) do update set
        number = excluded.number,
        stands = excluded.stands,
        body = excluded.body,
        heard = excluded.heard,
        told = excluded.told,
        open = excluded.open,
        rung_at = excluded.rung_at,
        mute = excluded.mute";

/// Writes that down.
///
/// # Errors
/// A storage fault.
pub fn set_notice(sql: &dyn Sql, notice: &Notice) -> Result<(), Fault> {
    let params = [
        (&notice.workspace).into(),
        (&notice.kind).into(),
        (&notice.source).into(),
        notice.number.into(),
        i64::from(notice.stands).into(),
        notice.body.clone().into(),
        notice.heard.into(),
        i64::from(notice.told).into(),
        notice.open.into(),
        notice.rung_at.into(),
        i64::from(notice.mute).into(),
    ];
    sql.exec(SET_NOTICE, &params).map(drop)
}

const RUNG: &str = "select rung_at from notices where workspace_id = ? and rung_at > ?
    order by rung_at desc limit 1 offset ?";

/// When it rang for a workspace `count` things ago, where that was after `since`.
///
/// # Errors
/// A storage fault.
pub fn rung(
    sql: &dyn Sql,
    workspace: &str,
    since: Millis,
    count: i64,
) -> Result<Option<Millis>, Fault> {
    let row = sql.first(RUNG, &[workspace.into(), since.into(), (count - 1).into()])?;
    row.map(|row| row.integer(0)).transpose()
}
