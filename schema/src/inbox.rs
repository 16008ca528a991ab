//! Commands and replies of the inbox: its transport, its send ledger, its health.
//!
//! A sealed password goes in and never comes out: no reply, event or summary has a field for it.

use crate::Millis;
use crate::delivery::{
    DeleteDeliveryWebhook, DeliveryWebhook, GetDeliveryKeys, MakeDeliveryWebhook, NoteDeliveries,
    RotateDeliverySecret, SendDelivery,
};
use crate::ids::{InboxId, ProspectId, SendId};
use crate::mailbox::{
    ConnectMailbox, DisconnectMailbox, ForgetPassedOver, MailboxView, SyncMailbox,
};
use crate::microsoft::{ConnectMicrosoft, NoteChange};
use crate::reject::Reject;
use crate::report::{RecordReport, SendReport};
use serde::{Deserialize, Serialize};

mod health;

pub use health::*;

/// How many recipients a mail may have, `to` and `cc` together.
pub const RECIPIENTS_MAX: usize = 50;
/// How many characters a subject may have: the longest line that mail allows.
pub const SUBJECT_CHARS_MAX: usize = 998;
/// How many bytes text and HTML may have together.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// How many references a mail may carry.
pub const REFERENCES_MAX: usize = 50;
/// How many bytes the files of a mail may have together.
pub const FILES_BYTES_MAX: i64 = 25 * 1024 * 1024;
/// How the key of a mail begins that is a comment; the comment's id follows.
pub const COMMENT_KEY: &str = "comment:";
/// How the key of a mail begins that is a step of a campaign.
pub const CAMPAIGN_KEY: &str = "campaign:";
/// The error of a mail that was taken back because it had not begun to leave in its time.
pub const TOO_LATE: &str = "it did not begin to leave in time";

/// What an inbox may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum InboxCommand {
    /// Makes the inbox; again with the same values it only renews the password. Permission:
    /// manage. Reply: [`InboxView`].
    Register(RegisterInbox),
    /// Makes the inbox of a mailbox at Microsoft, or lets the one that there is send through it.
    /// Permission: manage. Reply: [`InboxView`].
    ConnectMicrosoft(ConnectMicrosoft),
    /// Changes what is given. Permission: manage. Reply: [`InboxView`].
    Configure(ConfigureInbox),
    /// Takes a mail to send. Permission: work; for Postroom itself, where it is a comment or has
    /// files. Reply: [`SendView`].
    Send(SendMail),
    /// Tells of one mail. Permission: read. Reply: [`SendView`].
    GetSend(GetSend),
    /// Lists mails, newest first. Permission: read. Reply: [`SendPage`].
    ListSends(ListSends),
    /// Takes a mail back that has not begun to leave. Permission: work. Reply: [`SendView`].
    CancelSend(GetSend),
    /// A person found out what became of a mail. Permission: manage. Reply: [`SendView`].
    ResolveUnknown(ResolveUnknown),
    /// A mail came back, or was complained about. For Postroom itself. Reply:
    /// [`crate::report::ReportNoted`].
    RecordReport(RecordReport),
    /// Graph tells of new mail. For Postroom itself. Reply: [`crate::microsoft::ChangeNoted`].
    NoteChange(NoteChange),
    /// Stops sending. Permission: manage. Reply: [`InboxView`].
    Pause(PauseInbox),
    /// Sends again: the only way out of a pause, for a person only. Permission: manage. Reply:
    /// [`InboxView`].
    Resume(ResumeInbox),
    /// Tells how the inbox is. Permission: read. Reply: [`InboxView`].
    Status(GetInbox),
    /// Reads a mailbox from now on. Permission: manage. Reply: [`InboxView`].
    ConnectMailbox(ConnectMailbox),
    /// Reads none any more. Permission: manage. Reply: [`InboxView`].
    DisconnectMailbox(DisconnectMailbox),
    /// Reads the mailbox at once. Permission: manage. Reply: [`crate::mailbox::SyncBegun`].
    SyncMailbox(SyncMailbox),
    /// A mail that reading passed over was taken in after all: it is listed no more. Permission:
    /// manage. Reply: [`InboxView`].
    ForgetPassedOver(ForgetPassedOver),
    /// Makes the endpoint by which a relay tells what became of mail. Permission: manage. Reply:
    /// [`DeliveryWebhook`].
    MakeDeliveryWebhook(MakeDeliveryWebhook),
    /// Replaces its secret. Permission: manage. Reply: [`DeliveryWebhook`].
    RotateDeliverySecret(RotateDeliverySecret),
    /// Takes it away. Permission: manage. Reply: [`DeliveryWebhook`].
    DeleteDeliveryWebhook(DeleteDeliveryWebhook),
    /// Asks which secrets are good. For Postroom itself. Reply: [`crate::delivery::DeliveryKeys`].
    GetDeliveryKeys(GetDeliveryKeys),
    /// A relay tells what became of mails. For Postroom itself. Reply:
    /// [`crate::delivery::DeliveriesNoted`].
    NoteDeliveries(NoteDeliveries),
}

/// How the connection to a server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// TLS from the first byte.
    ImplicitTls,
    /// TLS after STARTTLS; without it nothing is sent.
    Starttls,
    /// None; for test servers on loopback only.
    Plain,
}

impl Security {
    /// The name on the wire, in SQL and in a mail job.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImplicitTls => "implicit_tls",
            Self::Starttls => "starttls",
            Self::Plain => "plain",
        }
    }

    /// The security of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ImplicitTls, Self::Starttls, Self::Plain]
            .into_iter()
            .find(|one| one.as_str() == name)
    }
}

/// How an inbox sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// Through an SMTP server.
    Smtp(SmtpTransport),
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Smtp(smtp) = self;
        write!(f, "Smtp({}:{})", smtp.host, smtp.port)
    }
}

/// See [`Transport::Smtp`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SmtpTransport {
    /// Host name.
    pub host: String,
    /// Port; 25 is blocked for Workers.
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

/// See [`InboxCommand::Register`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegisterInbox {
    /// The address that it sends from.
    pub email: String,
    /// The name beside the address.
    #[serde(default)]
    pub display_name: String,
    /// How it sends.
    pub transport: Transport,
    /// Whether it is young: then the warm-up's allowance holds.
    pub warmup: bool,
    /// IANA name; its midnight renews the allowance.
    pub time_zone: String,
}

/// See [`InboxCommand::Configure`]; what is missing stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigureInbox {
    /// The name beside the address.
    #[serde(default)]
    pub display_name: Option<String>,
    /// How it sends.
    #[serde(default)]
    pub transport: Option<Transport>,
    /// Whether the warm-up's allowance holds.
    #[serde(default)]
    pub warmup: Option<bool>,
    /// IANA name.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// See [`InboxCommand::Send`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendMail {
    /// The idempotency key: in this inbox it names this mail, for ever.
    pub key: String,
    /// The mail.
    pub mail: NewMail,
}

/// A mail, as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewMail {
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses.
    #[serde(default)]
    pub cc: Vec<String>,
    /// One line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    #[serde(default)]
    pub html: Option<String>,
    /// The message id that it answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// The message ids of the thread, oldest first.
    #[serde(default)]
    pub references: Vec<String>,
    /// Set for outreach: then the prospect is asked for permission first.
    #[serde(default)]
    pub prospect: Option<Outreach>,
    /// No person wrote it: it says so (`Auto-Submitted: auto-generated`), and no machine answers.
    // Left out where it is not so: the hash of a mail that was taken before this field was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Its files; for Postroom's own use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub files: Vec<MailFile>,
    /// What stands behind a plus in the inbox's address where answers are asked to go; for
    /// Postroom's own use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub reply_tag: Option<String>,
    /// Not begun to leave by then, it is taken back; for Postroom's own use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub leave_by: Option<Millis>,
    /// Where its reader opts out with one click: an address that takes a POST; for Postroom's own
    /// use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub opt_out_url: Option<String>,
}

/// A file of a mail that leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailFile {
    /// What it is called.
    pub file_name: String,
    /// What it is.
    pub content_type: String,
    /// Its size.
    pub bytes_count: i64,
    /// Where its content is kept.
    pub key: String,
}

/// Which step of which campaign a mail is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Outreach {
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The campaign.
    pub campaign: String,
    /// The step, from 1.
    pub step: i64,
}

/// See [`InboxCommand::GetSend`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetSend {
    /// The mail.
    pub send_id: SendId,
}

/// See [`InboxCommand::ListSends`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListSends {
    /// Only mails in this state.
    #[serde(default)]
    pub state: Option<SendState>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<SendId>,
    /// 1 to 100; 50 where it is missing.
    #[serde(default)]
    pub limit: Option<i64>,
}

/// See [`InboxCommand::ResolveUnknown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ResolveUnknown {
    /// The mail.
    pub send_id: SendId,
    /// What became of it.
    pub outcome: Resolution,
}

/// What became of a mail, as a person found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Resolution {
    /// It left.
    Sent,
    /// It did not; it may be sent anew under another key.
    NotSent,
}

/// See [`InboxCommand::Pause`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PauseInbox {
    /// Why, for the team.
    pub reason: String,
}

/// See [`InboxCommand::Resume`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ResumeInbox {}

/// See [`InboxCommand::Status`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetInbox {}

/// Where a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SendState {
    /// It waits: for a slot of the warm-up, or for the inbox to be resumed.
    Queued,
    /// It has a slot.
    Reserved,
    /// The prospect may be written to, where it is outreach; it leaves next.
    Permitted,
    /// It is under way.
    Sending,
    /// The server took it.
    Sent,
    /// The prospect may not be written to; it never left.
    Refused,
    /// It could not be sent, for certain.
    Failed,
    /// It may have left; a person must find out.
    Unknown,
    /// It came back, or the server refused its recipient.
    Bounced,
    /// It was taken back before it left.
    Cancelled,
}

impl SendState {
    /// All states.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Reserved,
        Self::Permitted,
        Self::Sending,
        Self::Sent,
        Self::Refused,
        Self::Failed,
        Self::Unknown,
        Self::Bounced,
        Self::Cancelled,
    ];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reserved => "reserved",
            Self::Permitted => "permitted",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Bounced => "bounced",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it has not begun to leave.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Queued | Self::Reserved | Self::Permitted)
    }
}

/// A mail, as the API shows it: without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendView {
    /// The mail.
    pub id: SendId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Where it is.
    pub state: SendState,
    /// Grows with each change.
    pub version: i64,
    /// The message id in its header, without angle brackets.
    pub message_id: String,
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses.
    pub cc: Vec<String>,
    /// One line.
    pub subject: String,
    /// Set for outreach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospect: Option<Outreach>,
    /// How often it was handed to the transport.
    pub attempts: i64,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Before when it is not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    /// When it was asked for.
    pub queued_at: Millis,
    /// When it left, or may have, or its recipient was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Millis>,
    /// When it came to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Millis>,
    /// What was reported of it since: that it came back, or that its reader complained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<SendReport>,
    /// How far it has come at each recipient of whom anything was told since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<SendDelivery>,
}

/// A page of mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendPage {
    /// Newest first.
    pub sends: Vec<SendView>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<SendId>,
}

/// Whether an inbox sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum InboxStatus {
    /// It does.
    Active,
    /// It does not, until somebody resumes it.
    Paused,
}

impl InboxStatus {
    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

/// An inbox, as the API shows it: without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InboxView {
    /// The inbox.
    pub id: InboxId,
    /// Grows with each change.
    pub version: i64,
    /// The address that it sends from.
    pub email: String,
    /// The name beside the address.
    pub display_name: String,
    /// `smtp` or `microsoft`.
    pub transport: String,
    /// Host name of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// The account.
    pub username: String,
    /// Whether the warm-up's allowance holds.
    pub warmup: bool,
    /// IANA name.
    pub time_zone: String,
    /// Whether it sends.
    pub status: InboxStatus,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_reason: Option<String>,
    /// Since when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Millis>,
    /// What keeps mail from leaving although it is active; it goes on by itself once that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport_error: Option<String>,
    /// Since when that keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport_error_since: Option<Millis>,
    /// How it is.
    pub health: Health,
    /// Mails that have not begun to leave.
    pub waiting: i64,
    /// Mails of which nobody knows whether they left.
    pub unknown: i64,
    /// Mails that left since the beginning.
    pub sent: i64,
    /// Mails that came back since the beginning.
    pub bounced: i64,
    /// The mailbox that it reads, where it reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<MailboxView>,
    /// The endpoint by which a relay tells what became of its mail, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_webhook: Option<DeliveryWebhook>,
    /// When it was registered.
    pub created_at: Millis,
}

/// What a secret `SMTP_INBOX_n` says.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSecret {
    /// The address, which is also the account.
    pub email: String,
    /// The password, in the clear: to be sealed at once.
    pub password: String,
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is secured, by the port.
    pub security: Security,
    /// The name beside the address.
    pub display_name: String,
}

impl std::fmt::Debug for SmtpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpSecret({} at {}:{})", self.email, self.host, self.port)
    }
}

/// Reads `email|password|host|port|displayName`. A password may hold `|`, the rest may not. Port
/// 465 means TLS from the first byte, a test server on loopback none, any other port STARTTLS.
///
/// # Errors
/// `invalid_input` naming the part that is wrong; it never shows the password.
pub fn parse_secret(secret: &str) -> Result<SmtpSecret, Reject> {
    let shape = || Reject::field("secret", "must read email|password|host|port|displayName");
    let (email, rest) = secret.trim().split_once('|').ok_or_else(shape)?;
    let mut parts = rest.rsplitn(4, '|');
    let mut part = || parts.next().ok_or_else(shape);
    let (display_name, port, host, password) = (part()?, part()?, part()?, part()?);
    if password.is_empty() {
        return Err(Reject::field("password", "must not be empty"));
    }
    if password.chars().any(char::is_control) {
        return Err(Reject::field("password", "must not contain control characters"));
    }
    let host = host_name("host", host)?;
    let number = port.trim().parse::<u16>().ok().filter(|number| *number > 0);
    let port = number.ok_or_else(|| Reject::field("port", "must be a number from 1 to 65535"))?;
    let security = match port {
        465 => Security::ImplicitTls,
        587 => Security::Starttls,
        _ if is_loopback(&host) => Security::Plain,
        _ => Security::Starttls,
    };
    let display_name = display_name.trim();
    if !display_name.is_empty() {
        crate::check::line("displayName", display_name, 200)?;
    }
    check_way(&host, port, security)?;
    Ok(SmtpSecret {
        email: crate::check::email("email", email)?,
        password: password.to_owned(),
        host,
        port,
        security,
        display_name: display_name.to_owned(),
    })
}

/// Checks that a server can be reached and is reached safely.
///
/// # Errors
/// `invalid_input` for port 25, which is blocked for Workers, and for an open connection to
/// anything but loopback.
pub fn check_way(host: &str, port: u16, security: Security) -> Result<(), Reject> {
    if port == 0 || (port == 25 && !is_loopback(host)) {
        return Err(Reject::field("port", "must be 465 or 587 as a rule; 25 is blocked"));
    }
    if security == Security::Plain && !is_loopback(host) {
        return Err(Reject::field("security", "must be implicit_tls or starttls"));
    }
    Ok(())
}

/// A host name or an IP address, lower-cased.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn host_name(field: &str, value: &str) -> Result<String, Reject> {
    let host = value.trim().to_ascii_lowercase();
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | ':' | '_');
    if host.is_empty() || host.len() > 253 || host.chars().any(odd) {
        return Err(Reject::field(field, "must be a host name"));
    }
    Ok(host)
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_with_bars_in_its_password() {
        let secret = parse_secret("Ann@Example.com|p|a|ss|smtp.example.com|587|Ann Lee\n");
        let secret = secret.expect("it is right");
        assert_eq!(secret.email, "ann@example.com");
        assert_eq!(secret.password, "p|a|ss");
        assert_eq!((secret.port, secret.security), (587, Security::Starttls));
        assert_eq!(secret.display_name, "Ann Lee");
        assert!(!format!("{secret:?}").contains("p|a|ss"));
        let implicit = parse_secret("a@b.co|x|smtp.b.co|465|").expect("no name is all right");
        assert_eq!(implicit.security, Security::ImplicitTls);
        let plain = parse_secret("a@b.co|x|127.0.0.1|2525|T").expect("loopback");
        assert_eq!(plain.security, Security::Plain);
    }

    #[test]
    fn a_wrong_secret_names_its_part_and_hides_the_password() {
        let wrong = [
            ("", "secret"),
            ("a@b.co|hunter2", "secret"),
            ("a@b.co|hunter2|host|587", "secret"),
            ("nobody|hunter2|host.co|587|N", "email"),
            ("a@b.co||host.co|587|N", "password"),
            ("a@b.co|hunter2||587|N", "host"),
            ("a@b.co|hunter2|ho st|587|N", "host"),
            ("a@b.co|hunter2|host.co|smtp|N", "port"),
            ("a@b.co|hunter2|host.co|0|N", "port"),
            ("a@b.co|hunter2|host.co|65536|N", "port"),
            ("a@b.co|hunter2|host.co|25|N", "port"),
            ("a@b.co|hunter2|host.co|587|N\rBcc: x", "displayName"),
        ];
        for (secret, field) in wrong {
            let reject = parse_secret(secret).expect_err(secret);
            let named = reject.details.as_ref().map(|details| details["field"].clone());
            assert_eq!(named, Some(field.into()), "{secret}");
            assert!(!format!("{reject:?}").contains("hunter2"), "{secret}");
        }
    }

    #[test]
    fn names_of_states_are_those_of_the_wire() {
        for state in SendState::ALL {
            let json = serde_json::to_string(&state).expect("a word");
            assert_eq!(json, format!("\"{}\"", state.as_str()));
            assert_eq!(SendState::parse(state.as_str()), Some(state));
        }
        for kind in crate::limiter::LimitKind::ALL {
            let json = serde_json::to_string(&kind).expect("a word");
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
        }
    }
}
