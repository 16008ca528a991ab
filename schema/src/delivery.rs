//! What a relay or a provider tells of the mail that it was handed: delivery events.
//!
//! They come as webhooks, signed by a secret of their inbox (Standard Webhooks). Who has the secret
//! can only tell of mails of that inbox, and of addresses that these went to.

use crate::Millis;
use crate::ids::{DeliveryKeyId, SendId};
use serde::{Deserialize, Serialize};

/// How many events one post may have.
pub const EVENTS_MAX: usize = 500;
/// The longest id of a post.
pub const POST_ID_CHARS_MAX: usize = 255;
/// How long the id of a post is known: much longer than its signature is good.
pub const POST_KEPT_MS: Millis = 24 * 60 * 60 * 1000;
/// How long the secret before a rotation is good, too, unless it is said.
pub const PREVIOUS_SECRET_MS: Millis = 24 * 60 * 60 * 1000;
/// The longest that it may be.
pub const PREVIOUS_SECRET_MS_MAX: Millis = 7 * PREVIOUS_SECRET_MS;

/// How far a mail has come, in the order in which it gets there: what comes later never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DeliveryKind {
    /// The relay has it.
    Accepted,
    /// The recipient's server put it off; the relay tries again.
    Deferred,
    /// The recipient's server has it.
    Delivered,
    /// It came back: at once, or after it was delivered.
    Bounced,
    /// Its reader complained.
    Complained,
}

impl DeliveryKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::Deferred, Self::Delivered, Self::Bounced, Self::Complained];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How far a mail has come at one of its recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendDelivery {
    /// Whose address.
    pub recipient: String,
    /// How far.
    pub state: DeliveryKind,
    /// When it was taken note of.
    pub at: Millis,
}

/// What became of a mail. One of the two ids is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryEvent {
    /// What.
    pub event: DeliveryKind,
    /// The mail.
    #[serde(default)]
    pub send_id: Option<SendId>,
    /// The mail, by its `Message-ID`, without brackets.
    #[serde(default)]
    pub message_id: Option<String>,
    /// At whose address; may be absent where the mail went to one.
    #[serde(default)]
    pub recipient: Option<String>,
    /// Whether it came back for good, as the relay sees it; absent where it does not say.
    #[serde(default)]
    pub is_hard: Option<bool>,
    /// The enhanced status code (RFC 3463), `5.1.1`.
    #[serde(default)]
    pub status: Option<String>,
    /// What the refusing server said.
    #[serde(default)]
    pub diagnostic: String,
}

/// Takes note of what a relay tells, once for the id of its post. For Postroom itself, once the
/// signature is known to be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoteDeliveries {
    /// `webhook-id`: the same on every try.
    pub post_id: String,
    /// At most [`EVENTS_MAX`].
    pub events: Vec<DeliveryEvent>,
}

/// What came of a [`NoteDeliveries`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveriesNoted {
    /// Whether the post was known, so that nothing was done.
    pub repeated: bool,
    /// Events that changed something.
    pub noted: i64,
    /// Events that came late or again: more was known.
    pub late: i64,
    /// Events about no mail of this inbox that has left, or no recipient of it, or that nobody here
    /// can read.
    pub ignored: i64,
}

/// The endpoint by which a relay tells an inbox, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryWebhook {
    /// Names its secret, which is nowhere: it is made anew whenever it is needed.
    pub key_id: DeliveryKeyId,
    /// Since when there is one.
    pub created_at: Millis,
    /// Until when the secret before the last rotation is good, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
}

/// Makes the endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MakeDeliveryWebhook {}

/// Replaces the secret. The one before is good, too, for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RotateDeliverySecret {
    /// For how long the old secret is good, too: 0 to 7 days in milliseconds; a day where absent.
    #[serde(default)]
    pub keep_previous_ms: Option<Millis>,
}

/// Takes the endpoint away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteDeliveryWebhook {}

/// Asks which secrets are good now. For Postroom itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetDeliveryKeys {}

/// The reply to [`GetDeliveryKeys`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryKeys {
    /// The newest first.
    pub keys: Vec<DeliveryKeyId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kinds_are_those_of_the_wire_and_later_is_more() {
        let mut before = None;
        for kind in DeliveryKind::ALL {
            let json = serde_json::to_string(&kind).expect("a word");
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
            assert_eq!(DeliveryKind::parse(kind.as_str()), Some(kind));
            assert!(before < Some(kind));
            before = Some(kind);
        }
    }
}
