//! The one row of the mailbox at Microsoft, and the drafts there.

use crate::kernel::{Fault, Sql, Value};
use crate::mail::graph::Draft;
use schema::Millis;
use schema::ids::SendId;

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Microsoft {
    /// The user, as the directory knows it.
    pub user_id: String,
    /// Opens the mailbox; sealed to the inbox's instance.
    pub sealed_access: Vec<u8>,
    /// Gets the next tokens; sealed to the inbox's instance.
    pub sealed_refresh: Vec<u8>,
    /// From then on the access token is not used.
    pub access_until: Millis,
    /// Whether only a new log-in helps.
    pub is_gone: bool,
    /// Until then Graph wants to be left alone.
    pub quiet_until: Millis,
    /// When it was connected first.
    pub connected_at: Millis,
    /// How often in a row Graph wanted to be left alone, or was not asked.
    pub waits: i64,
    /// What keeps mail from leaving, and since when.
    pub error: Option<(String, Millis)>,
}

const LOAD: &str = "select user_id, sealed_access, sealed_refresh, access_until, is_gone,
        quiet_until, connected_at, waits, error, error_since
    from microsoft";

/// The mailbox; none where the inbox sends by SMTP.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Microsoft>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    Ok(Some(Microsoft {
        user_id: row.text(0)?,
        sealed_access: row.blob(1)?,
        sealed_refresh: row.blob(2)?,
        access_until: row.integer(3)?,
        is_gone: row.flag(4)?,
        quiet_until: row.integer(5)?,
        connected_at: row.integer(6)?,
        waits: row.integer(7)?,
        error: row.text_or_null(8)?.zip(row.integer_or_null(9)?),
    }))
}

const SAVE: &str = "insert or replace into microsoft
        (id, user_id, sealed_access, sealed_refresh, access_until, is_gone, quiet_until,
        connected_at, waits, error, error_since)
    values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the mailbox.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, microsoft: &Microsoft) -> Result<(), Fault> {
    let error = microsoft.error.as_ref();
    let params: [Value; 10] = [
        (&microsoft.user_id).into(),
        microsoft.sealed_access.clone().into(),
        microsoft.sealed_refresh.clone().into(),
        microsoft.access_until.into(),
        i64::from(microsoft.is_gone).into(),
        microsoft.quiet_until.into(),
        microsoft.connected_at.into(),
        microsoft.waits.into(),
        error.map(|(text, _)| text).into(),
        error.map(|(_, since)| *since).into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const REMOVE: &str = "delete from microsoft";

/// Forgets the mailbox and its tokens.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(REMOVE, &[]).map(drop)
}

const UNDER_WAY: &str = "select count(*) from outbox
    where kind in ('draft', 'mail') and state <> 'dead' and key <> ?";

/// How many mails other than the one of a key are with Graph, or are about to be.
///
/// # Errors
/// A storage fault.
pub fn under_way_beside(sql: &dyn Sql, key: &str) -> Result<i64, Fault> {
    sql.first(UNDER_WAY, &[key.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const LOOKING: &str = "select count(*) from outbox 
    where kind in ('look', 'subscribe') and state = 'leased'";

/// Whether it is being looked what became of a mail, or a subscription is seen to.
///
/// # Errors
/// A storage fault.
pub fn is_looking(sql: &dyn Sql) -> Result<bool, Fault> {
    sql.first(LOOKING, &[])?.map_or(Ok(false), |row| Ok(row.integer(0)? > 0))
}

const DRAFT: &str = "select draft_id, message_id, looks from drafts where send_id = ?";

/// The draft of a mail, and how often it was looked what became of it.
///
/// # Errors
/// A storage fault.
pub fn draft(sql: &dyn Sql, id: SendId) -> Result<Option<(Draft, i64)>, Fault> {
    let Some(row) = sql.first(DRAFT, &[id.to_string().into()])? else { return Ok(None) };
    Ok(Some((Draft { id: row.text(0)?, message_id: row.text(1)? }, row.integer(2)?)))
}

const KEEP: &str = "insert into drafts (send_id, draft_id, message_id, looks)
    values (?, ?, ?, ?)
    on conflict (send_id) do update set draft_id = excluded.draft_id,
    message_id = excluded.message_id, looks = excluded.looks";

/// Keeps the draft of a mail.
///
/// # Errors
/// A storage fault.
pub fn keep_draft(sql: &dyn Sql, id: SendId, draft: &Draft, looks: i64) -> Result<(), Fault> {
    let params =
        [id.to_string().into(), (&draft.id).into(), (&draft.message_id).into(), looks.into()];
    sql.exec(KEEP, &params).map(drop)
}

const MAY_LEAVE: &str = "update drafts set may_leave = ? where send_id = ?";

/// Notes whether the draft of a mail may leave by what it was asked so far.
///
/// # Errors
/// A storage fault.
pub fn set_may_leave(sql: &dyn Sql, id: SendId, may_leave: bool) -> Result<(), Fault> {
    sql.exec(MAY_LEAVE, &[i64::from(may_leave).into(), id.to_string().into()]).map(drop)
}

const LEAVES: &str = "select may_leave from drafts where send_id = ?";

/// Whether the draft of a mail may leave by what it was asked so far.
///
/// # Errors
/// A storage fault.
pub fn may_leave(sql: &dyn Sql, id: SendId) -> Result<bool, Fault> {
    sql.first(LEAVES, &[id.to_string().into()])?.map_or(Ok(false), |row| row.flag(0))
}

const FORGET: &str = "delete from drafts where send_id = ?";

/// Forgets the draft of a mail.
///
/// # Errors
/// A storage fault.
pub fn forget_draft(sql: &dyn Sql, id: SendId) -> Result<(), Fault> {
    sql.exec(FORGET, &[id.to_string().into()]).map(drop)
}
