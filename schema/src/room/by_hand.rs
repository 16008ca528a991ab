//! Mails of outreach that a person writes, one at a time: through the same limits, the same
//! suppression and the same ledger as those of campaigns.

use crate::ids::{CampaignId, InboxId, ProspectId};
use crate::inbox::InboxView;
use crate::prospect::Prospect;
use crate::warmup::WarmupStatus;
use serde::{Deserialize, Serialize};

/// How many seconds lie between a mail that a person writes and the inbox's next one, at least.
pub const BY_HAND_SPACING_S: i64 = 60;

/// Writes one mail to a prospect, which leaves as soon as its inbox can send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendEmail {
    /// Names the mail for ever, in the workspace: 1 to 255 characters.
    pub key: String,
    /// The prospect that was asked for: it may have turned out to be another one's identity.
    pub prospect_id: ProspectId,
    /// The prospect, as it has just said it is.
    pub prospect: Prospect,
    /// The inbox, as it has just said it is.
    pub inbox: InboxView,
    /// Its warm-up, where it is under one.
    #[serde(default)]
    pub warmup: Option<WarmupStatus>,
    /// One line of at most 200 characters, with the variables that campaigns have.
    pub subject: String,
    /// Plain text of at most 20,000 characters, with variables.
    pub text: String,
    /// What stands below it, before the way to opt out: who writes, and their address; 1 to 1,000
    /// characters.
    pub footer: String,
    /// Where Postroom is reached from outside: how the link to opt out begins.
    pub public_url: String,
}

/// The answer to [`SendEmail`]: the mail is on its way to its inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EmailTaken {
    /// The campaign that all mails written by hand belong to: its enrolments and decisions say what
    /// becomes of them.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Numbers the mails that were written to the prospect by hand, from 1.
    pub step: i64,
}
