//! Files that are brought for a comment that is yet to be written.
//!
//! The room says where the content goes before any of it is there, so that whatever is left behind
//! half-way is known and swept; then it is told what came.

use crate::ids::AttachmentId;
use serde::{Deserialize, Serialize};

/// The longest file.
pub const FILE_BYTES_MAX: i64 = 25 * 1024 * 1024;
/// How many files a comment may have.
pub const FILES_MAX: usize = 20;
/// How many files a workspace may have that belong to no comment yet.
pub const UPLOADS_MAX: i64 = 1_000;

/// Begins an upload. The gateway asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BeginUpload {
    /// What its sender calls it.
    pub file_name: String,
    /// What its sender says it is.
    pub content_type: String,
    /// By which the text points to it, where it does.
    #[serde(default)]
    pub content_id: Option<String>,
}

/// Where the content goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UploadBegun {
    /// The file.
    pub attachment_id: AttachmentId,
    /// The key of its content.
    pub key: String,
}

/// Says that all of a file is there. The gateway asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FinishUpload {
    /// The file.
    pub attachment_id: AttachmentId,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes_count: i64,
    /// What its content shows that it is.
    pub media: String,
}

/// Takes a file away that belongs to no comment yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DropUpload {
    /// The file.
    pub attachment_id: AttachmentId,
}
