//! Conditions: a closed set of questions about a ticket. Automations, workflows and SLA policies
//! ask them.

use serde::{Deserialize, Serialize};

/// How many conditions a list has at most.
pub const CONDITIONS_MAX: usize = 20;
/// How many groups there are at most.
pub const GROUPS_MAX: usize = 10;
/// How many values a condition has at most.
pub const VALUES_MAX: usize = 50;
/// The longest value, in characters.
pub const VALUE_CHARS_MAX: usize = 200;

/// Whether all conditions must hold, or one is enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// All of them.
    #[default]
    All,
    /// One of them.
    Any,
}

/// Conditions and groups of them. Without any, everything fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conditions {
    /// `all` where absent.
    #[serde(default, rename = "match")]
    pub mode: Match,
    /// Conditions, at most 20.
    #[serde(default)]
    pub of: Vec<Condition>,
    /// Groups of conditions, at most 10; each counts as one condition.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// A group of conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// `all` where absent.
    #[serde(default, rename = "match")]
    pub mode: Match,
    /// Conditions, 1 to 20.
    pub of: Vec<Condition>,
}

/// One question about a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is looked at.
    pub field: Field,
    /// How.
    pub op: Operator,
    /// What it is compared with: one of them is enough (for the negative operators, none may fit).
    /// 1 to 50 of at most 200 characters, for the operators that compare with texts.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it is compared with, for `over` and `under`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// The ticket's subject.
    Subject,
    /// The text of the comment that is the occasion, else of the last comment.
    Body,
    /// `open`, `pending`, `waiting`, `solved` or `closed`.
    Status,
    /// `low`, `normal`, `high` or `urgent`.
    Priority,
    /// The ticket's tags.
    Tags,
    /// The agent who works on it, by id.
    Assignee,
    /// The ticket's team, by id.
    Team,
    /// The ticket's category, by id.
    Category,
    /// The ticket's status of the workspace's own, by id.
    CustomStatus,
    /// The user's address.
    UserEmail,
    /// The part of the user's address after the `@`.
    UserDomain,
    /// The user's name.
    UserName,
    /// The company's name.
    Company,
    /// How the ticket came in: `agent`, `mail`, `schedule`.
    Source,
    /// Whether a machine wrote what is the occasion: `isSet` or `isNotSet`.
    Automatic,
    /// Which fields the occasion changed, as `ticket.changed` names them.
    Changed,
    /// How many comments there are.
    Comments,
    /// Hours since the ticket was opened, rounded down.
    HoursSinceCreated,
    /// Hours since something was last said, rounded down.
    HoursSinceComment,
}

impl Field {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Body => "body",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Tags => "tags",
            Self::Assignee => "assignee",
            Self::Team => "team",
            Self::Category => "category",
            Self::CustomStatus => "customStatus",
            Self::UserEmail => "userEmail",
            Self::UserDomain => "userDomain",
            Self::UserName => "userName",
            Self::Company => "company",
            Self::Source => "source",
            Self::Automatic => "automatic",
            Self::Changed => "changed",
            Self::Comments => "comments",
            Self::HoursSinceCreated => "hoursSinceCreated",
            Self::HoursSinceComment => "hoursSinceComment",
        }
    }
}

/// How a field is looked at. Texts are compared without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Operator {
    /// It is one of the values; a list has one of them.
    Is,
    /// It is none of the values; a list has none of them.
    IsNot,
    /// One of the values is in it.
    Contains,
    /// None of the values is in it.
    DoesNotContain,
    /// It begins with one of the values.
    StartsWith,
    /// It ends with one of the values.
    EndsWith,
    /// There is one.
    IsSet,
    /// There is none.
    IsNotSet,
    /// It is more than `number`.
    Over,
    /// It is less than `number`.
    Under,
}

impl Operator {
    /// How a sentence says it.
    #[must_use]
    pub const fn as_words(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Contains => "contains",
            Self::DoesNotContain => "does not contain",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::IsSet => "is set",
            Self::IsNotSet => "is not set",
            Self::Over => "is over",
            Self::Under => "is under",
        }
    }
}
