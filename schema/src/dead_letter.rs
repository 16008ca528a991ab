//! Dead letters, and what is counted of the pipeline's queues.
//!
//! A dead letter is a message that nobody could do anything with, or not after many tries. Its text
//! is in storage; one object of the deployment, the rate limiter named [`instance`], knows which
//! there are, rings where some come, and says so when none is left.

use crate::Millis;
use crate::alert::Alert;
use crate::ids::{DeadLetterId, WorkspaceId};
use crate::pipeline::{MeetingAsked, Queue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name of the object, behind its workspace.
pub const NAME: &str = "pipeline";
/// How much is kept of a reason.
pub const REASON_CHARS_MAX: usize = 300;

/// The object that knows the deployment's dead letters.
#[must_use]
pub fn instance() -> String {
    format!("{}/{NAME}", WorkspaceId(Uuid::nil()))
}

/// What that object may be asked; by Postroom itself alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PipelineCommand {
    /// A batch was consumed. Reply: nothing.
    Consumed(Consumed),
    /// A dead letter is in storage. Reply: [`Left`].
    KeepLetter(KeepLetter),
    /// A dead letter is not in storage any more. Reply: [`Left`].
    DropLetter(DropLetter),
    /// Somebody whom a campaign wrote to wants to meet: it rings. Reply: nothing.
    Meeting(Meeting),
    /// Something begins, or ends: it rings where that is new. Reply: nothing.
    Ring(Ring),
    /// Which there are? Reply: [`Letters`].
    ListLetters(ListLetters),
    /// How do the queues stand? Reply: [`Queues`].
    GetQueues(GetQueues),
}

/// See [`PipelineCommand::Consumed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Consumed {
    /// The queue.
    pub queue: Queue,
    /// Messages that are done with.
    pub done: i64,
    /// Messages that come back.
    pub again: i64,
    /// Messages that became dead letters.
    pub buried: i64,
    /// Why the last of those that were not done was not.
    #[serde(default)]
    pub error: Option<String>,
}

impl Consumed {
    /// Nothing yet.
    #[must_use]
    pub const fn nothing(queue: Queue) -> Self {
        Self { queue, done: 0, again: 0, buried: 0, error: None }
    }
}

/// See [`PipelineCommand::KeepLetter`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct KeepLetter {
    /// It.
    pub letter: Letter,
    /// Where to ring; nowhere, where it is missing.
    #[serde(default)]
    pub bell: Option<Bell>,
}

/// See [`PipelineCommand::DropLetter`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DropLetter {
    /// Which.
    pub id: DeadLetterId,
    /// Where to ring; nowhere, where it is missing.
    #[serde(default)]
    pub bell: Option<Bell>,
}

/// See [`PipelineCommand::Meeting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Meeting {
    /// Who, and where.
    pub asked: MeetingAsked,
    /// Where to ring.
    pub bell: Bell,
}

/// See [`PipelineCommand::Ring`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Ring {
    /// What.
    pub alert: Alert,
    /// Where to ring; nowhere, where it is missing.
    #[serde(default)]
    pub bell: Option<Bell>,
}

/// See [`PipelineCommand::ListLetters`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListLetters {
    /// Those after this one; from the oldest, where it is missing.
    #[serde(default)]
    pub after: Option<DeadLetterId>,
    /// At most so many.
    pub limit: i64,
}

/// See [`PipelineCommand::GetQueues`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct GetQueues {}

/// Whom operators let ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Bell {
    /// `ALERT_WEBHOOK_URL`.
    pub url: String,
    /// `ALERT_WEBHOOK_SECRET`, sealed for [`instance`]; alerts are not signed where it is missing.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<Vec<u8>>"))]
    pub sealed_secret: Option<serde_bytes::ByteBuf>,
}

/// A dead letter, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "DeadLetter"))]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// Its id, made of the message's name and time: one message is one letter, however often it
    /// comes. In the order of the times.
    pub id: DeadLetterId,
    /// The queue that it lay on; none where neither the platform nor the message tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Why nothing could be done with it.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was put on its queue.
    pub sent_at: Millis,
    /// When it became a dead letter.
    pub died_at: Millis,
}

/// How many dead letters there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Left {
    /// So many.
    pub left: i64,
}

/// A page of dead letters, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Letters {
    /// They.
    pub letters: Vec<Letter>,
}

/// How all queues stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Queues {
    /// Each of them.
    pub queues: Vec<QueueStatus>,
}

/// What Postroom itself has counted of a queue. How many messages wait on it, only the platform
/// knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    /// Which.
    pub queue: Queue,
    /// Messages that were done with, since the deployment began.
    pub done: i64,
    /// Tries that failed and came back.
    pub again: i64,
    /// Messages that became dead letters.
    pub buried: i64,
    /// Of those, how many dead letters there are now.
    pub dead_letters: i64,
    /// When a batch of it was last consumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumed_at: Option<Millis>,
    /// When a message of it last failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Millis>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
