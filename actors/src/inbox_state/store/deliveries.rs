//! What a relay tells: its endpoint, the posts that are known, how far mails have come.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::delivery::{DeliveryKind, SendDelivery};
use schema::ids::{DeliveryKeyId, SendId};

/// The endpoint's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Names the secret that signs.
    pub key_id: DeliveryKeyId,
    /// Names the one before the last rotation.
    pub previous_id: Option<DeliveryKeyId>,
    /// Until when that is good, too.
    pub previous_until: Millis,
    /// Since when there is an endpoint.
    pub created_at: Millis,
}

const LOAD: &str = "select key_id, previous_id, previous_until, created_at from delivery_webhook";

/// The endpoint; none where nobody tells.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Webhook>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    Ok(Some(Webhook {
        key_id: row.id(0)?,
        previous_id: row.id_or_null(1)?,
        previous_until: row.integer(2)?,
        created_at: row.integer(3)?,
    }))
}

const SAVE: &str = "insert or replace into delivery_webhook
        (id, key_id, previous_id, previous_until, created_at)
    values (1, ?, ?, ?, ?)";

/// Writes the endpoint.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, webhook: &Webhook) -> Result<(), Fault> {
    let params = [
        webhook.key_id.to_string().into(),
        webhook.previous_id.map(|id| id.to_string()).into(),
        webhook.previous_until.into(),
        webhook.created_at.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const REMOVE: &str = "delete from delivery_webhook";

/// Takes the endpoint away.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(REMOVE, &[]).map(drop)
}

const KNOWN: &str = "select 1 from delivery_posts where id = ?";
const INSERT: &str = "insert into delivery_posts (id, at) values (?, ?)";

/// Notes a post; says whether it is new.
///
/// # Errors
/// A storage fault.
pub fn note_post(sql: &dyn Sql, id: &str, now: Millis) -> Result<bool, Fault> {
    if sql.first(KNOWN, &[id.into()])?.is_some() {
        return Ok(false);
    }
    sql.exec(INSERT, &[id.into(), now.into()])?;
    Ok(true)
}

const FORGET: &str = "delete from delivery_posts where at <= ?";

/// Forgets the posts up to a time.
///
/// # Errors
/// A storage fault.
pub fn forget_posts(sql: &dyn Sql, until: Millis) -> Result<(), Fault> {
    sql.exec(FORGET, &[until.into()]).map(drop)
}

const OF_SEND: &str = "select recipient, state, at from deliveries where send_id = ?";

/// How far a mail has come at each recipient of whom anything was told.
///
/// # Errors
/// A storage fault.
pub fn of_send(sql: &dyn Sql, id: SendId) -> Result<Vec<SendDelivery>, Fault> {
    let rows = sql.exec(OF_SEND, &[id.to_string().into()])?;
    let read = |row: &Row| {
        Ok(SendDelivery { recipient: row.text(0)?, state: state(row, 1)?, at: row.integer(2)? })
    };
    rows.iter().map(read).collect()
}

const AT: &str = "select state from deliveries where send_id = ? and recipient = ?";

/// How far a mail has come at one recipient; none where nobody told.
///
/// # Errors
/// A storage fault.
pub fn at(sql: &dyn Sql, id: SendId, recipient: &str) -> Result<Option<DeliveryKind>, Fault> {
    let row = sql.first(AT, &[id.to_string().into(), recipient.into()])?;
    row.map(|row| state(&row, 0)).transpose()
}

fn state(row: &Row, at: usize) -> Result<DeliveryKind, Fault> {
    let name = row.text(at)?;
    DeliveryKind::parse(&name).ok_or_else(|| Fault(format!("no delivery is {name}")))
}

const SET: &str = "insert or replace into deliveries (send_id, recipient, state, at)
    values (?, ?, ?, ?)";

/// Notes that a mail has come so far at one recipient, unless it was further; says whether it was
/// not.
///
/// # Errors
/// A storage fault.
pub fn advance(
    sql: &dyn Sql,
    id: SendId,
    recipient: &str,
    state: DeliveryKind,
    now: Millis,
) -> Result<bool, Fault> {
    if at(sql, id, recipient)? >= Some(state) {
        return Ok(false);
    }
    let params = [id.to_string().into(), recipient.into(), state.as_str().into(), now.into()];
    sql.exec(SET, &params)?;
    Ok(true)
}

/// The statements that find rows, for the test of their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 4] = [KNOWN, FORGET, OF_SEND, AT];
