//! Comments that are written now and published later.

use super::comment::Visibility;
use crate::Millis;
use crate::ids::{AgentId, CommentId, TicketId};
use serde::{Deserialize, Serialize};

/// How far ahead a comment may be scheduled.
pub const AHEAD_MS_MAX: Millis = 365 * 24 * 60 * 60 * 1000;
/// How many comments may wait on one ticket.
pub const WAITING_MAX: i64 = 100;
/// How long a comment is held at most so that it can be taken back, in seconds.
pub const HOLD_SECONDS_MAX: i64 = 60;

/// A comment that waits. Published, it is a comment with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScheduledComment {
    /// The comment.
    pub id: CommentId,
    /// Where it will stand.
    pub ticket_id: TicketId,
    /// Who wrote it.
    pub author_id: AgentId,
    /// Who may see it.
    pub visibility: Visibility,
    /// What.
    pub body: String,
    /// When it is published.
    pub publish_at: Millis,
    /// Whether it is cancelled where the customer writes first.
    #[serde(default)]
    pub cancel_on_reply: bool,
    /// Whether it waits only so that it can be taken back: it counts as written, not scheduled.
    #[serde(default)]
    pub held: bool,
    /// The agents whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<AgentId>,
    /// When it was written.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// Why a comment will not be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CancelReason {
    /// Somebody cancelled it.
    Cancelled,
    /// The ticket was closed by the time.
    TicketClosed,
    /// Its author had lost the right to write by the time.
    AuthorRemoved,
    /// The customer wrote first.
    CustomerReplied,
    /// The ticket was deleted by the time.
    TicketDeleted,
}

/// The data of `scheduledComment.created` and `scheduledComment.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScheduledEvent {
    /// The comment after the change.
    pub scheduled_comment: ScheduledComment,
}

/// The data of `scheduledComment.cancelled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScheduledCancelled {
    /// The comment as it was; nothing of its text is lost.
    pub scheduled_comment: ScheduledComment,
    /// Why.
    pub reason: CancelReason,
}

/// Writes a comment that is published later, or holds one for a moment so that it can be taken back
/// (by cancelling it). Give `publishAt` or `holdSeconds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScheduleComment {
    /// Where.
    pub ticket_id: TicketId,
    /// What.
    pub body: String,
    /// Who may see it; public where absent.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// When: in the future, within a year.
    #[serde(default)]
    pub publish_at: Option<Millis>,
    /// For how long it is held: 1 to [`HOLD_SECONDS_MAX`]. Only for public comments.
    #[serde(default)]
    pub hold_seconds: Option<i64>,
    /// Whether it is cancelled where the customer writes first.
    #[serde(default)]
    pub cancel_on_reply: bool,
    /// The agents whom it mentions: active ones, at most [`super::comment::MENTIONS_MAX`].
    #[serde(default)]
    pub mentions: Vec<AgentId>,
}

/// Lists comments that wait, the next one first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListScheduledComments {
    /// Only those of this ticket.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Changes a comment that waits; what is absent stays. Its author may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeScheduledComment {
    /// The comment.
    pub comment_id: CommentId,
    /// The new text.
    #[serde(default)]
    pub body: Option<String>,
    /// Who may see it.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// The new time.
    #[serde(default)]
    pub publish_at: Option<Millis>,
    /// Whether it is cancelled where the customer writes first.
    #[serde(default)]
    pub cancel_on_reply: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Cancels a comment that waits. Its author may, and whoever manages the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CancelScheduledComment {
    /// The comment.
    pub comment_id: CommentId,
}
