//! Commands and replies of the rate limiter, and the closed table of what is limited to how much.

use crate::Millis;
use crate::dead_letter::PipelineCommand;
use crate::suppression::SuppressionsCommand;
use serde::{Deserialize, Serialize};

/// What is limited. An instance is named `{workspace}/{kind}:{what}`; deployment-wide things have
/// the nil UUID as their workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LimitKind {
    /// Attempts to log in, by client address.
    Login,
    /// Attempts to log in, by account.
    Account,
    /// Registrations of workspaces, by client address.
    Register,
    /// Uses of one-time and refresh tokens, by client address.
    Token,
    /// API requests, by workspace.
    Api,
    /// Requests to a provider of language models, by provider and key.
    Ai,
    /// Tokens of a provider of language models, by provider.
    AiTokens,
    /// Requests to a provider of data about people, by provider and key.
    Data,
    /// Runs of a cron trigger, by its name.
    Cron,
    /// Visits of companies' sites, by workspace.
    Sites,
    /// Visits of one company's sites, by its domain, of the whole deployment.
    Site,
    /// Uses of links to opt out, by client address.
    OptOut,
}

/// So many at once, and so many in each period: the bucket fills evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// How many may come at once, and in each period.
    pub burst: u32,
    /// How long an empty bucket takes to fill.
    pub period_ms: Millis,
}

const fn quota(burst: u32, period_ms: Millis) -> Quota {
    Quota { burst, period_ms }
}

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// What all agents of a workspace together may ask its room.
pub const API_OF_WORKSPACE: Quota = quota(1_000, 10_000);
/// What one agent may ask the room.
pub const API_OF_AGENT: Quota = quota(300, 10_000);

impl LimitKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Login,
        Self::Account,
        Self::Register,
        Self::Token,
        Self::Api,
        Self::Ai,
        Self::AiTokens,
        Self::Data,
        Self::Cron,
        Self::Sites,
        Self::Site,
        Self::OptOut,
    ];

    /// The kind's name on the wire and in instance names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Account => "account",
            Self::Register => "register",
            Self::Token => "token",
            Self::Api => "api",
            Self::Ai => "ai",
            Self::AiTokens => "aiTokens",
            Self::Data => "data",
            Self::Cron => "cron",
            Self::Sites => "sites",
            Self::Site => "site",
            Self::OptOut => "optOut",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its quotas; a request must fit into each.
    #[must_use]
    pub const fn quotas(self) -> &'static [Quota] {
        const LOGIN: [Quota; 2] = [quota(10, MINUTE), quota(100, HOUR)];
        const ACCOUNT: [Quota; 1] = [quota(10, 15 * MINUTE)];
        const REGISTER: [Quota; 1] = [quota(10, HOUR)];
        const TOKEN: [Quota; 1] = [quota(60, MINUTE)];
        const API: [Quota; 1] = [API_OF_WORKSPACE];
        const AI: [Quota; 2] = [quota(60, MINUTE), quota(10_000, DAY)];
        const AI_TOKENS: [Quota; 2] = [quota(200_000, MINUTE), quota(20_000_000, DAY)];
        // The last: never more than ten in a second, which is Hunter's limit for its verifier.
        const DATA: [Quota; 3] = [quota(50, MINUTE), quota(600, DAY), quota(4, 700)];
        // No trigger goes off twice in half a minute, unless it is told twice of one time.
        const CRON: [Quota; 1] = [quota(1, MINUTE / 2)];
        // A whole list of people may be let in at once.
        const SITES: [Quota; 1] = [quota(10_000, DAY)];
        const SITE: [Quota; 2] = [quota(20, HOUR), quota(100, DAY)];
        // Mail programs opt out for many people from one address: nobody of them may be kept from
        // it, and only who tries links in a loop is.
        const OPT_OUT: [Quota; 1] = [quota(120, MINUTE)];
        match self {
            Self::Login => &LOGIN,
            Self::Account => &ACCOUNT,
            Self::Register => &REGISTER,
            Self::Token => &TOKEN,
            Self::Api => &API,
            Self::Ai => &AI,
            Self::AiTokens => &AI_TOKENS,
            Self::Data => &DATA,
            Self::Cron => &CRON,
            Self::Sites => &SITES,
            Self::Site => &SITE,
            Self::OptOut => &OPT_OUT,
        }
    }

    /// The name of the instance that limits `what`, in a workspace.
    #[must_use]
    pub fn instance(self, workspace: crate::ids::WorkspaceId, what: &str) -> String {
        format!("{workspace}/{}:{what}", self.as_str())
    }
}

/// What a limiter may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LimiterCommand {
    /// May it be done now? Reply: [`CheckReply`].
    Check(Check),
    /// How did the provider take it? Reply: [`LimiterStatus`].
    Report(Report),
    /// How full is the bucket, how is the provider? Reply: [`LimiterStatus`].
    Status(GetLimiter),
    /// About the deployment's queues and dead letters, of the one object that knows them.
    Pipeline(PipelineCommand),
    /// About the deployment's suppression list, of the one object that knows it.
    Suppressions(SuppressionsCommand),
}

/// See [`LimiterCommand::Check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The kind that the instance is of.
    pub kind: LimitKind,
    /// How many it counts as; 1 where it is missing.
    #[serde(default)]
    pub cost: Option<u32>,
}

/// See [`LimiterCommand::Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The kind that the instance is of.
    pub kind: LimitKind,
    /// What came of the call.
    pub outcome: CallOutcome,
    /// The number that [`CheckReply::probe`] gave, where it gave one.
    #[serde(default)]
    pub probe: Option<i64>,
}

/// What came of a call to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CallOutcome {
    /// It answered.
    Ok,
    /// It did not answer, or with an error of its own.
    Failed,
    /// It said when to come back.
    RetryAfter(RetryAfter),
}

/// See [`CallOutcome::RetryAfter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetryAfter {
    /// In how long; at most a day is believed.
    pub ms: Millis,
}

/// See [`LimiterCommand::Status`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetLimiter {}

/// Why something may not be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Denial {
    /// The quota is used up: ours, or the provider's own, which asked to be left alone for a while.
    Quota,
    /// The provider failed.
    BackOff,
    /// The provider failed too often; a probe will tell when it is back.
    Circuit,
}

/// Whether it may be done now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckReply {
    /// Whether it may.
    pub allowed: bool,
    /// In how long the same question would be allowed, if nobody else asks; 0 where it is now.
    pub retry_after_ms: Millis,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<Denial>,
    /// Set where this is the one call that tries a provider again; to be given to the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<i64>,
}

/// Whether a provider is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Circuit {
    /// It is.
    Closed,
    /// It is not.
    Open,
    /// One call at a time tries it.
    HalfOpen,
}

impl Circuit {
    /// The name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "halfOpen",
        }
    }

    /// The circuit of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Closed, Self::Open, Self::HalfOpen].into_iter().find(|one| one.as_str() == name)
    }
}

/// How full one bucket is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// Its size and how fast it fills.
    pub quota: Quota,
    /// How many may come now.
    pub left: i64,
    /// When it is full again.
    pub full_at: Millis,
}

/// Where a limiter stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LimiterStatus {
    /// What is limited: the instance's name after the workspace.
    pub name: String,
    /// Its kind.
    pub kind: LimitKind,
    /// Its buckets.
    pub buckets: Vec<Bucket>,
    /// Whether the provider is called.
    pub circuit: Circuit,
    /// Failures in a row.
    pub failures: i64,
    /// Until when nothing is allowed, whatever the quota says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_until: Option<Millis>,
}
