//! The one row of the mailbox, how far its folders were read, and the mails that were passed over.

use crate::kernel::{Fault, Sql, Value};
use crate::mail::mailbox::{MailRef, Position, Positions};
use schema::Millis;
use schema::codec::{read_json, to_json};
use schema::ids::SendId;
use schema::inbox::Security;
use schema::mailbox::{MailFolder, MailboxProvider, PASSED_OVER_MAX, PassedOver};

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Where it is.
    pub provider: MailboxProvider,
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
    /// The reading that is under way, or was last.
    pub reading: i64,
    /// How often reading has begun without an end that was heard of.
    pub unheard: i64,
    /// The mail that reading fails at.
    pub failing_mail: Option<MailRef>,
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

const LOAD: &str = "select provider, host, port, security, username, sealed_password,
        every_minutes, since, reading, unheard, failing_mail, failing_count, failures, error,
        last_sync_at, stalled_since, told_since, readings, taken, duplicates, connected_at
    from mailbox";

/// The mailbox; none where none is read.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Mailbox>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    let broken = |what: &str| Fault(format!("the mailbox holds no {what}"));
    let failing_mail = row.text_or_null(10)?;
    let failing_mail =
        failing_mail.map(|mail| mail_ref(&mail).ok_or_else(|| broken("id of a mail")));
    Ok(Some(Mailbox {
        provider: MailboxProvider::parse(&row.text(0)?).ok_or_else(|| broken("provider"))?,
        host: row.text(1)?,
        port: u16::try_from(row.integer(2)?).map_err(|_| broken("port"))?,
        security: Security::parse(&row.text(3)?).ok_or_else(|| broken("security"))?,
        username: row.text(4)?,
        sealed_password: row.blob(5)?,
        every_minutes: row.integer(6)?,
        since: row.integer(7)?,
        reading: row.integer(8)?,
        unheard: row.integer(9)?,
        failing_mail: failing_mail.transpose()?,
        failing_count: row.integer(11)?,
        failures: row.integer(12)?,
        error: row.text_or_null(13)?,
        last_sync_at: row.integer_or_null(14)?,
        stalled_since: row.integer_or_null(15)?,
        told_since: row.integer_or_null(16)?,
        readings: row.integer(17)?,
        taken: row.integer(18)?,
        duplicates: row.integer(19)?,
        connected_at: row.integer(20)?,
    }))
}

fn mail_ref(text: &str) -> Option<MailRef> {
    let (folder, id) = text.split_once('/')?;
    Some(MailRef { folder: MailFolder::parse(folder)?, id: id.to_owned() })
}

const SAVE: &str = "insert or replace into mailbox
        (id, provider, host, port, security, username, sealed_password, every_minutes, since,
        reading, unheard, failing_mail, failing_count, failures, error, last_sync_at,
        stalled_since, told_since, readings, taken, duplicates, connected_at)
    values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the mailbox.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, mailbox: &Mailbox) -> Result<(), Fault> {
    let failing_mail = mailbox.failing_mail.as_ref();
    let params: [Value; 21] = [
        mailbox.provider.as_str().into(),
        (&mailbox.host).into(),
        i64::from(mailbox.port).into(),
        mailbox.security.as_str().into(),
        (&mailbox.username).into(),
        mailbox.sealed_password.clone().into(),
        mailbox.every_minutes.into(),
        mailbox.since.into(),
        mailbox.reading.into(),
        mailbox.unheard.into(),
        failing_mail.map(|mail| format!("{}/{}", mail.folder.as_str(), mail.id)).into(),
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

const POSITIONS: &str = "select folder, position from mailbox_folders";

/// How far the folders were read.
///
/// # Errors
/// A storage fault.
pub fn positions(sql: &dyn Sql) -> Result<Positions, Fault> {
    let mut positions = Positions::default();
    for row in sql.exec(POSITIONS, &[])? {
        let (folder, position) = (row.text(0)?, row.text(1)?);
        let folder = MailFolder::parse(&folder).ok_or_else(|| Fault("no folder".into()))?;
        let position: Position = read_json(position.as_bytes())
            .map_err(|error| Fault(format!("position: {}", error.message)))?;
        *positions.of_mut(folder) = Some(position);
    }
    Ok(positions)
}

const KEEP_POSITION: &str =
    "insert or replace into mailbox_folders (folder, position) values (?, ?)";

/// Writes how far a folder was read.
///
/// # Errors
/// A storage fault.
pub fn keep_position(sql: &dyn Sql, folder: MailFolder, position: &Position) -> Result<(), Fault> {
    let json = String::from_utf8_lossy(&to_json(position)).into_owned();
    sql.exec(KEEP_POSITION, &[folder.as_str().into(), json.into()]).map(drop)
}

const FORGET_POSITIONS: &str = "delete from mailbox_folders";

/// Forgets how far the folders were read.
///
/// # Errors
/// A storage fault.
pub fn forget_positions(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FORGET_POSITIONS, &[]).map(drop)
}

const REMOVE: &str = "delete from mailbox";
const FORGET_PASSED_OVER: &str = "delete from passed_over";

/// Forgets the mailbox, and what was passed over in it.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(REMOVE, &[])?;
    forget_positions(sql)?;
    sql.exec(FORGET_PASSED_OVER, &[]).map(drop)
}

const PASS_OVER: &str = "insert or replace into passed_over (folder, id, reason, raw_key, at)
    values (?, ?, ?, ?, ?)";

/// Keeps that a mail was passed over.
///
/// # Errors
/// A storage fault.
pub fn pass_over(sql: &dyn Sql, mail: &PassedOver) -> Result<(), Fault> {
    let params = [
        mail.folder.as_str().into(),
        (&mail.id).into(),
        (&mail.reason).into(),
        mail.raw_key.clone().into(),
        mail.at.into(),
    ];
    sql.exec(PASS_OVER, &params).map(drop)
}

const PASSED_OVER: &str = "select folder, id, reason, raw_key, at from passed_over
    order by at desc limit ?";

/// The mails that were passed over, the latest first.
///
/// # Errors
/// A storage fault.
pub fn passed_over(sql: &dyn Sql) -> Result<Vec<PassedOver>, Fault> {
    let rows = sql.exec(PASSED_OVER, &[PASSED_OVER_MAX.into()])?;
    let read = |row: &crate::kernel::Row| {
        let folder = MailFolder::parse(&row.text(0)?).ok_or_else(|| Fault("no folder".into()))?;
        let (id, reason) = (row.text(1)?, row.text(2)?);
        let (raw_key, at) = (row.text_or_null(3)?, row.integer(4)?);
        Ok(PassedOver { folder, id, reason, raw_key, at })
    };
    rows.iter().map(read).collect()
}

const FORGET_ONE: &str = "delete from passed_over where folder = ? and id = ? returning id";

/// Lists a mail no more that was passed over; says whether it was.
///
/// # Errors
/// A storage fault.
pub fn forget_passed_over(sql: &dyn Sql, folder: MailFolder, id: &str) -> Result<bool, Fault> {
    Ok(sql.first(FORGET_ONE, &[folder.as_str().into(), id.into()])?.is_some())
}

const SEE_COPY: &str = "insert or ignore into sent_copies (send_id) values (?)";

/// A mail that is under way was seen in the folder of sent mail.
///
/// # Errors
/// A storage fault.
pub fn see_copy(sql: &dyn Sql, id: SendId) -> Result<(), Fault> {
    sql.exec(SEE_COPY, &[id.to_string().into()]).map(drop)
}

const FORGET_COPY: &str = "delete from sent_copies where send_id = ? returning send_id";

/// Whether a mail was seen in the folder of sent mail while it was under way; that is forgotten.
///
/// # Errors
/// A storage fault.
pub fn take_copy(sql: &dyn Sql, id: SendId) -> Result<bool, Fault> {
    Ok(sql.first(FORGET_COPY, &[id.to_string().into()])?.is_some())
}
