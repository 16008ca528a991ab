//! Commands and replies of the inbox: its transport, its send ledger, its health.
//!
//! A sealed password goes in and never comes out: no reply, event or summary has a field for it.

use crate::Millis;
use crate::delivery::{
    DeleteDeliveryWebhook, DeliveryWebhook, GetDeliveryKeys, MakeDeliveryWebhook, NoteDeliveries,
    RotateDeliverySecret,
};
use crate::ids::{InboxId, SendId};
use crate::mailbox::{
    ConnectMailbox, DisconnectMailbox, ForgetPassedOver, MailboxView, SyncMailbox,
};
use crate::microsoft::{ConnectMicrosoft, NoteChange};
use crate::report::RecordReport;
use serde::{Deserialize, Serialize};

mod health;
mod mail;
mod send;
mod transport;

pub use health::*;
pub use mail::*;
pub use send::*;
pub use transport::*;

/// How the key of a mail begins that is a comment; the comment's id follows.
pub const COMMENT_KEY: &str = "comment:";
/// How the key of a mail begins that is a step of a campaign.
pub const CAMPAIGN_KEY: &str = "campaign:";

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
