//! The webhooks.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::ids::WebhookId;

/// A webhook, with what no reply may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The key of its deliveries.
    pub number: i64,
    /// The webhook.
    pub id: WebhookId,
    /// Where requests go.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Which events.
    pub kinds: Vec<String>,
    /// Whether events are sent.
    pub active: bool,
    /// Why Postroom switched it off.
    pub disabled_reason: Option<String>,
    /// The sealed secret.
    pub sealed_secret: Vec<u8>,
    /// The one before.
    pub sealed_previous: Option<Vec<u8>>,
    /// Until when that signs, too.
    pub previous_until: Option<Millis>,
    /// The last event that was looked at.
    pub cursor: i64,
    /// How many deliveries wait.
    pub waiting: i64,
    /// How many requests have failed in a row.
    pub failures: i64,
    /// Since when.
    pub failing_since: Option<Millis>,
    /// Until when nothing new is sent.
    pub hold_until: Millis,
    /// When it was made.
    pub created_at: Millis,
    /// When it was changed.
    pub updated_at: Millis,
    /// Its version.
    pub version: i64,
}

const INSERT: &str = "insert into webhooks (number, id, url, description, kinds, active,
    disabled_reason, sealed_secret, sealed_previous, previous_until, cursor, waiting, failures,
    failing_since, hold_until, created_at, updated_at, version)
    values (1 + max(coalesce((select max(number) from webhooks), 0),
        coalesce((select max(webhook) from webhook_deliveries), 0)),
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a webhook; its number is given, and none that deliveries of a deleted one still have.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, webhook: &Webhook) -> Result<(), Fault> {
    let mut params = vec![webhook.id.to_string().into()];
    params.extend(fields(webhook));
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update webhooks set url = ?, description = ?, kinds = ?, active = ?,
    disabled_reason = ?, sealed_secret = ?, sealed_previous = ?, previous_until = ?, cursor = ?,
    waiting = ?, failures = ?, failing_since = ?, hold_until = ?, created_at = ?, updated_at = ?,
    version = ? where id = ?";

/// Writes a webhook.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, webhook: &Webhook) -> Result<(), Fault> {
    let mut params = fields(webhook);
    params.push(webhook.id.to_string().into());
    sql.exec(UPDATE, &params).map(drop)
}

fn fields(webhook: &Webhook) -> Vec<Value> {
    vec![
        (&webhook.url).into(),
        (&webhook.description).into(),
        serde_json::Value::from(webhook.kinds.clone()).to_string().into(),
        i64::from(webhook.active).into(),
        webhook.disabled_reason.clone().into(),
        webhook.sealed_secret[..].into(),
        webhook.sealed_previous.clone().map_or(Value::Null, Value::Blob),
        webhook.previous_until.into(),
        webhook.cursor.into(),
        webhook.waiting.into(),
        webhook.failures.into(),
        webhook.failing_since.into(),
        webhook.hold_until.into(),
        webhook.created_at.into(),
        webhook.updated_at.into(),
        webhook.version.into(),
    ]
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select number, id, url, description, kinds, active, disabled_reason, sealed_secret, \
             sealed_previous, previous_until, cursor, waiting, failures, failing_since, \
             hold_until, created_at, updated_at, version \
             from webhooks ",
            $rest
        )
    };
}

const FIND: &str = columns!("where id = ?");

/// A webhook.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: WebhookId) -> Result<Option<Webhook>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const LIST: &str = columns!("order by number");

/// All webhooks, oldest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql) -> Result<Vec<Webhook>, Fault> {
    sql.exec(LIST, &[])?.iter().map(read).collect()
}

const REMOVE: &str = "delete from webhooks where id = ?";

/// Takes a webhook away.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: WebhookId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

fn read(row: &Row) -> Result<Webhook, Fault> {
    let kinds = serde_json::from_slice(row.text(4)?.as_bytes());
    let previous = match row.0.get(8) {
        Some(Value::Blob(bytes)) => Some(bytes.clone()),
        _ => None,
    };
    Ok(Webhook {
        number: row.integer(0)?,
        id: row.id(1)?,
        url: row.text(2)?,
        description: row.text(3)?,
        kinds: kinds.map_err(|error| Fault(format!("kinds of a webhook: {error}")))?,
        active: row.flag(5)?,
        disabled_reason: row.text_or_null(6)?,
        sealed_secret: row.blob(7)?,
        sealed_previous: previous,
        previous_until: row.integer_or_null(9)?,
        cursor: row.integer(10)?,
        waiting: row.integer(11)?,
        failures: row.integer(12)?,
        failing_since: row.integer_or_null(13)?,
        hold_until: row.integer(14)?,
        created_at: row.integer(15)?,
        updated_at: row.integer(16)?,
        version: row.integer(17)?,
    })
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[INSERT, UPDATE, FIND, LIST, REMOVE];
