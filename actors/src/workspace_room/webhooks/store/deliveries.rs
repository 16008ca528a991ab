//! What became of events at webhooks.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::room::webhook::{Attempt, DeliveryState};

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event's number.
    pub seq: i64,
    /// The event's type.
    pub kind: String,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it has been tried since it was sent or replayed.
    pub attempts: i64,
    /// When it is tried again.
    pub due: Option<Millis>,
    /// The last tries.
    pub tries: Vec<Attempt>,
    /// The beginning of the last answer.
    pub answer: String,
    /// When it was first sent.
    pub created_at: Millis,
}

const PUT: &str = "insert into webhook_deliveries (webhook, seq, kind, state, attempts, due, tries,
    answer, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (webhook, seq) do update set state = excluded.state, attempts = excluded.attempts,
        due = excluded.due, tries = excluded.tries, answer = excluded.answer";

/// Writes a delivery.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, webhook: i64, delivery: &Delivery) -> Result<(), Fault> {
    let tries = serde_json::to_string(&delivery.tries);
    let params = [
        webhook.into(),
        delivery.seq.into(),
        (&delivery.kind).into(),
        delivery.state.as_str().into(),
        delivery.attempts.into(),
        delivery.due.into(),
        tries.map_err(|error| Fault(format!("tries: {error}")))?.into(),
        (&delivery.answer).into(),
        delivery.created_at.into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select seq, kind, state, attempts, due, tries, answer, created_at \
             from webhook_deliveries ",
            $rest
        )
    };
}

const FIND: &str = columns!("where webhook = ? and seq = ?");

/// A delivery.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, webhook: i64, seq: i64) -> Result<Option<Delivery>, Fault> {
    sql.first(FIND, &[webhook.into(), seq.into()])?.as_ref().map(read).transpose()
}

const DUE: &str = columns!(
    "where webhook = ? and state = 'waiting' and due <= ?
    order by due limit ?"
);

/// The deliveries that are due, the longest first.
///
/// # Errors
/// A storage fault.
pub fn due(sql: &dyn Sql, webhook: i64, now: Millis, limit: i64) -> Result<Vec<Delivery>, Fault> {
    sql.exec(DUE, &[webhook.into(), now.into(), limit.into()])?.iter().map(read).collect()
}

const NEXT_DUE: &str = "select due from webhook_deliveries
    where webhook = ? and state = 'waiting' order by due limit 1";

/// When the next delivery is due.
///
/// # Errors
/// A storage fault.
pub fn next_due(sql: &dyn Sql, webhook: i64) -> Result<Option<Millis>, Fault> {
    sql.first(NEXT_DUE, &[webhook.into()])?.map_or(Ok(None), |row| row.integer_or_null(0))
}

const LIST: &str = columns!("where webhook = ? and seq < ? order by seq desc limit ?");

/// Deliveries of events before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, webhook: i64, before: i64, limit: i64) -> Result<Vec<Delivery>, Fault> {
    sql.exec(LIST, &[webhook.into(), before.into(), limit.into()])?.iter().map(read).collect()
}

const GIVE_UP: &str = "update webhook_deliveries set state = 'failed', due = null
    where webhook = ? and state = 'waiting'";

/// Gives up on all that wait.
///
/// # Errors
/// A storage fault.
pub fn give_up(sql: &dyn Sql, webhook: i64) -> Result<(), Fault> {
    sql.exec(GIVE_UP, &[webhook.into()]).map(drop)
}

const FORGET: &str = "delete from webhook_deliveries where webhook = ? and seq in (
    select seq from webhook_deliveries
    where webhook = ? and seq <= ? and state <> 'waiting' order by seq limit ?)";

/// Forgets deliveries of events up to a number that wait for nothing, at most `limit`.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, webhook: i64, seq: i64, limit: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[webhook.into(), webhook.into(), seq.into(), limit.into()]).map(drop)
}

const ANY: &str = "select seq from webhook_deliveries where webhook = ? limit 1";

/// Whether a webhook has any.
///
/// # Errors
/// A storage fault.
pub fn any(sql: &dyn Sql, webhook: i64) -> Result<bool, Fault> {
    Ok(sql.first(ANY, &[webhook.into()])?.is_some())
}

fn read(row: &Row) -> Result<Delivery, Fault> {
    let fault = |what: &str| Fault(format!("{what} of a delivery"));
    Ok(Delivery {
        seq: row.integer(0)?,
        kind: row.text(1)?,
        state: DeliveryState::parse(&row.text(2)?).ok_or_else(|| fault("state"))?,
        attempts: row.integer(3)?,
        due: row.integer_or_null(4)?,
        tries: serde_json::from_slice(row.text(5)?.as_bytes()).map_err(|_| fault("tries"))?,
        answer: row.text(6)?,
        created_at: row.integer(7)?,
    })
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[PUT, FIND, DUE, NEXT_DUE, LIST, GIVE_UP, FORGET, ANY];
