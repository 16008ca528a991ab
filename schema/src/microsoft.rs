//! A mailbox at Microsoft 365, through which an inbox sends: how it is connected.
//!
//! Sealed tokens go in and never come out: no reply, event or summary has a field for them.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// See [`crate::inbox::InboxCommand::ConnectMicrosoft`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConnectMicrosoft {
    /// The mailbox's address.
    pub email: String,
    /// The name beside the address, where the inbox has none.
    pub display_name: String,
    /// The mailbox's user, as the directory knows it.
    pub user_id: String,
    /// Opens the mailbox; sealed by the gateway.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<u8>"))]
    pub sealed_access: Vec<u8>,
    /// Gets the next tokens; sealed by the gateway.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "Vec<u8>"))]
    pub sealed_refresh: Vec<u8>,
    /// For how long the access token is to be used.
    pub good_for_ms: Millis,
}

/// See [`crate::inbox::InboxCommand::NoteChange`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoteChange {
    /// The subscription by which Graph tells it.
    pub subscription_id: String,
    /// What it tells of the subscription itself.
    #[serde(default)]
    pub lifecycle: Option<Lifecycle>,
}

/// What Graph tells of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Lifecycle {
    /// It says nothing until it is asked to go on.
    ReauthorizationRequired,
    /// There is no such subscription any more.
    SubscriptionRemoved,
    /// Something was not told.
    Missed,
}

impl Lifecycle {
    /// What Graph means by a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "reauthorizationRequired" => Some(Self::ReauthorizationRequired),
            "subscriptionRemoved" => Some(Self::SubscriptionRemoved),
            "missed" => Some(Self::Missed),
            _ => None,
        }
    }
}

/// What came of a [`NoteChange`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeNoted {
    /// Whether it is told by this inbox's subscription.
    pub known: bool,
}

impl std::fmt::Debug for ConnectMicrosoft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConnectMicrosoft({})", self.email)
    }
}
