//! A mail, as a client asks for it, and how large it may be.

use crate::Millis;
use crate::ids::ProspectId;
use serde::{Deserialize, Serialize};

/// How many recipients a mail may have, `to` and `cc` together.
pub const RECIPIENTS_MAX: usize = 50;
/// How many characters a subject may have: the longest line that mail allows.
pub const SUBJECT_CHARS_MAX: usize = 998;
/// How many bytes text and HTML may have together.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// How many references a mail may carry.
pub const REFERENCES_MAX: usize = 50;
/// How many bytes the files of a mail may have together.
pub const FILES_BYTES_MAX: i64 = 25 * 1024 * 1024;

/// A mail, as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewMail {
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses.
    #[serde(default)]
    pub cc: Vec<String>,
    /// One line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    #[serde(default)]
    pub html: Option<String>,
    /// The message id that it answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// The message ids of the thread, oldest first.
    #[serde(default)]
    pub references: Vec<String>,
    /// Set for outreach: then the prospect is asked for permission first.
    #[serde(default)]
    pub prospect: Option<Outreach>,
    /// No person wrote it: it says so (`Auto-Submitted: auto-generated`), and no machine answers.
    // Left out where it is not so: the hash of a mail that was taken before this field was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Its files; for Postroom's own use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub files: Vec<MailFile>,
    /// What stands behind a plus in the inbox's address where answers are asked to go; for
    /// Postroom's own use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub reply_tag: Option<String>,
    /// Not begun to leave by then, it is taken back; for Postroom's own use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub leave_by: Option<Millis>,
    /// Where its reader opts out with one click: an address that takes a POST; for Postroom's own
    /// use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub opt_out_url: Option<String>,
}

/// A file of a mail that leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailFile {
    /// What it is called.
    pub file_name: String,
    /// What it is.
    pub content_type: String,
    /// Its size.
    pub bytes_count: i64,
    /// Where its content is kept.
    pub key: String,
}

/// Which step of which campaign a mail is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Outreach {
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The campaign.
    pub campaign: String,
    /// The step, from 1.
    pub step: i64,
}
