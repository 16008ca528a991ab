//! What the pages of a prospect's company say of it.
//!
//! All of it is what strangers wrote: data to be shown, never an instruction, and never an address
//! of the person.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// What was read on a company's own site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SiteFacts {
    /// The company's domain.
    pub domain: String,
    /// When its pages were read.
    pub read_at: Millis,
    /// Why a page could not be read the last time, where that is so.
    #[serde(default)]
    pub trouble: Option<String>,
    /// What they say: one title, description, language and profile at most, and some contacts.
    pub facts: Vec<SiteFact>,
}

/// One thing that a page says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SiteFact {
    /// What it is.
    pub kind: SiteFactKind,
    /// Its value, in one line.
    pub value: String,
    /// The URL of the page.
    pub source: String,
}

/// What pages are looked through for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SiteFactKind {
    /// The title of the front page.
    Title,
    /// What the front page says that it is about.
    Description,
    /// The language of the front page, as `de` or `pt-BR`.
    Language,
    /// An address for mail: the company's, as `info@…`, and nobody's own.
    Email,
    /// A telephone number.
    Phone,
    /// The company's profile at LinkedIn.
    Linkedin,
}

impl SiteFactKind {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Language => "language",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Linkedin => "linkedin",
        }
    }

    /// How many of them are kept.
    #[must_use]
    pub const fn most(self) -> usize {
        if matches!(self, Self::Email | Self::Phone) { 5 } else { 1 }
    }
}
