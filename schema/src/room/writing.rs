//! Texts that a language model writes for campaigns, and what the workspace tells it.

use crate::Millis;
use crate::ids::{CampaignId, ProspectId};
use serde::{Deserialize, Serialize};

/// The longest prompt, in characters.
pub const PROMPT_CHARS_MAX: usize = 4_000;
/// How many domains a campaign's texts may link to.
pub const LINK_DOMAINS_MAX: usize = 20;
/// How many claims a campaign bans.
pub const BANNED_MAX: usize = 100;
/// The longest of them, in characters.
pub const BANNED_CHARS_MAX: usize = 200;
/// The shortest and the longest text that is taken from a model, in characters.
pub const WRITTEN_CHARS: (usize, usize) = (20, 4_000);
/// The longest reason that is kept, in characters.
pub const WRITING_REASON_CHARS_MAX: usize = 300;

/// What a model writes in a step, where the step's text has `{{ai}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepAi {
    /// What it is to write: 1 to 4,000 characters. Beside it the model gets the prospect's name,
    /// title, company and domain, and of the attributes those that are named here.
    pub prompt: String,
}

/// What holds for what models write in a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AiRules {
    /// Whether somebody of the team has to approve each text.
    #[serde(default)]
    pub approval: bool,
    /// The domains that it may link to, with those below them; at most 20.
    #[serde(default)]
    pub link_domains: Vec<String>,
    /// What it may not say, in any case: at most 100, of 200 characters.
    #[serde(default)]
    pub banned_claims: Vec<String>,
}

/// What the workspace tells models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AiSettings {
    /// Who writes, and how: stands before the prompt of every step. Empty before it is set.
    pub prompt: String,
    /// Whether models read what people answer to campaigns, where the rules cannot tell what it is:
    /// the text of such a mail then goes to a provider. Off before it is set.
    #[serde(default)]
    pub classify_answers: bool,
    /// Grows with each change; the `ETag`. 0 before they are set.
    pub version: i64,
}

/// How far a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum WritingState {
    /// A model is asked for it.
    Waiting,
    /// Somebody has to approve it.
    AwaitingApproval,
    /// It may be sent.
    Ready,
    /// There is none that may be sent: a person has to look after it.
    Refused,
}

impl WritingState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::AwaitingApproval, Self::Ready, Self::Refused];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::AwaitingApproval => "awaitingApproval",
            Self::Ready => "ready",
            Self::Refused => "refused",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// What a model writes to a prospect in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignText {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The step, from 1.
    pub step: i64,
    /// How far it is.
    pub state: WritingState,
    /// What stands for `{{ai}}`; the last that was written, also where it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why it is refused, or is not there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who wrote it: a provider; `person` where somebody changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<String>,
    /// How many texts were refused.
    pub refusals: i64,
    /// Another for each text that is written, and for each that somebody gives: what is approved
    /// is named by it.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Millis,
}

/// Reads what the workspace tells models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetAiSettings {}

/// Changes it; what is missing stays. Texts that are written keep what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeAiSettings {
    /// Who writes, and how: at most 4,000 characters.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Whether models read what people answer, where the rules cannot tell what it is.
    #[serde(default)]
    pub classify_answers: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Lists what models wrote in a campaign, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListCampaignTexts {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Only those that are so far.
    #[serde(default)]
    pub state: Option<WritingState>,
    /// 1 to 100.
    #[serde(default)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// What somebody says to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It may be sent.
    Approve,
    /// It may not: the prospect is blocked until somebody gives another, or has one written.
    Reject,
    /// Another is to be written.
    Rewrite,
}

/// Approves, changes or rejects a text that has not been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct JudgeCampaignText {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The step that it is for, from 1.
    pub step: i64,
    /// What becomes of it.
    pub verdict: Verdict,
    /// With `approve`: what is sent instead, 20 to 4,000 characters.
    #[serde(default)]
    pub text: Option<String>,
    /// The version that was read: it is needed to approve what a model wrote, so that nobody
    /// approves what nobody has seen.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// A consumer asks what is to be written. For Postroom itself. Reply: [`WritingOrder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BeginWriting {
    /// Which text.
    pub number: i64,
    /// Which try of it.
    pub attempt: i64,
}

/// What is to be written: nothing, where it has been, or somebody else is at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WritingOrder {
    /// It.
    #[serde(default)]
    pub order: Option<Writing>,
}

/// A text that is to be written, or an answer that is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Writing {
    /// To whom.
    pub prospect_id: ProspectId,
    /// What the workspace tells models.
    pub workspace_prompt: String,
    /// What is to be written.
    pub prompt: String,
    /// The mail that it stands in, for `{{ai}}`.
    pub template: String,
    /// How many texts were refused: another provider is asked first each time.
    pub refusals: i64,
    /// Why the last one was.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the prospect answered, where it is to be said which kind of answer that is, and nothing
    /// to be written.
    #[serde(default)]
    pub answer: Option<String>,
}

/// A consumer tells what was written. For Postroom itself. Reply: `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FinishWriting {
    /// Which text.
    pub number: i64,
    /// Which try of it.
    pub attempt: i64,
    /// What came of it.
    pub outcome: WritingOutcome,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum WritingOutcome {
    /// A model wrote.
    Written(Written),
    /// Models were asked, and none wrote a whole text.
    Failed(WritingFailed),
    /// None could be asked now.
    Unavailable(WritingUnavailable),
    /// None was asked: the person may not be written to.
    Withheld(WritingWithheld),
}

/// What a model wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Written {
    /// Its provider.
    pub provider: String,
    /// The text; of an answer, the name of its kind.
    pub text: String,
    /// A hash of what the model was told of the person.
    pub facts: String,
}

/// Why there is no whole text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct WritingFailed {
    /// What the providers said to it.
    pub why: String,
}

/// Why none could be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WritingUnavailable {
    /// What keeps it.
    pub why: String,
    /// In how long that may be over.
    pub retry_after_ms: Millis,
    /// Whether a provider was asked, and kept it; else we did not come so far.
    #[serde(default)]
    pub asked: bool,
}

/// Why none was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct WritingWithheld {
    /// Why the person is not written to: a word, as enrolments have it.
    pub why: String,
}
