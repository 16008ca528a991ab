//! The one row of the mailbox, and the mails that were passed over.

use crate::kernel::{Fault, Sql, Value};
use crate::mail::imap::Cursor;
use schema::Millis;
use schema::inbox::Security;
use schema::mailbox::{PASSED_OVER_MAX, PassedOver};

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// The account.
    pub username: String,
    /// Sealed to the inbox's instance.
    pub sealed_password: Vec<u8>,
    /// From one reading to the next.
    pub every_minutes: i64,
    /// Mail that the server got before is not taken.
    pub since: Millis,
    /// How far it has been read.
    pub cursor: Option<Cursor>,
    /// The reading that is under way, or was last.
    pub reading: i64,
    /// How often reading has begun without an end that was heard of.
    pub unheard: i64,
    /// The mail that reading fails at.
    pub failing_uid: Option<u32>,
    /// How often it has.
    pub failing_count: i64,
    /// How many readings have failed since one succeeded.
    pub failures: i64,
    /// What went wrong last.
    pub error: Option<String>,
    /// When it was last read to its end.
    pub last_sync_at: Option<Millis>,
    /// Since when it is stalled.
    pub stalled_since: Option<Millis>,
    /// Since when the room believes that it is, or is being told so.
    pub told_since: Option<Millis>,
    /// How many readings have ended.
    pub readings: i64,
    /// Mails that were taken in.
    pub taken: i64,
    /// Mails that were known already.
    pub duplicates: i64,
    /// When it was connected.
    pub connected_at: Millis,
}

const LOAD: &str = "select host, port, security, username, sealed_password, every_minutes, since,
        uid_validity, uid_next, reading, unheard, failing_uid, failing_count, failures, error,
        last_sync_at, stalled_since, told_since, readings, taken, duplicates, connected_at
    from mailbox";

/// The mailbox; none where none is read.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Mailbox>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    let broken = |what: &str| Fault(format!("the mailbox holds no {what}"));
    let number = |at: usize| -> Result<Option<u32>, Fault> {
        let value = row.integer_or_null(at)?;
        value.map(|it| u32::try_from(it).map_err(|_| broken("UID"))).transpose()
    };
    let cursor = match (number(7)?, number(8)?) {
        (Some(uid_validity), Some(uid_next)) => Some(Cursor { uid_validity, uid_next }),
        _ => None,
    };
    Ok(Some(Mailbox {
        host: row.text(0)?,
        port: u16::try_from(row.integer(1)?).map_err(|_| broken("port"))?,
        security: Security::parse(&row.text(2)?).ok_or_else(|| broken("security"))?,
        username: row.text(3)?,
        sealed_password: row.blob(4)?,
        every_minutes: row.integer(5)?,
        since: row.integer(6)?,
        cursor,
        reading: row.integer(9)?,
        unheard: row.integer(10)?,
        failing_uid: number(11)?,
        failing_count: row.integer(12)?,
        failures: row.integer(13)?,
        error: row.text_or_null(14)?,
        last_sync_at: row.integer_or_null(15)?,
        stalled_since: row.integer_or_null(16)?,
        told_since: row.integer_or_null(17)?,
        readings: row.integer(18)?,
        taken: row.integer(19)?,
        duplicates: row.integer(20)?,
        connected_at: row.integer(21)?,
    }))
}

const SAVE: &str = "insert or replace into mailbox
        (id, host, port, security, username, sealed_password, every_minutes, since, uid_validity,
        uid_next, reading, unheard, failing_uid, failing_count, failures, error, last_sync_at,
        stalled_since, told_since, readings, taken, duplicates, connected_at)
    values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the mailbox.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, mailbox: &Mailbox) -> Result<(), Fault> {
    let params: [Value; 22] = [
        (&mailbox.host).into(),
        i64::from(mailbox.port).into(),
        mailbox.security.as_str().into(),
        (&mailbox.username).into(),
        mailbox.sealed_password.clone().into(),
        mailbox.every_minutes.into(),
        mailbox.since.into(),
        mailbox.cursor.map(|it| i64::from(it.uid_validity)).into(),
        mailbox.cursor.map(|it| i64::from(it.uid_next)).into(),
        mailbox.reading.into(),
        mailbox.unheard.into(),
        mailbox.failing_uid.map(i64::from).into(),
        mailbox.failing_count.into(),
        mailbox.failures.into(),
        mailbox.error.clone().into(),
        mailbox.last_sync_at.into(),
        mailbox.stalled_since.into(),
        mailbox.told_since.into(),
        mailbox.readings.into(),
        mailbox.taken.into(),
        mailbox.duplicates.into(),
        mailbox.connected_at.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const REMOVE: &str = "delete from mailbox";
const FORGET_PASSED_OVER: &str = "delete from passed_over";

/// Forgets the mailbox, and what was passed over in it.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(REMOVE, &[])?;
    sql.exec(FORGET_PASSED_OVER, &[]).map(drop)
}

const PASS_OVER: &str =
    "insert or replace into passed_over (uid_validity, uid, reason, raw_key, at)
    values (?, ?, ?, ?, ?)";

/// Keeps that a mail was passed over.
///
/// # Errors
/// A storage fault.
pub fn pass_over(sql: &dyn Sql, uid_validity: u32, mail: &PassedOver) -> Result<(), Fault> {
    let params = [
        i64::from(uid_validity).into(),
        i64::from(mail.uid).into(),
        (&mail.reason).into(),
        mail.raw_key.clone().into(),
        mail.at.into(),
    ];
    sql.exec(PASS_OVER, &params).map(drop)
}

const PASSED_OVER: &str = "select uid, reason, raw_key, at from passed_over
    order by at desc limit ?";

/// The mails that were passed over, the latest first.
///
/// # Errors
/// A storage fault.
pub fn passed_over(sql: &dyn Sql) -> Result<Vec<PassedOver>, Fault> {
    let rows = sql.exec(PASSED_OVER, &[PASSED_OVER_MAX.into()])?;
    let read = |row: &crate::kernel::Row| {
        let uid = u32::try_from(row.integer(0)?).map_err(|_| Fault("no UID".into()))?;
        let (reason, raw_key, at) = (row.text(1)?, row.text_or_null(2)?, row.integer(3)?);
        Ok(PassedOver { uid, reason, raw_key, at })
    };
    rows.iter().map(read).collect()
}
