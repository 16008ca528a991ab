//! The identities of a person, and how one asks for another.

use crate::ids::ProspectId;
use serde::{Deserialize, Serialize};

/// The kinds of identities, the stronger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum IdentityKind {
    /// A mail address.
    Email,
    /// A person's profile at LinkedIn.
    Linkedin,
    /// A name at a domain.
    Name,
}

impl IdentityKind {
    /// The kind's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Linkedin => "linkedin",
            Self::Name => "name",
        }
    }

    /// Whether it is one person's for certain. Two people may have one name.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        !matches!(self, Self::Name)
    }
}

/// What a prospect knows of another identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IdentityRow {
    /// The id of its actor.
    pub id: ProspectId,
    /// Its text, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// `conflict` (it is another person's), `pending` (claimed), `linked` (this person's).
    pub state: String,
    /// Whether somebody said that it is this person's.
    #[serde(default)]
    pub certain: bool,
    /// How many rows were imported under it.
    #[serde(default)]
    pub imports: i64,
}

/// Another identity of the same person asks for this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Who asks.
    pub by: ProspectId,
    /// What kind of identity that is.
    pub by_kind: IdentityKind,
    /// Its text, where it is known.
    #[serde(default)]
    pub by_identity: Option<String>,
    /// Of which kinds the claimer has identities, itself and the one it asks for apart.
    #[serde(default)]
    pub by_has: Vec<IdentityKind>,
    /// The identity that is asked for, where the claimer knows it.
    #[serde(default)]
    pub identity: Option<String>,
    /// Whether somebody said that both are one person, rather than a name being found in a row.
    #[serde(default)]
    pub certain: bool,
}

/// What an identity says to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ClaimReply {
    /// It is the claimer's alias, and the claimer has all that it had.
    Linked {},
    /// It is the claimer's alias; what it had is on its way.
    HandingOver {},
    /// It is the one that should own, and will claim the claimer.
    ClaimYou {},
    /// It is an alias of another.
    AliasOf {
        /// The other.
        to: ProspectId,
        /// Whether what it had is still on its way there.
        #[serde(rename = "handingOver")]
        handing_over: bool,
    },
    /// There is no such prospect (asked by id, without its identity).
    Unknown {},
}
