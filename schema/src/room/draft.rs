//! What an agent has begun to write on a ticket. A draft is its author's; shared, the team sees
//! it. It is no event: nothing of it is in the log.

use super::comment::Visibility;
use crate::Millis;
use crate::ids::{AgentId, TicketId};
use serde::{Deserialize, Serialize};

/// How many drafts an agent has at most.
pub const DRAFTS_MAX: i64 = 500;

/// What an agent has begun to write on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Whose it is.
    pub agent_id: AgentId,
    /// What there is so far.
    pub body: String,
    /// Who is to see the comment.
    pub visibility: Visibility,
    /// Whether the team sees the draft.
    pub shared: bool,
    /// When it was begun.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// Keeps the caller's draft on a ticket, in place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SaveDraft {
    /// The ticket.
    pub ticket_id: TicketId,
    /// What there is so far: 1 to [`super::comment::BODY_BYTES_MAX`] bytes.
    pub body: String,
    /// Who is to see the comment; public where absent.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// Whether the team sees the draft.
    #[serde(default)]
    pub shared: bool,
    /// Change only what has this version; 0 for a draft that is not there yet.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Lists drafts: the caller's own, or on a ticket the caller's own and those that are shared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListDrafts {
    /// On this ticket.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads or throws away the caller's draft on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnDraft {
    /// The ticket.
    pub ticket_id: TicketId,
}
