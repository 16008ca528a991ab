//! Rows of imports.

use crate::ids::ProspectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One row of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// The row's first identity, whose actor is asked: the address where there is one.
    pub identity: String,
    /// The row's other identities.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether an alias sent the caller here, so that `identity` is not this actor's own.
    #[serde(default)]
    pub followed: bool,
    /// The address as it was given.
    #[serde(default)]
    pub email: Option<String>,
    /// The person's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The company's name.
    #[serde(default)]
    pub company: Option<String>,
    /// The company's domain.
    #[serde(default)]
    pub domain: Option<String>,
    /// The person's job.
    #[serde(default)]
    pub title: Option<String>,
    /// The person's profile. An address as `linkedin.com/in/ann-lee-123`, however it is written, is
    /// an identity; what else is here is a field only.
    #[serde(default)]
    pub linkedin: Option<String>,
    /// Where the row came from: a file, a provider, `api`.
    #[serde(default)]
    pub source: Option<String>,
    /// Whatever else the row says.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Whether it is to be found out who this is: the prospect enters the pipeline.
    #[serde(default)]
    pub into_pipeline: bool,
}

/// The answer to [`Import`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// The prospect's id, for now: it may become an alias when identities turn out to be one
    /// person's.
    pub id: ProspectId,
    /// Whether this row made it.
    pub created: bool,
    /// How many rows were imported.
    pub imports: i64,
}
