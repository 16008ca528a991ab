//! How it is found out who a prospect is: works that are leased to whoever carries them out, and
//! what came of each.
//!
//! | state | the work that is due, or under way |
//! | --- | --- |
//! | `new`, `enriching` | enrich: company, domain, job, profile, perhaps the address |
//! | `enriched`, `finding` | find the address |
//! | `found`, `verifying` | verify the address |
//! | `verified`, `catchAll`, `invalid`, `notFound`, `givenUp` | none |

use super::SiteFacts;
use crate::Millis;
use serde::{Deserialize, Serialize};

/// A work on a prospect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum WorkKind {
    /// Find out what is missing beside the address.
    Enrich,
    /// Find the address.
    Find,
    /// Find out whether the address takes mail.
    Verify,
}

impl WorkKind {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enrich => "enrich",
            Self::Find => "find",
            Self::Verify => "verify",
        }
    }

    /// The states in which it is due, and in which it is under way.
    const fn states(self) -> (PipelineState, PipelineState) {
        match self {
            Self::Enrich => (PipelineState::New, PipelineState::Enriching),
            Self::Find => (PipelineState::Enriched, PipelineState::Finding),
            Self::Verify => (PipelineState::Found, PipelineState::Verifying),
        }
    }

    /// The state in which it is due.
    #[must_use]
    pub const fn due_state(self) -> PipelineState {
        self.states().0
    }

    /// The state in which it is under way.
    #[must_use]
    pub const fn leased_state(self) -> PipelineState {
        self.states().1
    }
}

/// How far it has been found out who a prospect is. A later one is worth more where two records of
/// one person are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PipelineState {
    /// Nothing more is tried; the reason says why.
    GivenUp,
    /// Nobody knows an address.
    NotFound,
    /// It is to be enriched.
    New,
    /// It is being enriched.
    Enriching,
    /// It is enriched; its address is to be found.
    Enriched,
    /// Its address is being looked for.
    Finding,
    /// There is an address, which is to be verified.
    Found,
    /// The address is being verified.
    Verifying,
    /// The address takes no mail.
    Invalid,
    /// The address's server takes mail for every address.
    CatchAll,
    /// The address takes mail.
    Verified,
}

impl PipelineState {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::GivenUp,
        Self::NotFound,
        Self::New,
        Self::Enriching,
        Self::Enriched,
        Self::Finding,
        Self::Found,
        Self::Verifying,
        Self::Invalid,
        Self::CatchAll,
        Self::Verified,
    ];

    /// The state's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GivenUp => "givenUp",
            Self::NotFound => "notFound",
            Self::New => "new",
            Self::Enriching => "enriching",
            Self::Enriched => "enriched",
            Self::Finding => "finding",
            Self::Found => "found",
            Self::Verifying => "verifying",
            Self::Invalid => "invalid",
            Self::CatchAll => "catchAll",
            Self::Verified => "verified",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The work that is due or under way; none at the end.
    #[must_use]
    pub const fn work(self) -> Option<WorkKind> {
        match self {
            Self::New | Self::Enriching => Some(WorkKind::Enrich),
            Self::Enriched | Self::Finding => Some(WorkKind::Find),
            Self::Found | Self::Verifying => Some(WorkKind::Verify),
            _ => None,
        }
    }

    /// Whether its work is leased to somebody.
    #[must_use]
    pub const fn is_leased(self) -> bool {
        matches!(self, Self::Enriching | Self::Finding | Self::Verifying)
    }
}

/// How far it has been found out who a prospect is, as the HTTP API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    /// The state.
    pub state: PipelineState,
    /// Why it is so, or why it has not gone on.
    pub reason: Option<String>,
    /// Since when its work is due, or since when it is at its end.
    pub since: Millis,
    /// What providers were paid, in millionths of a dollar, by this deployment's list of prices.
    pub cost_micros: i64,
}

/// A prospect's place in the pipeline, on its way to another identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PipelineRow {
    /// The state.
    pub state: PipelineState,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Since when.
    pub since: Millis,
    /// The address that is verified, or was.
    #[serde(default)]
    pub address: Option<String>,
    /// Names the latest lease.
    pub attempt: i64,
    /// How often this work was begun.
    pub tries: i64,
    /// How often a verifier could not tell.
    pub unknowns: i64,
    /// Leased: when the lease is over. Due: not before this time.
    pub due_at: Millis,
    /// What providers were paid.
    pub cost_micros: i64,
}

/// Asks for a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BeginWork {
    /// Which.
    pub work: WorkKind,
}

/// The answer to [`BeginWork`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Begun {
    /// The work is leased to the caller.
    #[serde(rename_all = "camelCase")]
    Leased {
        /// To be given to [`FinishWork`].
        attempt: i64,
        /// After that the work may be given to somebody else.
        until: Millis,
        /// What is known.
        person: Known,
    },
    /// There is nothing to do: it is done, or somebody is at it, or its time has not come.
    Nothing {},
}

/// What is known of a prospect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The company's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The person's job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The person's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// Of enriching: whether the pages of the company were read since it is due.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_site_read: bool,
}

/// Says what came of a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FinishWork {
    /// Which.
    pub work: WorkKind,
    /// The lease. What comes from an earlier one changes nothing.
    pub attempt: i64,
    /// What providers were paid, in millionths of a dollar.
    #[serde(default)]
    pub cost_micros: i64,
    /// What came of it.
    pub outcome: WorkOutcome,
    /// Of enriching: what the pages of the company say, where they were to be read.
    #[serde(default)]
    pub site: Option<SiteFacts>,
}

/// What came of a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum WorkOutcome {
    /// Of enriching: what was found out; perhaps nothing.
    Facts(Facts),
    /// Of finding: the address.
    Found(Found),
    /// Of finding: nobody knows an address.
    NotFound {
        /// Who was asked, or why nobody was.
        reason: String,
    },
    /// Of verifying: what is said of the address.
    Verified(Verified),
    /// It is to be tried again.
    RetryAt(RetryAt),
    /// The person wants no data about them to be used: nobody writes to them any more.
    Refused {
        /// Who said so.
        source: String,
    },
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Each fills a field that is empty.
    pub facts: Vec<Fact>,
}

/// One thing that was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// Of which field.
    pub field: FactField,
    /// Its value.
    pub value: String,
    /// Who said so.
    pub source: String,
}

/// What can be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FactField {
    /// The address.
    Email,
    /// The company's name.
    Company,
    /// The company's domain.
    Domain,
    /// The person's job.
    Title,
    /// The person's profile.
    Linkedin,
}

impl FactField {
    /// The field's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Company => "company",
            Self::Domain => "domain",
            Self::Title => "title",
            Self::Linkedin => "linkedin",
        }
    }
}

/// An address that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The address.
    pub address: String,
    /// How sure its source is, 0 to 100.
    pub score: i64,
    /// Who found it.
    pub source: String,
    /// Whether a verifier has said that it takes mail.
    #[serde(default)]
    pub is_verified: bool,
}

/// What a verifier says of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// The verdict.
    pub verdict: Verdict,
    /// Who says so, and in which word.
    pub source: String,
}

/// What is said of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It takes mail.
    Valid,
    /// Its server takes mail for every address.
    CatchAll,
    /// It takes no mail, or is thrown away after use.
    Invalid,
    /// Nobody can tell now.
    Unknown,
    /// There is nobody to ask.
    Unasked,
}

/// A work is to be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetryAt {
    /// Not before.
    pub at: Millis,
    /// Why it could not be done.
    pub reason: String,
    /// Whether nothing failed, but a limit of how much may be asked is reached: that is no try.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_quota: bool,
    /// Of enriching: what was found out all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}
