//! Which inboxes and prospects a room knows: D1 lists them all, and can be lost.

use crate::ids::{InboxId, ProspectId};
use serde::{Deserialize, Serialize};

/// How many inboxes are listed.
pub const INBOXES_MAX: i64 = 500;
/// How many prospects are listed at once.
pub const PROSPECTS_MAX: i64 = 300;

/// Lists the inboxes and prospects that the room knows. For who manages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListKnown {
    /// Only prospects whose ids come after this one.
    #[serde(default)]
    pub after: Option<ProspectId>,
}

/// The answer to [`ListKnown`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Inboxes that mail came by, or that started campaigns, replies or people were to write from.
    pub inbox_ids: Vec<InboxId>,
    /// Prospects in campaigns, in the order of their ids; at most [`PROSPECTS_MAX`].
    pub prospect_ids: Vec<ProspectId>,
}
