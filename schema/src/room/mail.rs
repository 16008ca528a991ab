//! Mail that comes in: what the gateway read from it, and what became of it.

use crate::Millis;
use crate::ids::{CommentId, InboxId, TicketId};
use crate::report::MailReport;
use serde::{Deserialize, Serialize};

/// An address with the name before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailAddress {
    /// The name, where there is one.
    #[serde(default)]
    pub name: Option<String>,
    /// The address as the mail has it.
    pub address: String,
}

/// What kind of machine sent a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AutomaticKind {
    /// An auto-reply: out of office, receipt.
    AutoReply,
    /// A report of a mail that did not arrive.
    Bounce,
    /// A mailing list or newsletter.
    List,
    /// Our own mail, come back.
    OwnLoop,
}

/// That a machine sent a mail, and how one sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Automatic {
    /// What kind of machine.
    pub kind: AutomaticKind,
    /// What gave it away: `auto_submitted`.
    pub reason: String,
    /// Whether that is only a hint, such as the subject: the mail is marked, but otherwise taken
    /// for a person's.
    #[serde(default)]
    pub weak: bool,
}

/// How a check of a mail's sender went (RFC 8601 §2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AuthResult {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It does not, but whoever made the rule is not sure.
    SoftFail,
    /// There is a rule, and it says nothing.
    Neutral,
    /// There is nothing to check.
    None,
    /// It holds, and the server does not accept it.
    Policy,
    /// It could not be checked then.
    TempError,
    /// It cannot be checked.
    PermError,
}

impl AuthResult {
    /// The result of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "pass" => Self::Pass,
            "fail" | "hardfail" => Self::Fail,
            "softfail" => Self::SoftFail,
            "neutral" => Self::Neutral,
            "none" => Self::None,
            "policy" => Self::Policy,
            "temperror" => Self::TempError,
            "permerror" => Self::PermError,
            _ => return None,
        })
    }
}

/// What the server that took a mail in says about who sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Authenticity {
    /// The server. Another than the one that takes the workspace's mail in proves nothing.
    pub server: String,
    /// Whether the sending server may send for the address on the envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spf: Option<AuthResult>,
    /// Whether a signature holds; whose, it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim: Option<AuthResult>,
    /// Whether one of the two holds for the address that the mail is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dmarc: Option<AuthResult>,
}

/// What showed that a mail belongs to its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ThreadedBy {
    /// It answers a mail of the ticket's, by `In-Reply-To` or `References`.
    Reference,
    /// It is to an address with the ticket's token.
    Token,
    /// Its subject names the ticket, like `[#12]`. Anybody can write that.
    Tag,
    /// It is of the conversation of a mail of the ticket's, by `Thread-Index`.
    Conversation,
    /// Its sender wrote under the same subject before. Anybody can write that.
    Subject,
}

impl ThreadedBy {
    /// Whether who writes must have seen a mail of the ticket's. Anybody can guess a subject.
    #[must_use]
    pub const fn is_proof(self) -> bool {
        !matches!(self, Self::Tag | Self::Subject)
    }
}

/// What a comment that came by mail remembers of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailFacts {
    /// Where the mail as it came is kept; for Postroom's own use.
    pub raw_key: String,
    /// Its `Message-ID`, without brackets.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Who it says it is from.
    #[serde(default)]
    pub from: Option<MailAddress>,
    /// Who it is to.
    #[serde(default)]
    pub to: Vec<MailAddress>,
    /// Who else it is to.
    #[serde(default)]
    pub cc: Vec<MailAddress>,
    /// What it is about.
    #[serde(default)]
    pub subject: String,
    /// Whether the comment's body is only the beginning of the text.
    #[serde(default)]
    pub text_truncated: bool,
    /// That a machine sent it.
    #[serde(default)]
    pub automatic: Option<Automatic>,
    /// What the server that took it in says about who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticity: Option<Authenticity>,
    /// What showed that it belongs to its ticket; absent where it opened one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threaded_by: Option<ThreadedBy>,
    /// How many of its files are not listed with the comment, because there are too many; they are
    /// in the mail as it came.
    #[serde(default)]
    pub attachments_omitted: i64,
    /// When it says it was sent.
    #[serde(default)]
    pub sent_at: Option<Millis>,
    /// Whether the team sent it, with a mail program: it lay in the folder of sent mail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_sent: bool,
}

/// A file of a mail; its content is kept already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailAttachment {
    /// What the sender called it.
    #[serde(default)]
    pub file_name: String,
    /// What the sender says it is.
    #[serde(default)]
    pub content_type: String,
    /// Its size.
    pub bytes_count: i64,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// Where its content is kept.
    pub key: String,
    /// Its `Content-ID`.
    #[serde(default)]
    pub content_id: Option<String>,
    /// Whether it is part of the text.
    #[serde(default)]
    pub inline: bool,
    /// What its content itself shows that it is.
    #[serde(default)]
    pub media: Option<String>,
}

/// Takes in a mail that was read. The raw mail and its files are kept already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReceiveMail {
    /// Where the mail as it came is kept; stands for a `Message-ID` that is missing.
    pub raw_key: String,
    /// The inbox that read it; absent where it was routed to the Worker.
    #[serde(default)]
    pub inbox_id: Option<InboxId>,
    /// Its `Message-ID`, without brackets.
    #[serde(default)]
    pub message_id: Option<String>,
    /// What it answers, without brackets.
    #[serde(default)]
    pub in_reply_to: Vec<String>,
    /// The thread before it, oldest first, without brackets.
    #[serde(default)]
    pub references: Vec<String>,
    /// The conversation that it is of, by `Thread-Index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Who it says it is from.
    #[serde(default)]
    pub from: Option<MailAddress>,
    /// Who it is to.
    #[serde(default)]
    pub to: Vec<MailAddress>,
    /// Who else it is to.
    #[serde(default)]
    pub cc: Vec<MailAddress>,
    /// What it is about.
    #[serde(default)]
    pub subject: String,
    /// Its text.
    #[serde(default)]
    pub text: String,
    /// Whether `text` is only its beginning.
    #[serde(default)]
    pub text_truncated: bool,
    /// What of the text its writer wrote for this mail, where it is not all of it.
    #[serde(default)]
    pub visible_text: Option<String>,
    /// That a machine sent it.
    #[serde(default)]
    pub automatic: Option<Automatic>,
    /// What the server that took it in says about who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticity: Option<Authenticity>,
    /// What it reports about a mail that was sent.
    #[serde(default)]
    pub report: Option<MailReport>,
    /// Its files.
    #[serde(default)]
    pub attachments: Vec<MailAttachment>,
    /// When it says it was sent.
    #[serde(default)]
    pub sent_at: Option<Millis>,
    /// Whether the team sent it, with a mail program: it lay in the folder of sent mail. It is a
    /// comment of the team's where it answers a mail that is known, and nothing otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_sent: bool,
}

/// Asks where a mail that the team sent belongs. Permission: work, and Postroom itself. Reply:
/// [`MailThread`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetMailThread {
    /// Its `Message-ID`, without brackets.
    pub message_id: String,
    /// What it answers, the nearest first, without brackets.
    pub answers: Vec<String>,
}

/// Where a mail belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailThread {
    /// Whether the mail is known already.
    pub is_known: bool,
    /// The ticket of what it answers.
    pub ticket_id: Option<TicketId>,
}

/// Takes note of a mail that cannot be read. It is kept already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReportUnparseable {
    /// Where it is kept.
    pub raw_key: String,
    /// Why it cannot be read.
    pub reason: String,
    /// The inbox that read it; absent where it was routed to the Worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The envelope sender.
    #[serde(default)]
    pub envelope_from: Option<String>,
    /// The envelope recipient.
    #[serde(default)]
    pub envelope_to: Option<String>,
    /// Its size.
    #[serde(default)]
    pub bytes_count: i64,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum MailOutcome {
    /// It opened a ticket.
    Opened,
    /// It is a comment of a ticket that was there.
    Commented,
    /// It was here before; nothing changed.
    Duplicate,
    /// It is part of a loop; nothing but an event is kept in the room.
    Stopped,
    /// It cannot be read; it is listed.
    Unparseable,
    /// The team sent it, and it answers nothing that is known: nothing is kept in the room.
    Ignored,
}

/// The reply to a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailReceipt {
    /// What became of it.
    pub outcome: MailOutcome,
    /// Its ticket.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// Its comment.
    #[serde(default)]
    pub comment_id: Option<CommentId>,
}

/// The data of `mail.stopped`: a mail that came in and is not kept, or an automatic one of the
/// workspace's that does not leave, because it would be part of a loop. Of the latter, the first in
/// an hour to an address is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailStopped {
    /// What gave the loop away.
    pub reason: String,
    /// What the mail said about itself.
    pub mail: MailFacts,
}

/// A mail that could not be read; also in the data of `mail.unparseable`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnparseableMail {
    /// Grows from mail to mail.
    pub number: i64,
    /// Where it is kept.
    pub raw_key: String,
    /// Why it cannot be read.
    pub reason: String,
    /// The inbox that read it; absent where it was routed to the Worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The envelope sender.
    pub envelope_from: Option<String>,
    /// The envelope recipient.
    pub envelope_to: Option<String>,
    /// Its size.
    pub bytes_count: i64,
    /// When it came.
    pub received_at: Millis,
}

/// The data of `mail.unparseable`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailUnparseable {
    /// The mail.
    pub mail: UnparseableMail,
}

/// Lists the mails that could not be read, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListUnparseableMails {
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads one of them. Reply: [`UnparseableMail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetUnparseableMail {
    /// Which.
    pub number: i64,
}
