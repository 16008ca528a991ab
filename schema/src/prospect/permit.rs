//! Whether a send may write to a person, and what came of it.

use super::Fate;
use crate::Millis;
use crate::ids::ProspectId;
use serde::{Deserialize, Serialize};

/// May this send write this step to the person?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Permit {
    /// The send. Asked again, it gets the same answer.
    pub send_id: String,
    /// The campaign.
    pub campaign: String,
    /// The step in it, from 1.
    pub step: i64,
    /// The address that the mail goes to: it must be one of the person's.
    #[serde(default)]
    pub to: Option<String>,
    /// For how long the permit holds. After that another send may have the step, unless this one
    /// was recorded as `sending`: who asks for it must not begin to send later. Without it the
    /// permit holds until it is recorded.
    #[serde(default)]
    pub hold_ms: Option<Millis>,
}

/// The answer to [`Permit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PermitReply {
    /// It may write.
    #[serde(rename_all = "camelCase")]
    Granted {
        /// It must have begun by then, or ask again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Millis>,
    },
    /// It must not write.
    #[serde(rename_all = "camelCase")]
    Denied {
        /// Why.
        reason: Denial,
        /// Where the reason will pass: when to ask again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<Millis>,
    },
    /// The person is another prospect's: ask there.
    Moved {
        /// The other.
        to: ProspectId,
    },
}

/// Why a send must not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The step was written to the person, or may have been.
    StepAlreadySent,
    /// Another send is about to write it.
    StepTaken,
    /// An agent decided so.
    Manual,
    /// The person answered.
    Replied,
    /// The address does not exist.
    Bounced,
    /// The person asked for it.
    OptOut,
    /// The person called it spam.
    Complained,
    /// The person was erased.
    Erased,
    /// It is being found out whether the person is known under another identity; ask again.
    IdentityUnsettled,
    /// There is no such prospect.
    UnknownProspect,
    /// The mail goes to an address that is not known to be the person's.
    OtherAddress,
}

/// What came of a send that had a permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The send.
    pub send_id: String,
    /// The campaign.
    pub campaign: String,
    /// The step in it.
    pub step: i64,
    /// What came of it.
    pub fate: Fate,
    /// When, by the inbox.
    #[serde(default)]
    pub at: Option<Millis>,
    /// What the server said.
    #[serde(default)]
    pub note: Option<String>,
}
