//! Comments: the entries of a ticket.

use super::delivery::Delivery;
use super::mail::MailFacts;
use super::ticket::{Source, TicketMark};
use crate::Millis;
use crate::event::By;
use crate::ids::{AgentId, AttachmentId, CommentId, TicketId};
use serde::{Deserialize, Serialize};

/// The longest body, in bytes of UTF-8.
pub const BODY_BYTES_MAX: usize = 65_536;
/// How many agents a comment mentions at most.
pub const MENTIONS_MAX: usize = 20;

/// Who may see a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// The customer too.
    Public,
    /// Only the team: it never leaves in any mail.
    Private,
}

impl Visibility {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }

    /// The visibility of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Public, Self::Private].into_iter().find(|one| one.as_str() == name)
    }
}

/// An entry of a ticket. It is never changed; of a person who is erased, it loses body and files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// The comment.
    pub id: CommentId,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The number of its `comment.created` event: comments of a ticket are in this order. It is
    /// below zero where the comment was imported.
    pub seq: i64,
    /// Who said it.
    pub author: By,
    /// Who may see it.
    pub visibility: Visibility,
    /// What was said: plain text.
    pub body: String,
    /// The body of a mail without the quotes and signatures in it, where it has any: what to show
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_body: Option<String>,
    /// How it came in.
    pub source: Source,
    /// Whether a machine said it: an auto-reply, a bounce, a mailing list.
    pub automatic: bool,
    /// The files that came with it.
    pub attachments: Vec<Attachment>,
    /// What the mail said about itself, where it came by mail; where it leaves by mail, to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailFacts>,
    /// How far it has come, where it leaves as mail; `mail` says to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// The agents whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<AgentId>,
    /// When it was taken in.
    pub created_at: Millis,
}

/// A file that came with a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The file.
    pub id: AttachmentId,
    /// What its sender called it; never a path.
    pub file_name: String,
    /// What its sender says it is.
    pub content_type: String,
    /// Its size.
    pub bytes_count: i64,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// Where its content is kept; for Postroom's own use.
    pub key: String,
    /// Its `Content-ID`, where the text points to it.
    pub content_id: Option<String>,
    /// Whether it is part of the text.
    pub inline: bool,
    /// What its content itself shows that it is, such as `image/png`; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
}

/// The data of `comment.created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentCreated {
    /// The comment.
    pub comment: Comment,
    /// What it changed about its ticket.
    pub ticket: TicketMark,
}

/// Writes a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PostComment {
    /// Where.
    pub ticket_id: TicketId,
    /// What: 1 to [`BODY_BYTES_MAX`] bytes.
    pub body: String,
    /// Who may see it; public where absent.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// Files that the caller has uploaded, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachment_ids: Vec<AttachmentId>,
    /// The agents whom it mentions: active ones, at most [`MENTIONS_MAX`].
    #[serde(default)]
    pub mentions: Vec<AgentId>,
    /// Whom it goes to as mail, instead of the ticket's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<String>>,
    /// Who gets a copy, instead of all whom the user last wrote to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc: Option<Vec<String>>,
}

/// Reads a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetComment {
    /// The comment.
    pub comment_id: CommentId,
}

/// Lists a ticket's comments, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListComments {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Only those after this `seq`.
    #[serde(default)]
    pub after: Option<i64>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Finds a file that came with a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetAttachment {
    /// The file.
    pub attachment_id: AttachmentId,
}
