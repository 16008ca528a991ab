//! Comments that leave as mail: how far they have come.

use crate::Millis;
use crate::ids::{CommentId, InboxId, SendId};
use crate::inbox::SendState;
use serde::{Deserialize, Serialize};

/// How far a comment has come that leaves as mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "MailDelivery"))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Where it is: `queued` until its end is known, then how it ended.
    pub state: SendState,
    /// The inbox that it leaves through.
    pub inbox_id: InboxId,
    /// The mail in the inbox's ledger, once the inbox has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_id: Option<SendId>,
    /// What went wrong, without addresses; those are in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Since when it is there.
    pub at: Millis,
}

/// The data of `comment.delivery`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentDelivery {
    /// The comment.
    pub comment_id: CommentId,
    /// How far it has come.
    pub delivery: Delivery,
}

/// An inbox tells what became of the mail that a comment is. For Postroom itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoteDelivery {
    /// The comment.
    pub comment_id: CommentId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub send_id: SendId,
    /// Its version: what is told later has a greater one.
    pub version: i64,
    /// The id in its header, without angle brackets.
    pub message_id: String,
    /// Where it is.
    pub state: SendState,
    /// What went wrong last.
    #[serde(default)]
    pub error: Option<String>,
}
