//! What a relay tells: its endpoint, the posts that are known, how far it says a mail has come.

use crate::kernel::{Fault, Sql};
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

const OF_SEND: &str = "select delivery, delivery_at from ledger where id = ?";

/// How far a mail has come, as a relay says.
///
/// # Errors
/// A storage fault.
pub fn of_send(sql: &dyn Sql, id: SendId) -> Result<Option<SendDelivery>, Fault> {
    let Some(row) = sql.first(OF_SEND, &[id.to_string().into()])? else { return Ok(None) };
    let name = row.text_or_null(0)?.unwrap_or_default();
    let at = row.integer_or_null(1)?.unwrap_or_default();
    Ok(DeliveryKind::parse(&name).map(|state| SendDelivery { state, at }))
}

const SET: &str = "update ledger set delivery = ?, delivery_at = ? where id = ?";

/// Notes how far a mail has come.
///
/// # Errors
/// A storage fault.
pub fn set_of_send(
    sql: &dyn Sql,
    id: SendId,
    state: DeliveryKind,
    now: Millis,
) -> Result<(), Fault> {
    sql.exec(SET, &[state.as_str().into(), now.into(), id.to_string().into()]).map(drop)
}

/// The statements that find rows, for the test of their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 4] = [KNOWN, FORGET, OF_SEND, SET];
