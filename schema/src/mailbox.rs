//! The mailbox that an inbox reads: how it is reached, how far it has been read, how it is.
//!
//! A sealed password goes in and never comes out, as for [`crate::inbox`].

use crate::Millis;
use crate::ids::InboxId;
use crate::inbox::{Security, host_name, is_loopback};
use crate::reject::Reject;
use serde::{Deserialize, Serialize};

/// How often a mailbox is read where nobody says: every three minutes.
pub const EVERY_MINUTES: i64 = 3;
/// The longest time between two readings.
pub const EVERY_MINUTES_MAX: i64 = 60;
/// How far back mail is taken at most.
pub const SINCE_MS_MAX: Millis = 30 * 24 * 60 * 60 * 1000;
/// So long without a reading that succeeded, and the mailbox counts as stalled; where it is seldom
/// read, after three times that were due.
pub const STALLED_MS: Millis = 15 * 60 * 1000;
/// How many mails that were passed over are shown, the latest.
pub const PASSED_OVER_MAX: i64 = 20;

/// Where a mailbox is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailboxProvider {
    /// At a server that speaks IMAP.
    #[default]
    Imap,
    /// At Microsoft, where its inbox has logged in.
    Microsoft,
}

impl MailboxProvider {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Microsoft => "microsoft",
        }
    }

    /// The one of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Imap, Self::Microsoft].into_iter().find(|it| it.as_str() == name)
    }
}

/// A folder that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailFolder {
    /// What arrives.
    Inbox,
    /// What was sent, from wherever: answers that somebody wrote with a mail program are here.
    Sent,
}

impl MailFolder {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Sent => "sent",
        }
    }

    /// The one of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Inbox, Self::Sent].into_iter().find(|it| it.as_str() == name)
    }
}

/// See [`crate::inbox::InboxCommand::ConnectMailbox`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConnectMailbox {
    /// How it is reached by IMAP; absent for the one at Microsoft.
    #[serde(default)]
    pub imap: Option<ImapAccount>,
    /// Minutes from one reading to the next.
    pub every_minutes: i64,
    /// Mail that the server got before is not taken; now where it is missing.
    #[serde(default)]
    pub since: Option<Millis>,
}

/// An account at a server that speaks IMAP.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImapAccount {
    /// Host name of the IMAP server.
    pub host: String,
    /// Its port: 993 as a rule, or 143 with STARTTLS.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// The account.
    pub username: String,
    /// The password, sealed by the gateway.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<u8>"))]
    pub sealed_password: Vec<u8>,
}

impl std::fmt::Debug for ImapAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImapAccount({}:{})", self.host, self.port)
    }
}

/// See [`crate::inbox::InboxCommand::DisconnectMailbox`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DisconnectMailbox {}

/// See [`crate::inbox::InboxCommand::SyncMailbox`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SyncMailbox {}

/// See [`crate::inbox::InboxCommand::ForgetPassedOver`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ForgetPassedOver {
    /// The folder that it lies in.
    pub folder: MailFolder,
    /// Its id there.
    pub id: String,
}

/// The reply to [`SyncMailbox`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncBegun {
    /// Once so many readings have ended, the one that was asked for has.
    pub readings: i64,
    /// The mailbox before it.
    pub mailbox: MailboxView,
}

/// How a mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum MailboxState {
    /// It has not been read to its end yet.
    Pending,
    /// The latest reading succeeded.
    Active,
    /// The latest reading failed; it is tried again ever more slowly.
    Failing,
    /// No reading has succeeded for a quarter of an hour, or three times that were due, or the
    /// server refuses us for good.
    Stalled,
}

/// A mail that could not be taken in, and that reading has passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PassedOver {
    /// The folder that it lies in.
    pub folder: MailFolder,
    /// Its id there: Microsoft's, or `UIDVALIDITY/UID`.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Where it is kept; absent where the server did not give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_key: Option<String>,
    /// When.
    pub at: Millis,
}

/// A mailbox, as the API shows it: without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailboxView {
    /// Where it is.
    pub provider: MailboxProvider,
    /// Host name of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// The account.
    pub username: String,
    /// Minutes from one reading to the next.
    pub every_minutes: i64,
    /// Mail that the server got before is not taken.
    pub since: Millis,
    /// How it is.
    pub state: MailboxState,
    /// When it was last read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<Millis>,
    /// How long ago that is, or that it was connected.
    pub lag_ms: Millis,
    /// Since when it is stalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalled_since: Option<Millis>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many readings have failed since one succeeded.
    pub failures: i64,
    /// When the next reading is due; absent while one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_sync_at: Option<Millis>,
    /// How many readings have ended.
    pub readings: i64,
    /// How many mails were taken in.
    pub taken: i64,
    /// How many mails were known already.
    pub duplicates: i64,
    /// Mails that could not be taken in, the latest first.
    pub passed_over: Vec<PassedOver>,
}

/// How a mailbox is, as its inbox tells the room: it has stalled, or works again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoteMailbox {
    /// Whose mailbox.
    pub inbox_id: InboxId,
    /// The inbox's address.
    pub email: String,
    /// Since when it is stalled; absent where it works again.
    #[serde(default)]
    pub stalled_since: Option<Millis>,
    /// What is wrong.
    #[serde(default)]
    pub error: Option<String>,
}

/// The data of `mailbox.stalled` and `mailbox.recovered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailboxNoted {
    /// Whose mailbox.
    pub inbox_id: InboxId,
    /// The inbox's address.
    pub email: String,
    /// Since when it is stalled; null where it works again.
    pub stalled_since: Option<Millis>,
    /// What is wrong; null where nothing is.
    pub error: Option<String>,
}

/// A host name that a mailbox can be read from, lower-cased, where it is reached safely.
///
/// # Errors
/// `invalid_input` naming the field: an open connection to anything but loopback is one.
pub fn check_way(host: &str, port: u16, security: Security) -> Result<String, Reject> {
    let host = host_name("host", host)?;
    if port == 0 {
        return Err(Reject::field("port", "must be 993 or 143 as a rule"));
    }
    if security == Security::Plain && !is_loopback(&host) {
        return Err(Reject::field("security", "must be implicit_tls or starttls"));
    }
    Ok(host)
}

/// How often a mailbox may be read.
///
/// # Errors
/// `invalid_input`.
pub fn check_every(minutes: i64) -> Result<i64, Reject> {
    if (1..=EVERY_MINUTES_MAX).contains(&minutes) {
        return Ok(minutes);
    }
    Err(Reject::field("everyMinutes", "must be from 1 to 60: 1 where replies matter, else 3"))
}

/// From when on mail is taken.
///
/// # Errors
/// `invalid_input` for the future, and for more than 30 days ago.
pub fn check_since(since: Option<Millis>, now: Millis) -> Result<Millis, Reject> {
    let since = since.unwrap_or(now);
    // A client's clock may be ahead of ours.
    if (now - SINCE_MS_MAX..=now + 60_000).contains(&since) {
        return Ok(since.min(now));
    }
    Err(Reject::field("since", "must be a time of the last 30 days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_safely_or_not_at_all() {
        let checked = |host, port, security| check_way(host, port, security).is_ok();
        assert!(checked("IMAP.example.com", 993, Security::ImplicitTls));
        assert!(checked("imap.example.com", 143, Security::Starttls));
        assert!(checked("127.0.0.1", 143, Security::Plain));
        assert!(!checked("imap.example.com", 143, Security::Plain));
        assert!(!checked("imap.example.com", 0, Security::ImplicitTls));
        assert!(!checked("imap example.com", 993, Security::ImplicitTls));
    }

    #[test]
    fn mail_is_taken_from_now_on_or_from_at_most_thirty_days_ago() {
        let now = 100 * SINCE_MS_MAX;
        assert_eq!(check_since(None, now), Ok(now));
        assert_eq!(check_since(Some(now - SINCE_MS_MAX), now), Ok(now - SINCE_MS_MAX));
        assert_eq!(check_since(Some(now + 1), now), Ok(now), "a clock that is ahead");
        assert!(check_since(Some(now - SINCE_MS_MAX - 1), now).is_err());
        assert!(check_since(Some(now + 60_001), now).is_err());
        for (minutes, right) in [(0, false), (1, true), (60, true), (61, false)] {
            assert_eq!(check_every(minutes).is_ok(), right, "{minutes}");
        }
    }
}
