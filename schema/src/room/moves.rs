//! Merging tickets and splitting comments off: comments go from one ticket to another, and can be
//! brought back for thirty days.

use super::ticket::Ticket;
use crate::Millis;
use crate::ids::{AgentId, CommentId, MoveId, TicketId};
use serde::{Deserialize, Serialize};

/// How long a merge or split can be undone.
pub const UNDO_MS_MAX: Millis = 30 * 24 * 60 * 60 * 1000;
/// How many comments a ticket has at most that is merged into another.
pub const MERGE_COMMENTS_MAX: i64 = 5_000;
/// How many comments are split off at once at most.
pub const SPLIT_COMMENTS_MAX: usize = 100;

/// Why comments went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MoveKind {
    /// All of a ticket's went into another.
    Merge,
    /// Some of a ticket's became a ticket of their own.
    Split,
}

impl MoveKind {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Merge, Self::Split].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A merge or split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketMove {
    /// The merge or split.
    pub id: MoveId,
    /// Which of the two.
    pub kind: MoveKind,
    /// The ticket that the comments were in.
    pub source_id: TicketId,
    /// The ticket that they went to.
    pub target_id: TicketId,
    /// How many.
    pub comments: i64,
    /// Who did it.
    pub agent_id: Option<AgentId>,
    /// When.
    pub created_at: Millis,
    /// Until when it can be undone.
    pub undo_until: Millis,
    /// When it was undone.
    pub undone_at: Option<Millis>,
}

/// Merges a ticket into another: its comments stand in the other one, in the order in which they
/// were said; it is closed, and mail on it goes to the other one. Nothing else of it changes, and
/// nothing can be changed of it until the merge is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeTickets {
    /// The ticket that is merged: one with at most [`MERGE_COMMENTS_MAX`] comments.
    pub ticket_id: TicketId,
    /// The ticket that it is merged into: one that is not merged itself.
    pub into_id: TicketId,
    /// Merge only a ticket that has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Makes some comments of a ticket a ticket of their own, with the same user, team and priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SplitTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The comments: 1 to [`SPLIT_COMMENTS_MAX`] of this ticket; at least one must stay.
    pub comment_ids: Vec<CommentId>,
    /// What the new ticket is about; the same where absent.
    #[serde(default)]
    pub subject: Option<String>,
    /// Split only a ticket that has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Undoes a merge: both tickets are as they were, but for what was said since, which stays in the
/// second. Undoes a split: all comments of the new ticket go back, and it is closed and merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UndoMove {
    /// The merge or split.
    pub move_id: MoveId,
}

/// Lists the merges and splits that a ticket was part of, the latest first, at most a hundred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListMoves {
    /// The ticket.
    pub ticket_id: TicketId,
}

/// Comments went from one ticket to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The merge or split.
    pub moved: TicketMove,
    /// The ticket that the comments were in, after it.
    pub source: Ticket,
    /// The ticket that they went to, after it.
    pub target: Ticket,
}

/// The data of `ticket.merged`, `ticket.split` and `ticket.moveUndone`, about the ticket that the
/// comments were in, and of `ticket.commentsMoved`, about the one that they went to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentsMoved {
    /// The merge or split.
    pub moved: TicketMove,
    /// The ticket, after it.
    pub ticket: Ticket,
}
