//! What mail systems and readers report of mail that was sent: bounces and complaints.
//!
//! Anybody can write a report. It counts once it names a mail that left, and an address that this
//! mail went to: what only those know who sent it, carried it or got it.

use crate::Millis;
use crate::ids::{CommentId, InboxId, SendId};
use serde::{Deserialize, Serialize};

/// How many inboxes are asked whether a report is about a mail of theirs.
pub const REPORT_INBOXES_MAX: usize = 3;

/// What is to be done about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ReportClass {
    /// The address is bad for good: nothing is sent to it again.
    Hard,
    /// This mail did not arrive; another may.
    Soft,
    /// The sender, its server or the content was refused: counts for the inbox, not the address.
    Block,
    /// The reader calls the mail spam, or wants no more of them.
    Complaint,
    /// The server still tries.
    Delayed,
    /// About a mail, but neither a failure nor a complaint: an authentication report.
    Notice,
}

impl ReportClass {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Block => "block",
            Self::Complaint => "complaint",
            Self::Delayed => "delayed",
            Self::Notice => "notice",
        }
    }

    /// How much it changes, the least first; nothing where it is 0.
    #[must_use]
    pub const fn weight(self) -> i64 {
        match self {
            Self::Delayed | Self::Notice => 0,
            Self::Soft | Self::Block => 1,
            Self::Hard => 2,
            Self::Complaint => 3,
        }
    }
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ReportReason {
    /// There is no such mailbox.
    UserUnknown,
    /// There is no such domain.
    HostUnknown,
    /// The mailbox is elsewhere now.
    Moved,
    /// The domain takes no mail at all (RFC 7505, SMTP code 521).
    NoMail,
    /// The mailbox is full.
    MailboxFull,
    /// The mailbox is switched off, for now or for good.
    Suspended,
    /// The mail is too large for the mailbox or for the server.
    TooLarge,
    /// The server could not be reached, or gave up trying.
    Expired,
    /// The mail system has a fault: disk, configuration, loops.
    System,
    /// The recipient's filter refused the mail, perhaps pretending that there is no such mailbox.
    Filtered,
    /// The sender, its server or the content was refused.
    Policy,
    /// A feedback report.
    Feedback,
    /// A request to get no more mail.
    Unsubscribe,
    /// It was not said, or not understood.
    Unknown,
}

/// The fate of a mail at one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReportedRecipient {
    /// The address that failed, or that complains; empty where a complaint does not tell.
    pub address: String,
    /// The address that was written to, where the mail was forwarded from there.
    #[serde(default)]
    pub original_address: Option<String>,
    /// What it means for the address and for the inbox.
    pub class: ReportClass,
    /// Why.
    pub reason: ReportReason,
    /// The enhanced status code (RFC 3463), `5.1.1`: the most telling of those that were given.
    #[serde(default)]
    pub status: Option<String>,
    /// The SMTP reply code, 400 to 599.
    #[serde(default)]
    pub reply_code: Option<u16>,
    /// What the refusing server said: one line.
    #[serde(default)]
    pub diagnostic: String,
}

/// A report that came by mail, as the gateway read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailReport {
    /// The inboxes that may have sent the mail, the likeliest first; at most
    /// [`REPORT_INBOXES_MAX`] are asked.
    pub inboxes: Vec<InboxId>,
    /// What it says.
    pub report: RecordReport,
}

/// Takes note of a report about a mail that an inbox may have sent. One of the two ids is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordReport {
    /// The mail, by the token that it carries.
    #[serde(default)]
    pub send_id: Option<SendId>,
    /// The mail, by its `Message-ID`, without brackets; looked at where there is no token.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Whom it is about.
    pub recipients: Vec<ReportedRecipient>,
    /// Whether it is known who says so: a relay that signs, or a mail that passed DMARC, as far as
    /// its topmost `Authentication-Results` is the server's own. Only then does a complaint count
    /// against the inbox.
    #[serde(default)]
    pub is_proven: bool,
}

/// What the ledger keeps of the report that counted last for a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendReport {
    /// What it means: `hard`, `soft`, `block` or `complaint`.
    pub class: ReportClass,
    /// Why.
    pub reason: ReportReason,
    /// The recipient of the mail whom it is about.
    pub address: String,
    /// The enhanced status code, such as `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What the refusing server said: one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub diagnostic: String,
    /// When it was taken note of.
    pub at: Millis,
}

/// The reply to [`RecordReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReportNoted {
    /// The mail.
    pub send_id: SendId,
    /// What it changed; absent where as much was known before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<SendReport>,
}

/// The data of `mail.bounced` and `mail.complained`; and what an inbox tells its room that a relay
/// reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailReported {
    /// The inbox that sent the mail.
    pub inbox_id: InboxId,
    /// The mail.
    pub send_id: SendId,
    /// What is reported of it.
    pub report: SendReport,
    /// The comment that shows the report as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment_id: Option<CommentId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_are_those_of_the_wire() {
        use ReportClass::{Block, Complaint, Delayed, Hard, Notice, Soft};
        for class in [Hard, Soft, Block, Complaint, Delayed, Notice] {
            let json = serde_json::to_string(&class).expect("a word");
            assert_eq!(json, format!("\"{}\"", class.as_str()));
        }
    }
}
