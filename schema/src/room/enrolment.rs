//! Prospects in campaigns: where they stand, what was decided about them, and what comes of their
//! mails.

use super::answer::CampaignAnswer;
use super::writing::WritingState;
use crate::Millis;
use crate::ids::{CampaignId, InboxId, ProspectId, SendId};
use crate::inbox::SendState;
use serde::{Deserialize, Serialize};

/// How many prospects one request enrols.
pub const ENROL_MAX: usize = 500;
/// How many decisions are put into storage at once.
pub const ARCHIVED_MAX: i64 = 1_000;

/// How many prospects of a campaign stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentCounts {
    /// They wait for a step.
    pub waiting: i64,
    /// A step is under way to them.
    pub sending: i64,
    /// They got all steps.
    pub finished: i64,
    /// They get none any more.
    pub stopped: i64,
    /// A person has to look after them.
    pub blocked: i64,
}

/// Where a prospect stands in a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum EnrolmentState {
    /// It waits for its next step.
    Waiting,
    /// A step is under way.
    Sending,
    /// It got all steps.
    Finished,
    /// It gets none any more: it answered, opted out, bounced, or somebody said so.
    Stopped,
    /// A person has to look after it: a variable has no value, or nobody knows whether a mail left.
    Blocked,
}

impl EnrolmentState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Sending, Self::Finished, Self::Stopped, Self::Blocked];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Blocked => "blocked",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// A prospect in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// Where it stands.
    pub state: EnrolmentState,
    /// Why it stands there, where there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The step that comes next, or is under way, from 1.
    pub step: i64,
    /// Before when that is not sent, where it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Millis>,
    /// The inbox that writes to it, once one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// How many mails it got.
    pub sent: i64,
    /// When the last of them left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent_at: Option<Millis>,
    /// When it was enrolled.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// What last came back from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<CampaignAnswer>,
}

/// What was decided about a prospect in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// When.
    pub at: Millis,
    /// The step that it was about.
    pub step: i64,
    /// What: `enrolled`, `written` (by hand), `text`, `assigned`, `sent`, `held`, `postponed`,
    /// `answered`, `classified` (by a model), `stopped`, `blocked`, `finished`.
    pub what: String,
    /// Why, or what of it: the limit that held it, the inbox that it was given to, the agent who
    /// wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A time in which a campaign's turns all ended alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Turns {
    /// The first turn.
    pub from_at: Millis,
    /// The last turn.
    pub to_at: Millis,
    /// How many there were.
    pub turns: i64,
    /// What kept the rest from being sent: a limit; `nothingDue` where nobody waited any more.
    pub why: String,
    /// When that passes, as of the last turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// How many mails were assigned.
    pub assigned: i64,
}

/// Enrols prospects in a campaign; those that were stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Enrol {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospects: 1 to 500.
    pub prospect_ids: Vec<ProspectId>,
}

/// The answer to [`Enrol`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Enrolled {
    /// How many are new in it.
    pub enrolled: i64,
    /// How many were in it before.
    pub known: i64,
}

/// Names a prospect in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetEnrolment {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
}

/// Lists the prospects of a campaign, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListEnrolments {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Only those that stand there.
    #[serde(default)]
    pub state: Option<EnrolmentState>,
    /// 1 to 100.
    #[serde(default)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Takes a prospect out of a campaign, or puts one that is blocked back into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeEnrolment {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// `stopped`; or `waiting` for one that is blocked, or that somebody stopped.
    pub state: EnrolmentState,
}

/// Lists what was decided about a prospect in a campaign, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListDecisions {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// 1 to 100.
    #[serde(default)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Lists how a campaign's turns ended, the latest first: with [`ListDecisions`] it says for every
/// prospect and every turn why it was written to or was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListTurns {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// 1 to 100.
    #[serde(default)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Gives the oldest decisions, and forgets those that were given before, and how turns ended. For
/// Postroom itself, which puts them into storage in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ArchiveOutreach {
    /// Only what is older than that.
    pub before: Millis,
    /// The last of those that are in storage by now; 0 for none.
    #[serde(default)]
    pub through: i64,
}

/// Counts what campaigns did. For Postroom itself, which tells operators each week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CountOutreach {
    /// From then on.
    pub since: Millis,
}

/// The answer to [`ArchiveOutreach`]: at most [`ARCHIVED_MAX`] decisions, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ArchivedDecisions {
    /// The decisions.
    pub items: Vec<ArchivedDecision>,
}

/// A decision as it is kept in storage: without anything that names a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ArchivedDecision {
    /// Numbers the decisions of the workspace.
    pub number: i64,
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Numbers the prospects of the workspace's campaigns.
    pub enrolment: i64,
    /// When, of which step, what, and why.
    #[serde(flatten)]
    pub decision: Decision,
}

/// Has every campaign take its turn now, as its timer does. For who manages, and for Postroom
/// itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TakeTurns {}

/// The answer to [`TakeTurns`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TurnsTaken {
    /// How many campaigns are active.
    pub campaigns: i64,
    /// How many mails were assigned.
    pub assigned: i64,
    /// When the next turn is taken by itself, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Millis>,
}

/// An inbox tells what became of a campaign's mail. For Postroom itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoteOutreach {
    /// The mail's key.
    pub key: String,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub send_id: SendId,
    /// Its version: what is older than what was told before changes nothing.
    pub version: i64,
    /// The message id in its header.
    pub message_id: String,
    /// Where it is.
    pub state: SendState,
    /// Why.
    #[serde(default)]
    pub error: Option<String>,
    /// When it left.
    #[serde(default)]
    pub left_at: Option<Millis>,
}

/// Somebody follows a link to opt out: everything that goes to them stops. For Postroom itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OptOut {
    /// What the link ends in.
    pub token: String,
    /// Only say whether the link is one of ours.
    #[serde(default)]
    pub dry: bool,
}

/// The answer to [`OptOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OptedOut {
    /// The prospect.
    pub prospect_id: ProspectId,
}

/// The data of `campaign.enrolled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignEnrolled {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// How many prospects are new in it.
    pub enrolled: i64,
}

/// The data of `outreach.sent`, `outreach.stopped`, `outreach.blocked` and `outreach.finished`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutreachEvent {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The step.
    pub step: i64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The data of `outreach.written`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutreachWritten {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The step that the text is for.
    pub step: i64,
    /// How far the text is.
    pub state: WritingState,
}

/// Forgets what campaigns know of a prospect who was erased. For Postroom itself. Reply: `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ForgetProspect {
    /// The prospect, or an alias of it.
    pub prospect_id: ProspectId,
}
