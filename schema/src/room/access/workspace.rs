//! A workspace and its settings.

use crate::Millis;
use crate::ids::{InboxId, WorkspaceId};
use crate::room::present;
use serde::{Deserialize, Serialize};

/// A workspace, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// The IANA name of the time zone that its reports have days of; `UTC` until it is changed.
    #[serde(default)]
    pub time_zone: String,
    /// The inbox that public comments leave through on tickets that have none of their own; where
    /// it is absent, those leave as no mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_inbox_id: Option<InboxId>,
    /// Whether answers to comments that leave as mail are asked to go to the inbox's address with a
    /// token, like `help+t.<token>@…`: for mailboxes whose server takes what stands behind a plus.
    #[serde(default)]
    pub reply_tokens: bool,
    /// Within how many days of the last comment a mail under the same subject joins its sender's
    /// ticket, though it names none of the mails before it; none does where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_by_subject_days: Option<i64>,
    /// For how many days after it was solved an answer opens a ticket again; later, it opens one
    /// that follows it. Where this is absent, however late. What is closed is always followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen_days: Option<i64>,
    /// Whether an answer under a wholly new subject opens a ticket that follows the old one.
    #[serde(default)]
    pub new_subject_opens: bool,
    /// Whether the signature of the agent who wrote a comment, else that of the ticket's team, else
    /// the workspace's, stands below it where it leaves as mail, unless it holds it already.
    #[serde(default)]
    pub sign_replies: bool,
    /// Whether responses say in a `Server-Timing` header what they cost: rows read and written by
    /// the actors that were asked, and how many calls those were.
    #[serde(default)]
    pub server_timing: bool,
    /// Grows with each change.
    pub version: i64,
    /// When it was registered.
    pub created_at: Millis,
    /// When it was changed last.
    pub updated_at: Millis,
}

/// The data of `workspace.created` and `workspace.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceEvent {
    /// After the change.
    pub workspace: Workspace,
}

/// Shows the workspace. Reply: [`Workspace`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct GetWorkspace {}

/// The most days that a workspace can say how mail is brought to tickets within.
pub const THREAD_DAYS_MAX: i64 = 3_650;

/// Changes the workspace; what is absent stays. Reply: [`Workspace`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeWorkspace {
    /// What it is called from now on; 1 to 200 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// The IANA name of its time zone from now on, like `Europe/Rome`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The inbox that public comments leave through on tickets that have none; null for none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub reply_inbox_id: Option<Option<InboxId>>,
    /// Whether answers are asked to go to an address with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_tokens: Option<bool>,
    /// Within how many days a mail under the same subject joins its sender's ticket, 1 to 3,650;
    /// null where none does.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub thread_by_subject_days: Option<Option<i64>>,
    /// For how many days after it was solved an answer opens a ticket again, 1 to 3,650; null for
    /// ever.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub reopen_days: Option<Option<i64>>,
    /// Whether an answer under a wholly new subject opens a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_subject_opens: Option<bool>,
    /// Whether a signature stands below comments that leave as mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_replies: Option<bool>,
    /// Whether responses say what they cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_timing: Option<bool>,
    /// The version that the caller saw (`If-Match`).
    #[serde(default)]
    pub if_version: Option<i64>,
}
