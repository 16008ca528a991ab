//! The one row of the inbox.

use crate::kernel::{Fault, Sql, Value};
use schema::Millis;
use schema::inbox::{Security, SmtpTransport};

/// The row.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbox {
    /// The address that it sends from.
    pub email: String,
    /// The name beside it.
    pub display_name: String,
    /// How it sends.
    pub smtp: SmtpTransport,
    /// Whether the warm-up's allowance holds.
    pub warmup: bool,
    /// IANA name.
    pub zone: String,
    /// Since when it does not send, and why.
    pub paused: Option<(Millis, String)>,
    /// Whether that is for what came back or who complained.
    pub paused_for_health: bool,
    /// Since when too many people complain.
    pub warned_at: Option<Millis>,
    /// Only mails that left later count for health.
    pub window_from: Millis,
    /// No slot is asked for before.
    pub blocked_until: Millis,
    /// Mails that left.
    pub sent: i64,
    /// Mails that came back.
    pub bounced: i64,
    /// Grows with each change.
    pub version: i64,
    /// When it was registered.
    pub created_at: Millis,
    /// When it changed.
    pub updated_at: Millis,
}

impl Inbox {
    /// A new one, which nothing has left and nothing holds back; its zone is UTC.
    #[must_use]
    pub fn new(now: Millis, email: String, display_name: String, smtp: SmtpTransport) -> Self {
        Self {
            email,
            display_name,
            smtp,
            warmup: false,
            zone: "UTC".to_owned(),
            paused: None,
            paused_for_health: false,
            warned_at: None,
            window_from: 0,
            blocked_until: 0,
            sent: 0,
            bounced: 0,
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }
}

const LOAD: &str = "select email, display_name, host, port, security, username, sealed_password,
        warmup, zone, paused_at, pause_reason, window_from, blocked_until, sent, bounced, version,
        created_at, updated_at, warned_at, paused_for_health
    from inbox";

/// The inbox; none before it was registered.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Inbox>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    let broken = |what: &str| Fault(format!("the inbox holds no {what}"));
    let smtp = SmtpTransport {
        host: row.text(2)?,
        port: u16::try_from(row.integer(3)?).map_err(|_| broken("port"))?,
        security: Security::parse(&row.text(4)?).ok_or_else(|| broken("security"))?,
        username: row.text(5)?,
        sealed_password: row.blob(6)?,
    };
    let reason = row.text_or_null(10)?.unwrap_or_default();
    Ok(Some(Inbox {
        email: row.text(0)?,
        display_name: row.text(1)?,
        smtp,
        warmup: row.flag(7)?,
        zone: row.text(8)?,
        paused: row.integer_or_null(9)?.map(|at| (at, reason)),
        window_from: row.integer(11)?,
        blocked_until: row.integer(12)?,
        sent: row.integer(13)?,
        bounced: row.integer(14)?,
        version: row.integer(15)?,
        created_at: row.integer(16)?,
        updated_at: row.integer(17)?,
        warned_at: row.integer_or_null(18)?,
        paused_for_health: row.flag(19)?,
    }))
}

const SAVE: &str = "insert or replace into inbox
        (id, email, display_name, host, port, security, username, sealed_password, warmup, zone,
        paused_at, pause_reason, window_from, blocked_until, sent, bounced, version, created_at,
        updated_at, warned_at, paused_for_health)
    values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the inbox.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, inbox: &Inbox) -> Result<(), Fault> {
    let paused = inbox.paused.as_ref();
    let params: [Value; 20] = [
        (&inbox.email).into(),
        (&inbox.display_name).into(),
        (&inbox.smtp.host).into(),
        i64::from(inbox.smtp.port).into(),
        inbox.smtp.security.as_str().into(),
        (&inbox.smtp.username).into(),
        inbox.smtp.sealed_password.clone().into(),
        i64::from(inbox.warmup).into(),
        (&inbox.zone).into(),
        paused.map(|(at, _)| *at).into(),
        paused.map(|(_, reason)| reason).into(),
        inbox.window_from.into(),
        inbox.blocked_until.into(),
        inbox.sent.into(),
        inbox.bounced.into(),
        inbox.version.into(),
        inbox.created_at.into(),
        inbox.updated_at.into(),
        inbox.warned_at.into(),
        i64::from(inbox.paused_for_health).into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}
