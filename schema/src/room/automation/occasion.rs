//! What sets a rule going.

use serde::{Deserialize, Serialize};

/// The longest time of silence: a year.
pub const MINUTES_MAX: i64 = 365 * 24 * 60;

/// What sets a rule going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Occasion {
    /// A ticket was opened; `body` looks at its first comment.
    TicketCreated,
    /// A ticket was changed, by whomever; `changed` says what.
    TicketChanged,
    /// A ticket was opened again.
    TicketReopened,
    /// A snoozed ticket came back.
    TicketWoken,
    /// A customer wrote, the first comment included.
    CommentByUser,
    /// An agent wrote to the customer.
    CommentByAgent,
    /// A private note was written.
    NoteAdded,
    /// A promise will soon be broken.
    SlaWarning,
    /// A promise was broken.
    SlaBreached,
    /// A customer has waited `minutes` for an agent's answer.
    NoAgentReply,
    /// An agent has waited `minutes` for the customer's answer.
    NoUserReply,
    /// A ticket has been nobody's for `minutes`.
    Unassigned,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 12] = [
        Self::TicketCreated,
        Self::TicketChanged,
        Self::TicketReopened,
        Self::TicketWoken,
        Self::CommentByUser,
        Self::CommentByAgent,
        Self::NoteAdded,
        Self::SlaWarning,
        Self::SlaBreached,
        Self::NoAgentReply,
        Self::NoUserReply,
        Self::Unassigned,
    ];

    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TicketCreated => "ticketCreated",
            Self::TicketChanged => "ticketChanged",
            Self::TicketReopened => "ticketReopened",
            Self::TicketWoken => "ticketWoken",
            Self::CommentByUser => "commentByUser",
            Self::CommentByAgent => "commentByAgent",
            Self::NoteAdded => "noteAdded",
            Self::SlaWarning => "slaWarning",
            Self::SlaBreached => "slaBreached",
            Self::NoAgentReply => "noAgentReply",
            Self::NoUserReply => "noUserReply",
            Self::Unassigned => "unassigned",
        }
    }

    /// The occasion of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == name)
    }

    /// Whether it is that nothing happened for a time.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, Self::NoAgentReply | Self::NoUserReply | Self::Unassigned)
    }
}

/// What sets a rule going, and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// The occasion.
    pub on: Occasion,
    /// After how many minutes; for `noAgentReply`, `noUserReply` and `unassigned`, and only for
    /// them. 1 to 525,600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// Whether only minutes within business hours count.
    #[serde(default)]
    pub business_hours: bool,
}
