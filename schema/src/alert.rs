//! What operators are told of beside dead letters and meetings: trouble that begins and ends, and
//! how each workspace's week was.
//!
//! An alert is told by the object that knows, by way of a queue, and rung by the one that knows the
//! deployment's dead letters ([`crate::dead_letter`]). It may come twice and out of order there:
//! that object keeps what stands, and rings for what is new.

use crate::Millis;
use crate::ids::{InboxId, WorkspaceId};
use serde::{Deserialize, Serialize};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AlertKind {
    /// An inbox is paused: by its health, by its server, or by hand.
    InboxPaused,
    /// People complain about an inbox's outreach more than they may.
    InboxWarned,
    /// Something waits for a person: a text that is to be approved, a mail of which nobody knows
    /// whether it left. Once for the workspace, however much of it there is.
    ReviewNeeded,
    /// Mail does not come in.
    SyncStalled,
    /// How a week was; it never ends.
    Digest,
}

impl AlertKind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InboxPaused => "inboxPaused",
            Self::InboxWarned => "inboxWarned",
            Self::ReviewNeeded => "reviewNeeded",
            Self::SyncStalled => "syncStalled",
            Self::Digest => "digest",
        }
    }
}

/// Whether it begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AlertState {
    /// It begins.
    Raised,
    /// It is over.
    Recovered,
}

impl AlertState {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Recovered => "recovered",
        }
    }
}

/// An alert, as operators get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: AlertKind,
    /// Whether it begins or ends.
    pub state: AlertState,
    /// Since when.
    pub at: Millis,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The inbox that it is about, or that told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The address of that inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How the week was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Box<Digest>>,
    /// With a digest: how many dead letters the deployment has, whosesoever they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<i64>,
    /// Which of all that operators are told it is: of two about one thing, the greater is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
}

impl Alert {
    /// Something begins or ends in a workspace.
    #[must_use]
    pub const fn new(
        kind: AlertKind,
        state: AlertState,
        at: Millis,
        workspace_id: WorkspaceId,
    ) -> Self {
        Self {
            kind,
            state,
            at,
            workspace_id,
            inbox_id: None,
            email: None,
            reason: None,
            digest: None,
            dead_letters: None,
            number: None,
        }
    }
}

/// The week of a time, counted from 1970; weeks begin on Sunday, at midnight in UTC.
#[must_use]
pub const fn week(at: Millis) -> i64 {
    // 1970 began four days into one.
    (at + 4 * DAY_MS).div_euclid(7 * DAY_MS)
}

/// How a workspace's last seven days were, and what troubles it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// When the seven days began.
    pub from: Millis,
    /// When they ended.
    pub to: Millis,
    /// What campaigns did.
    pub outreach: OutreachCounts,
    /// The inboxes that something is wrong with.
    pub inboxes: Vec<InboxTrouble>,
}

impl Digest {
    /// Whether nothing happened, and nothing troubles the workspace.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.outreach == OutreachCounts::default() && self.inboxes.is_empty()
    }
}

/// What campaigns did from some time on. A prospect counts once for each campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutreachCounts {
    /// Mails that left.
    pub sent: i64,
    /// Prospects who answered themselves, and did not opt out.
    pub replied: i64,
    /// Of those, who want to meet.
    pub meetings: i64,
    /// Prospects who opted out.
    pub opted_out: i64,
    /// Prospects from whom a mail came back.
    pub bounced: i64,
    /// Prospects who complained.
    pub complained: i64,
    /// Texts that wait for approval now.
    pub texts_waiting: i64,
}

/// An inbox that something is wrong with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InboxTrouble {
    /// The inbox.
    pub inbox_id: InboxId,
    /// Its address.
    pub email: String,
    /// Why it is paused, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// Since when too many people complain, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned_at: Option<Millis>,
    /// Since when its mail does not come in, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalled_since: Option<Millis>,
    /// Mails of which nobody knows whether they left.
    pub unknown: i64,
    /// Whether the inbox could not be asked: then nothing else is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_sunday() {
        // 2026-11-22 was a Sunday.
        let sunday = 1_795_305_600_000;
        let weeks = [-1, 0, 6 * 3_600_000, 7 * DAY_MS - 1, 7 * DAY_MS].map(|ms| week(sunday + ms));
        let this = week(sunday);
        assert_eq!(weeks, [this - 1, this, this, this, this + 1]);
        assert_eq!((week(0), week(-4 * DAY_MS - 1)), (0, -1));
    }

    #[test]
    fn a_week_in_which_nothing_was_is_quiet_and_no_other() {
        let outreach = OutreachCounts::default();
        let quiet = Digest { from: 0, to: 7 * DAY_MS, outreach, inboxes: Vec::new() };
        assert!(quiet.is_quiet());
        let outreach = OutreachCounts { texts_waiting: 1, ..outreach };
        assert!(!Digest { outreach, ..quiet }.is_quiet());
    }
}
