//! Who looks after a ticket, and when: snoozing, claims, followers, deletion.

use super::ticket::{Claim, Ticket};
use crate::Millis;
use crate::ids::{AgentId, TicketId};
use serde::{Deserialize, Serialize};

/// How far ahead a ticket may be put off.
pub const SNOOZE_MS_MAX: Millis = 366 * 24 * 60 * 60 * 1000;
/// How long a claim holds where the client does not say, in seconds.
pub const LEASE_SECONDS_DEFAULT: i64 = 120;
/// How long a claim holds at most, in seconds.
pub const LEASE_SECONDS_MAX: i64 = 3_600;
/// How long a claim holds at least, in seconds.
pub const LEASE_SECONDS_MIN: i64 = 10;
/// How long a deleted ticket can be restored.
pub const RESTORE_MS_MAX: Millis = 30 * 24 * 60 * 60 * 1000;

/// Puts a ticket off: until a time, until the customer's reply, or until whichever comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SnoozeTicket {
    /// The ticket: open, pending or waiting.
    pub ticket_id: TicketId,
    /// When it wakes: in the future, within a year. Absent: only a reply wakes it.
    #[serde(default)]
    pub until: Option<Millis>,
    /// Whether the customer's reply wakes it; true where absent.
    #[serde(default)]
    pub on_reply: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Ends a ticket's being put off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WakeTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Why a ticket woke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum WakeReason {
    /// Its time had come: a ticket that was pending or waiting is open again.
    Time,
    /// The customer wrote: a ticket that was pending or waiting is open again.
    Reply,
    /// An agent woke it.
    Agent,
}

/// The data of `ticket.woken`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketWoken {
    /// The ticket after it woke.
    pub ticket: Ticket,
    /// Why.
    pub reason: WakeReason,
}

/// Claims a ticket: until the lease ends, nobody else answers in public. Claimed again by the same
/// agent, the lease begins anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClaimTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// How long: [`LEASE_SECONDS_MIN`] to [`LEASE_SECONDS_MAX`]; [`LEASE_SECONDS_DEFAULT`] where
    /// absent.
    #[serde(default)]
    pub lease_seconds: Option<i64>,
    /// Whether another's claim is taken over; for those who manage the workspace.
    #[serde(default)]
    pub take_over: bool,
}

/// Gives a claim back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReleaseTicket {
    /// The ticket.
    pub ticket_id: TicketId,
}

/// Why a claim ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ReleaseReason {
    /// Its agent gave it back.
    Released,
    /// Its time was over.
    Expired,
    /// Somebody else took it over.
    TakenOver,
    /// Its agent may no longer work.
    Withdrawn,
}

/// Who may answer a ticket; also the data of `ticket.claimed` and `ticket.released`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClaimState {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Who alone may answer now, and until when; null where anybody may.
    pub claim: Option<Claim>,
    /// Why the claim before ended, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReleaseReason>,
}

/// Makes the caller a follower of a ticket, or ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FollowTicket {
    /// The ticket.
    pub ticket_id: TicketId,
}

/// An agent who follows a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Follower {
    /// The agent.
    pub agent_id: AgentId,
    /// Since when.
    pub since: Millis,
}

/// Who follows a ticket; also the data of `ticket.followed` and `ticket.unfollowed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Followers {
    /// The ticket.
    pub ticket_id: TicketId,
    /// All of them.
    pub followers: Vec<Follower>,
}

/// Deletes a ticket: nothing finds it any more. Its number stays used, and its mail is known: it
/// does not come in again. It can be restored for 30 days; then its comments and files are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Brings a deleted ticket back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RestoreTicket {
    /// The ticket.
    pub ticket_id: TicketId,
}
