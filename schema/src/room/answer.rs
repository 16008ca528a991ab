//! What people who were written to by a campaign answer.

use crate::Millis;
use crate::ids::{CampaignId, ProspectId, TicketId};
use serde::{Deserialize, Serialize};

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AnswerKind {
    /// They want to know more.
    Interested,
    /// They want to meet, or to be called.
    Meeting,
    /// They may want it later.
    NotNow,
    /// They are away, or a machine took the mail in.
    OutOfOffice,
    /// They want no more mails.
    OptOut,
    /// The mail did not arrive.
    Bounce,
    /// Something else, a refusal also.
    Other,
}

impl AnswerKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Interested,
        Self::Meeting,
        Self::NotNow,
        Self::OutOfOffice,
        Self::OptOut,
        Self::Bounce,
        Self::Other,
    ];

    /// What somebody may have written: a mail that did not arrive is known by its report alone.
    pub const WRITTEN: [Self; 6] = [
        Self::Interested,
        Self::Meeting,
        Self::NotNow,
        Self::OutOfOffice,
        Self::OptOut,
        Self::Other,
    ];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interested => "interested",
            Self::Meeting => "meeting",
            Self::NotNow => "notNow",
            Self::OutOfOffice => "outOfOffice",
            Self::OptOut => "optOut",
            Self::Bounce => "bounce",
            Self::Other => "other",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// Who says what an answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AnswerBy {
    /// Its headers and words, by rules.
    #[default]
    Rules,
    /// A model that read it, where the rules could not tell.
    Ai,
}

/// What came back from a prospect in a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignAnswer {
    /// What it is.
    pub kind: AnswerKind,
    /// Who says so.
    #[serde(default)]
    pub by: AnswerBy,
    /// When it came.
    pub at: Millis,
    /// The ticket that it is on; none for a bounce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
}

/// The data of `outreach.answered`: told when a mail comes, and once more of the same mail where a
/// model says afterwards what it is (`by` is `ai` then, `at` the same).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutreachAnswered {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// What came.
    pub answer: CampaignAnswer,
}
