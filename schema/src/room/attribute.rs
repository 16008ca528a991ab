//! Attributes: fields of users, companies and tickets that a workspace defines for itself.

use crate::Millis;
use crate::ids::AttributeId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest key, in characters.
pub const KEY_CHARS_MAX: usize = 50;
/// The longest label and option, in characters.
pub const LABEL_CHARS_MAX: usize = 100;
/// How many options a list may have.
pub const OPTIONS_MAX: usize = 200;
/// How many attributes may be defined for each kind of thing.
pub const ATTRIBUTES_MAX: i64 = 100;
/// The longest text as a value, in characters.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// How large the values of one thing may be, as JSON, in bytes.
pub const VALUES_BYTES_MAX: usize = 16 * 1024;
/// The greatest number as a value, to both sides of zero.
pub const NUMBER_MAX: f64 = 1e15;

/// What has attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Users.
    User,
    /// Companies.
    Company,
    /// Tickets.
    Ticket,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Company, Self::Ticket];

    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Company => "company",
            Self::Ticket => "ticket",
        }
    }

    /// The subject of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// What values an attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// A text of 1 to 1,000 characters.
    Text,
    /// A number between -10^15 and 10^15.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day: `"2026-11-02"`.
    Date,
    /// One of the options.
    List,
}

impl AttributeType {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::List => "list",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Text, Self::Number, Self::Boolean, Self::Date, Self::List];
        all.into_iter().find(|it| it.as_str() == name)
    }
}

/// The definition of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The definition.
    pub id: AttributeId,
    /// What has it.
    pub subject: Subject,
    /// Its name in `attributes`: lower-case letters, digits and `_`, unique for its subject.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// The values that a list takes.
    pub options: Vec<String>,
    /// When it was defined.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The data of `attribute.created` and `attribute.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttributeEvent {
    /// After the change; of one that was deleted, as it last was.
    pub attribute: Attribute,
}

/// The data of `attribute.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttributeChanged {
    /// After the change.
    pub attribute: Attribute,
    /// The fields that have changed, as they were before.
    #[serde(default)]
    pub before: Map<String, Value>,
}

/// Lists the attributes that are defined, in the order of their making. Reply: a page of
/// [`Attribute`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAttributes {
    /// Only those of these things.
    #[serde(default)]
    pub subject: Option<Subject>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetAttribute {
    /// The definition.
    pub attribute_id: AttributeId,
}

/// Defines an attribute. `conflict` where the subject has one of the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateAttribute {
    /// What has it.
    pub subject: Subject,
    /// 1 to 50 lower-case letters, digits and `_`, a letter first.
    pub key: String,
    /// 1 to 100 characters.
    pub label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// For a list, and only there: 1 to 200 values of 1 to 100 characters.
    #[serde(default)]
    pub options: Vec<String>,
}

/// Changes a definition; what is absent stays. Values that are there stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeAttribute {
    /// The definition.
    pub attribute_id: AttributeId,
    /// The new label.
    #[serde(default)]
    pub label: Option<String>,
    /// The new options of a list.
    #[serde(default)]
    pub options: Option<Vec<String>>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Deletes a definition. Values of it go when the attributes of their thing next change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteAttribute {
    /// The definition.
    pub attribute_id: AttributeId,
    /// Delete only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}
