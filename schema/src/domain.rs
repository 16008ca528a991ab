//! What the DNS says of a sending domain, and what to change there.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// How good it is. The worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Grade {
    /// As it should be.
    Pass,
    /// It works, or could not be looked up; something should be changed or looked at.
    Warn,
    /// It does not work: mail is refused, or its sender is not believed.
    Fail,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How good it is.
    pub grade: Grade,
    /// The records that were found, as they stand in the DNS.
    pub records: Vec<String>,
    /// What to change, in words; empty where nothing is.
    pub advice: Vec<String>,
}

/// What the DNS says of the domain that an inbox sends from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DomainCheck {
    /// The domain of the inbox's address.
    pub domain: String,
    /// The worst of the four.
    pub grade: Grade,
    /// Which servers may send for it (RFC 7208).
    pub spf: Finding,
    /// The keys that its mail is signed with (RFC 6376), by the selectors that were asked for.
    pub dkim: Finding,
    /// What becomes of mail that neither of the two speaks for (RFC 7489).
    pub dmarc: Finding,
    /// Where answers and bounces go (RFC 5321).
    pub mx: Finding,
    /// When it was looked up.
    pub checked_at: Millis,
}
