//! How far outreach has come, and when somebody follows up.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// How far outreach has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Nobody has written.
    New,
    /// Somebody is looking into it.
    Researching,
    /// Mail has left.
    Contacted,
    /// The person answered.
    Replied,
    /// The person wants to know more.
    Interested,
    /// A meeting is set.
    Meeting,
    /// A customer.
    Won,
    /// Not a customer.
    Lost,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Researching,
        Self::Contacted,
        Self::Replied,
        Self::Interested,
        Self::Meeting,
        Self::Won,
        Self::Lost,
    ];

    /// The stage's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Researching => "researching",
            Self::Contacted => "contacted",
            Self::Replied => "replied",
            Self::Interested => "interested",
            Self::Meeting => "meeting",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// Moves the prospect to a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetStage {
    /// The stage.
    pub stage: Stage,
}

/// Sets or clears the time of the next follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetFollowUp {
    /// When; none clears it.
    #[serde(default)]
    pub at: Option<Millis>,
    /// What to do then.
    #[serde(default)]
    pub note: Option<String>,
}
