//! What comes of a mail to a prospect, and which ends keep the person from more.

use super::Reason;
use serde::{Deserialize, Serialize};

/// What came of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It is being sent: its permit no longer runs out.
    Sending,
    /// It left: the step is spent.
    Sent,
    /// It did not leave, for good: the step is free.
    Failed,
    /// It was called off before it left: the step is free.
    Released,
    /// Nobody knows whether it left: the step is spent.
    Unknown,
    /// The address does not exist: spent, and suppressed.
    HardBounced,
    /// The reader complained about it: spent, and suppressed.
    Complained,
}

impl Fate {
    /// Why no automated mail may leave to the person after it.
    #[must_use]
    pub const fn suppresses(self) -> Option<Reason> {
        match self {
            Self::HardBounced => Some(Reason::Bounced),
            Self::Complained => Some(Reason::Complained),
            _ => None,
        }
    }
}
