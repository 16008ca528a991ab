//! Sources of prospects: somebody else's feed, and what of its items is what of a prospect.

use crate::Millis;
use crate::ids::{ProspectImportId, SourceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many sources a workspace has at most.
pub const SOURCES_MAX: i64 = 50;
/// The longest name, in characters.
pub const SOURCE_NAME_CHARS_MAX: usize = 100;
/// The longest path to a value, in characters.
pub const PATH_CHARS_MAX: usize = 200;
/// How many attributes a mapping has at most.
pub const MAPPED_ATTRIBUTES_MAX: usize = 20;
/// How many items of a feed are read at most.
pub const ITEMS_MAX: usize = 1_000;

/// What a source is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SourceKind {
    /// JSON.
    Json,
    /// RSS 2.0 or Atom.
    Feed,
}

/// Where in an item the fields of a prospect are. In JSON a path is names with dots between
/// (`contact.mail`, `mails.0`); in a feed names of elements with slashes between (`title`,
/// `author/email`, `dc:creator`), and behind `@` an attribute (`link@href`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    /// In JSON: where the list is; the document itself where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The company's domain; of an address of the web, its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The person's job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The person's profile: at LinkedIn (`linkedin.com/in/ann-lee-123`) it is an identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// Attributes by name: at most 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// A source, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProspectSource {
    /// The source.
    pub id: SourceId,
    /// What it is called; its prospects say that they come from there.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is written in.
    pub kind: SourceKind,
    /// What of an item is what of a prospect.
    pub mapping: Mapping,
    /// Whether it is read each morning.
    pub active: bool,
    /// The import of its last reading, which says what came of each item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_import_id: Option<ProspectImportId>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_read_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// When somebody last changed it.
    pub updated_at: Millis,
    /// Grows with each change that somebody makes; the `ETag`.
    pub version: i64,
}

/// Makes a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateSource {
    /// What it is called: at most 100 characters.
    pub name: String,
    /// Where it is: `https`, port 443, an address on the Internet.
    pub url: String,
    /// What it is written in.
    pub kind: SourceKind,
    /// What of an item is what of a prospect: the address, or the name and the domain, at least.
    pub mapping: Mapping,
    /// Whether it is read each morning; it is where this is missing.
    #[serde(default)]
    pub active: Option<bool>,
}

/// Changes a source; what is missing stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeSource {
    /// The source.
    pub source_id: SourceId,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default)]
    pub url: Option<String>,
    /// What it is written in.
    #[serde(default)]
    pub kind: Option<SourceKind>,
    /// What of an item is what of a prospect, whole.
    #[serde(default)]
    pub mapping: Option<Mapping>,
    /// Whether it is read each morning.
    #[serde(default)]
    pub active: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Names a source: to read it, or to delete it. Its prospects stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OneSource {
    /// The source.
    pub source_id: SourceId,
}

/// Lists the sources, the latest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListSources {}

/// A reading of a source begins. For Postroom itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BeginReading {
    /// The source.
    pub source_id: SourceId,
    /// The import that says what comes of it.
    pub import_id: ProspectImportId,
}

/// The answer to [`BeginReading`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// The source.
    pub source: ProspectSource,
    /// What the server last said of what it gave.
    #[serde(default)]
    pub mark: Mark,
}

/// What a server says of what it gives: who has it already need not be given it again (RFC 9110
/// §8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// `ETag`.
    #[serde(default)]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default)]
    pub last_modified: Option<String>,
}

/// All items of a source were read, and are on their way. For Postroom itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EndReading {
    /// The source.
    pub source_id: SourceId,
    /// The import that the reading is.
    pub import_id: ProspectImportId,
    /// The source as it was read: what was changed since is read anew.
    pub version: i64,
    /// What the server said of it.
    pub mark: Mark,
}

/// The data of `source.created`, `source.changed` and `source.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SourceEvent {
    /// The source, after the change.
    pub source: SourceMark,
}

/// A source as events name it: its address may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SourceMark {
    /// The source.
    pub id: SourceId,
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: i64,
}
