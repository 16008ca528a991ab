//! Why no automated mail may leave to a person.

use serde::{Deserialize, Serialize};

/// Why no automated mail may leave to a person, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// An agent decided so.
    Manual,
    /// The person answered: from here on a human writes.
    Replied,
    /// The address does not exist.
    Bounced,
    /// The person asked for it.
    OptOut,
    /// The person called it spam.
    Complained,
    /// The person was erased.
    Erased,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Manual, Self::Replied, Self::Bounced, Self::OptOut, Self::Complained, Self::Erased];

    /// The reason's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Replied => "replied",
            Self::Bounced => "bounced",
            Self::OptOut => "optOut",
            Self::Complained => "complained",
            Self::Erased => "erased",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Says that no automated mail may leave to this person any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Suppress {
    /// Why.
    pub reason: Reason,
    /// More about it.
    #[serde(default)]
    pub note: Option<String>,
    /// The identity, so that a person can be suppressed who is not known yet.
    #[serde(default)]
    pub identity: Option<String>,
    /// Names this suppression, where an alias forwards it.
    #[serde(default)]
    pub id: Option<String>,
}

/// Lifts suppressions of one reason; not complaints, and nothing after an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unsuppress {
    /// Which.
    pub reason: Reason,
    /// Why it is right to write to the person again. Kept.
    pub note: String,
}
