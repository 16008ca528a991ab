//! Campaigns: who is written to, what, from which inboxes, and when.
//!
//! A campaign is a sequence of steps. A prospect is enrolled in it, gets one step after the other,
//! and leaves it with its last step, an answer, an opt-out, a bounce, or because somebody says so.

use super::enrolment::EnrolmentCounts;
use super::hours::{Day, Holiday, Opening};
use super::writing::{AiRules, StepAi};
use crate::Millis;
use crate::ids::{CampaignId, InboxId};
use serde::{Deserialize, Serialize};

/// How many campaigns a workspace has at most.
pub const CAMPAIGNS_MAX: i64 = 200;
/// The longest name, in characters.
pub const CAMPAIGN_NAME_CHARS_MAX: usize = 100;
/// How many steps a campaign has at most.
pub const STEPS_MAX: usize = 20;
/// How many inboxes a campaign has at most.
pub const CAMPAIGN_INBOXES_MAX: usize = 50;
/// The longest subject, in characters.
pub const STEP_SUBJECT_CHARS_MAX: usize = 200;
/// The longest text of a step, in characters.
pub const STEP_TEXT_CHARS_MAX: usize = 20_000;
/// The longest footer, in characters.
pub const FOOTER_CHARS_MAX: usize = 1_000;
/// For how many days a step may wait at most.
pub const DELAY_DAYS_MAX: i64 = 365;
/// The highest figure that a day may be limited to.
pub const DAILY_MAX: i64 = 100_000;
/// The longest time between two mails of an inbox, in seconds.
pub const SPACING_S_MAX: i64 = 24 * 60 * 60;
/// The time between two mails of an inbox where none is set, in seconds.
pub const SPACING_S: i64 = 300;

/// Whether a campaign sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CampaignStatus {
    /// It has not begun.
    Draft,
    /// It sends.
    Active,
    /// It does not, until somebody starts it again.
    Paused,
    /// It is over: it never sends again.
    Archived,
}

impl CampaignStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Active, Self::Paused, Self::Archived];

    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Archived => "archived",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// One mail of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CampaignStep"))]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// How many days after the mail before it, 0 to 365; of the first, after the enrolment.
    #[serde(default)]
    pub delay_days: i64,
    /// One line, with variables; a later step without one answers in the thread of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Plain text, with variables: `{{firstName}}`, `{{firstName|there}}`; and `{{ai}}` where a
    /// model writes.
    pub text: String,
    /// What a model writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai: Option<StepAi>,
}

/// When mail may leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendWindow {
    /// The IANA name of the time zone.
    pub time_zone: String,
    /// The week: 1 to 50 openings, none over another.
    pub week: Vec<Opening>,
    /// The days on which nothing leaves: at most 500.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
}

impl SendWindow {
    /// Monday to Saturday, 8 to 18, in a time zone.
    #[must_use]
    pub fn usual(time_zone: String) -> Self {
        let days =
            [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday];
        let opening = |day| Opening { day, from: "08:00".into(), to: "18:00".into() };
        Self { time_zone, week: days.into_iter().map(opening).collect(), holidays: Vec::new() }
    }
}

/// What a campaign is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignPlan {
    /// The inboxes that it sends from: 1 to 50. A prospect gets all steps from the same one.
    pub inbox_ids: Vec<InboxId>,
    /// Its mails, in order: 1 to 20.
    pub steps: Vec<Step>,
    /// When mail may leave.
    pub window: SendWindow,
    /// How many mails may leave in a day of the window's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_max: Option<i64>,
    /// How many seconds lie between two mails of an inbox at least; up to half as many more come
    /// on top, by chance.
    pub spacing_s: i64,
    /// What stands below each mail, before the way to opt out: who writes, and their address.
    pub footer: String,
    /// For how many days the next step waits for who answers "not now", 1 to 365; where it is
    /// missing, such an answer stops the sequence as any other does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_now_days: Option<i64>,
    /// What holds for what models write.
    #[serde(default)]
    pub ai_rules: AiRules,
}

/// A campaign, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    /// The campaign.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// Whether it sends.
    pub status: CampaignStatus,
    /// What it is.
    #[serde(flatten)]
    pub plan: CampaignPlan,
    /// How many prospects stand where.
    pub enrolments: EnrolmentCounts,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// What may hold a mail back, the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Limit {
    /// The campaign's window is shut, or has just opened: each inbox begins in its first five
    /// minutes (in its first quarter where it is shorter than twenty), by its id.
    Window,
    /// What the campaign may send in a day.
    Campaign,
    /// What the workspace may send in a day.
    Workspace,
    /// What may leave from the inbox's domain in a day.
    Domain,
    /// What the inbox may send in a day.
    Inbox,
    /// What the inbox's warm-up allows in a day.
    Warmup,
    /// The inbox is paused, or cannot send.
    Paused,
    /// The inbox has just sent, or is sending.
    Spacing,
    /// The inbox has not yet said how it is.
    Asking,
}

impl Limit {
    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Campaign => "campaign",
            Self::Workspace => "workspace",
            Self::Domain => "domain",
            Self::Inbox => "inbox",
            Self::Warmup => "warmup",
            Self::Paused => "paused",
            Self::Spacing => "spacing",
            Self::Asking => "asking",
        }
    }
}

/// What one limit leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LimitLeft {
    /// Which.
    pub limit: Limit,
    /// How many mails may leave now, as far as it goes.
    pub left: i64,
    /// When that changes by itself; nothing where only a person or a mail changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
}

/// How many mails of a campaign may leave from an inbox now, and why not more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InboxCap {
    /// The inbox.
    pub inbox_id: InboxId,
    /// How many may leave: the least of all limits.
    pub left: i64,
    /// The limit that binds.
    pub binding: Limit,
    /// Until when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// All limits.
    pub limits: Vec<LimitLeft>,
    /// How many it has sent or been given today.
    pub used: i64,
    /// When the inbox last said how it is; nothing where it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Millis>,
}

/// What a workspace's outreach as a whole may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutreachSettings {
    /// How many mails may leave in a day of the workspace's time zone.
    pub daily_max: i64,
    /// How many of them from one domain.
    pub domain_daily_max: i64,
    /// How many of them from one inbox.
    pub inbox_daily_max: i64,
    /// Grows with each change; the `ETag`. 0 before they are set.
    pub version: i64,
}

impl Default for OutreachSettings {
    fn default() -> Self {
        Self { daily_max: 1_000, domain_daily_max: 200, inbox_daily_max: 50, version: 0 }
    }
}

/// Makes a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateCampaign {
    /// What it is called: at most 100 characters.
    pub name: String,
    /// The inboxes that it sends from: 1 to 50.
    pub inbox_ids: Vec<InboxId>,
    /// Its mails, in order: 1 to 20.
    pub steps: Vec<Step>,
    /// When mail may leave; Monday to Saturday, 8 to 18, in the workspace's time zone, where it is
    /// missing.
    #[serde(default)]
    pub window: Option<SendWindow>,
    /// How many mails may leave in a day.
    #[serde(default)]
    pub daily_max: Option<i64>,
    /// How many seconds lie between two mails of an inbox at least; 300 where it is missing.
    #[serde(default)]
    pub spacing_s: Option<i64>,
    /// What stands below each mail: who writes, and their address; 1 to 1,000 characters.
    pub footer: String,
    /// For how many days the next step waits for who answers "not now"; it stops where missing.
    #[serde(default)]
    pub not_now_days: Option<i64>,
    /// What holds for what models write: nobody approves, and no links, where it is missing.
    #[serde(default)]
    pub ai_rules: AiRules,
}

/// Changes a campaign; what is missing stays. Steps that somebody got stay what they were to them;
/// what a model wrote for a step that is changed is written, and approved, anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeCampaign {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// The inboxes that it sends from.
    #[serde(default)]
    pub inbox_ids: Option<Vec<InboxId>>,
    /// Its mails.
    #[serde(default)]
    pub steps: Option<Vec<Step>>,
    /// When mail may leave.
    #[serde(default)]
    pub window: Option<SendWindow>,
    /// How many mails may leave in a day; null for no limit of its own.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub daily_max: Option<Option<i64>>,
    /// How many seconds lie between two mails of an inbox at least.
    #[serde(default)]
    pub spacing_s: Option<i64>,
    /// What stands below each mail.
    #[serde(default)]
    pub footer: Option<String>,
    /// For how many days the next step waits for who answers "not now"; null for a stop.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub not_now_days: Option<Option<i64>>,
    /// What holds for what models write, all of it. What is written and not on its way yet is
    /// written anew.
    #[serde(default)]
    pub ai_rules: Option<AiRules>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Reads a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetCampaign {
    /// The campaign.
    pub campaign_id: CampaignId,
}

/// Lists campaigns, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListCampaigns {
    /// Only those of this status.
    #[serde(default)]
    pub status: Option<CampaignStatus>,
    /// 1 to 100.
    #[serde(default)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Has a campaign send, from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartCampaign {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Where Postroom is reached from outside: how links to opt out begin.
    pub public_url: String,
}

/// Stops a campaign until it is started again; what is under way goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PauseCampaign {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// For good: it never sends again.
    #[serde(default)]
    pub archive: bool,
}

/// Asks how many mails of a campaign may leave now, from each of its inboxes. Reply: a list of
/// [`InboxCap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetCaps {
    /// The campaign.
    pub campaign_id: CampaignId,
}

/// Reads what outreach as a whole may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetOutreachSettings {}

/// Changes what outreach as a whole may do; what is missing stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeOutreachSettings {
    /// How many mails may leave in a day: 0 to 100,000.
    #[serde(default)]
    pub daily_max: Option<i64>,
    /// How many of them from one domain.
    #[serde(default)]
    pub domain_daily_max: Option<i64>,
    /// How many of them from one inbox.
    #[serde(default)]
    pub inbox_daily_max: Option<i64>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// The data of `campaign.created` and `campaign.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignEvent {
    /// The campaign after the change.
    pub campaign: CampaignMark,
}

/// A campaign as events name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignMark {
    /// The campaign.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// Whether it sends.
    pub status: CampaignStatus,
    /// Its version.
    pub version: i64,
}
