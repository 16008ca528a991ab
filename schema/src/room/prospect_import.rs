//! Imports of prospects from files: how far they are, and what was wrong with which row.
//!
//! The gateway reads the file and puts its rows on `prospect-queue`, in numbered parts; whoever
//! takes a part from there says what came of it. A part that comes twice is counted once.

use crate::Millis;
use crate::ids::ProspectImportId;
use serde::{Deserialize, Serialize};

/// How many errors an import keeps.
pub const ERRORS_MAX: i64 = 1_000;
/// How much of a reason.
pub const REASON_CHARS_MAX: usize = 200;
/// How many imports a workspace keeps.
pub const IMPORTS_MAX: i64 = 100;
/// How many rows a part has at most.
pub const PART_ROWS_MAX: usize = 200;
/// How long the hash of a part is: the beginning of its rows' SHA-256 in hexadecimal.
pub const PART_HASH_CHARS: usize = 16;

/// Begins an import, or goes on with it; one that broke off is begun anew. The gateway asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BeginProspectImport {
    /// Its id: made by the gateway, of the idempotency key where there is one.
    pub import_id: ProspectImportId,
    /// The SHA-256 of the file's first bytes in hexadecimal, where it is a file.
    #[serde(default)]
    pub head: Option<String>,
    /// That of all of it, where it was looked at to its end. A file that was read to its end once
    /// is not begun anew without it.
    #[serde(default)]
    pub digest: Option<String>,
}

impl BeginProspectImport {
    /// Of what is no file.
    #[must_use]
    pub const fn new(import_id: ProspectImportId) -> Self {
        Self { import_id, head: None, digest: None }
    }
}

/// Says that all of a file was read, or that it was not. Postroom itself asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EndProspectImport {
    /// The import.
    pub import_id: ProspectImportId,
    /// How many parts it has.
    pub parts: i64,
    /// How many rows.
    pub rows: i64,
    /// Why the rest was not read.
    #[serde(default)]
    pub broken: Option<String>,
    /// The file's SHA-256 in hexadecimal, where it was read to its end.
    #[serde(default)]
    pub digest: Option<String>,
    /// The hashes of its parts, one behind the other: others are not counted.
    #[serde(default)]
    pub hashes: Option<String>,
}

/// Says what came of a part. Postroom itself asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoteProspectImport {
    /// The import.
    pub import_id: ProspectImportId,
    /// Which part, from 0.
    pub part: i64,
    /// Its hash, of [`PART_HASH_CHARS`].
    #[serde(default)]
    pub hash: Option<String>,
    /// Rows that made a prospect.
    pub created: i64,
    /// Rows about somebody who was known.
    pub known: i64,
    /// Rows that were refused.
    pub errors: Vec<RowError>,
}

/// Reads how far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetProspectImport {
    /// The import.
    pub import_id: ProspectImportId,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RowError {
    /// Which of the file, from 1.
    pub row: i64,
    /// What is wrong with it.
    pub reason: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ImportState {
    /// The file is being read.
    Reading,
    /// It was read; its rows are on the queue.
    Running,
    /// All rows are done.
    Done,
    /// The file was not read to its end: what was read is imported, and it may be sent again.
    Broken,
}

impl ImportState {
    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Running => "running",
            Self::Done => "done",
            Self::Broken => "broken",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Reading, Self::Running, Self::Done, Self::Broken];
        all.into_iter().find(|state| state.as_str() == name)
    }
}

/// An import of prospects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProspectImport {
    /// Its id.
    pub id: ProspectImportId,
    /// How far it is.
    pub state: ImportState,
    /// Why the file was not read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How many rows the file has; none until it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// Rows that made a prospect.
    pub created: i64,
    /// Rows about somebody who was known.
    pub known: i64,
    /// Rows that were refused.
    pub failed: i64,
    /// When it was begun.
    pub created_at: Millis,
    /// When something was last known of it.
    pub updated_at: Millis,
    /// The refused rows in their order, up to a thousand.
    pub errors: Vec<RowError>,
}
