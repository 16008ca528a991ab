//! A mail in the send ledger: where it is, and what became of it.

use super::Outreach;
use crate::Millis;
use crate::delivery::SendDelivery;
use crate::ids::{InboxId, SendId};
use crate::report::SendReport;
use serde::{Deserialize, Serialize};

/// The error of a mail that was taken back because it had not begun to leave in its time.
pub const TOO_LATE: &str = "it did not begin to leave in time";

/// Where a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SendState {
    /// It waits: for a slot of the warm-up, or for the inbox to be resumed.
    Queued,
    /// It has a slot.
    Reserved,
    /// The prospect may be written to, where it is outreach; it leaves next.
    Permitted,
    /// It is under way.
    Sending,
    /// The server took it.
    Sent,
    /// The prospect may not be written to; it never left.
    Refused,
    /// It could not be sent, for certain.
    Failed,
    /// It may have left; a person must find out.
    Unknown,
    /// It came back, or the server refused its recipient.
    Bounced,
    /// It was taken back before it left.
    Cancelled,
}

impl SendState {
    /// All states.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Reserved,
        Self::Permitted,
        Self::Sending,
        Self::Sent,
        Self::Refused,
        Self::Failed,
        Self::Unknown,
        Self::Bounced,
        Self::Cancelled,
    ];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reserved => "reserved",
            Self::Permitted => "permitted",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Bounced => "bounced",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it has not begun to leave.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Queued | Self::Reserved | Self::Permitted)
    }
}

/// A mail, as the API shows it: without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendView {
    /// The mail.
    pub id: SendId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Where it is.
    pub state: SendState,
    /// Grows with each change.
    pub version: i64,
    /// The message id in its header, without angle brackets.
    pub message_id: String,
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses.
    pub cc: Vec<String>,
    /// One line.
    pub subject: String,
    /// Set for outreach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospect: Option<Outreach>,
    /// How often it was handed to the transport.
    pub attempts: i64,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Before when it is not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    /// When it was asked for.
    pub queued_at: Millis,
    /// When it left, or may have, or its recipient was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Millis>,
    /// When it came to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Millis>,
    /// What was reported of it since: that it came back, or that its reader complained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<SendReport>,
    /// How far it has come at each recipient of whom anything was told since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<SendDelivery>,
}

/// A page of mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendPage {
    /// Newest first.
    pub sends: Vec<SendView>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<SendId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_states_are_those_of_the_wire() {
        for state in SendState::ALL {
            let json = serde_json::to_string(&state).expect("a word");
            assert_eq!(json, format!("\"{}\"", state.as_str()));
            assert_eq!(SendState::parse(state.as_str()), Some(state));
        }
        for kind in crate::limiter::LimitKind::ALL {
            let json = serde_json::to_string(&kind).expect("a word");
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
        }
    }
}
