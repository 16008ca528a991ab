//! The deployment's suppression list: to whom no workspace sends outreach.
//!
//! Operators keep it; one object of the deployment knows it, the rate limiter named [`instance`].
//! An inbox asks it about each mail of outreach, after the prospect has permitted the mail.

use crate::Millis;
use crate::ids::{SuppressionId, WorkspaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name of the object, behind its workspace.
pub const NAME: &str = "suppressions";
/// How many entries the list may have.
pub const ENTRIES_MAX: i64 = 100_000;
/// How many characters a note may have.
pub const NOTE_CHARS_MAX: usize = 500;
/// The error of a mail that did not leave because the list has its recipient.
pub const SUPPRESSED_BY_OPERATOR: &str = "suppressed_by_operator";

/// The object that knows the deployment's suppression list.
#[must_use]
pub fn instance() -> String {
    format!("{}/{NAME}", WorkspaceId(Uuid::nil()))
}

/// What that object may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SuppressionsCommand {
    /// From now on it is on the list. Reply: [`SuppressionEntry`].
    Add(AddSuppression),
    /// Which are on it? Reply: [`SuppressionEntries`].
    List(ListSuppressions),
    /// It is on the list no more. Reply: [`SuppressionEntry`], as it was.
    Lift(LiftSuppression),
    /// Is an address on it? For inboxes. Reply: [`Suppressed`].
    Ask(AskSuppressed),
}

/// See [`SuppressionsCommand::Add`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AddSuppression {
    /// An e-mail address, or a domain: everybody at it, and nobody at its subdomains. What is on
    /// the list stays as it is.
    pub value: String,
    /// Why; up to 500 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// See [`SuppressionsCommand::List`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListSuppressions {
    /// This address or domain alone.
    #[serde(default)]
    pub q: Option<String>,
    /// Those before this one; from the newest, where it is missing.
    #[serde(default)]
    pub cursor: Option<SuppressionId>,
    /// At most so many.
    pub limit: i64,
}

/// See [`SuppressionsCommand::Lift`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct LiftSuppression {
    /// Which.
    pub id: SuppressionId,
}

/// See [`SuppressionsCommand::Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AskSuppressed {
    /// Whom a mail goes to.
    pub address: String,
}

/// Somebody, or everybody at a domain, to whom no workspace sends outreach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SuppressionEntry {
    /// Its id.
    pub id: SuppressionId,
    /// The address, or the domain, in the form by which prospects are known.
    pub value: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Since when.
    pub at: Millis,
}

/// A page of the list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuppressionEntries {
    /// They.
    pub items: Vec<SuppressionEntry>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<SuppressionId>,
}

/// Whether an address is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Suppressed {
    /// Whether it is, or its domain.
    pub suppressed: bool,
}
