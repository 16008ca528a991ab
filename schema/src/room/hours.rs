//! Business hours: when the team is there, in its own time zone.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// How many openings a week has at most.
pub const OPENINGS_MAX: usize = 50;
/// How many holidays there are at most.
pub const HOLIDAYS_MAX: usize = 500;
/// The longest name of a holiday, in characters.
pub const HOLIDAY_CHARS_MAX: usize = 100;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// A time of a day at which the team is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// The day of the week.
    pub day: Day,
    /// From, as `09:00` on the wall.
    pub from: String,
    /// To, as `17:30` on the wall; `24:00` is the end of the day.
    pub to: String,
}

/// A day on which the team is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Holiday {
    /// The day, as `2026-12-25`.
    pub date: String,
    /// What it is called: at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// When the team is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BusinessHours {
    /// The IANA name of the time zone.
    pub time_zone: String,
    /// The week: 1 to 50 openings, none over another.
    pub week: Vec<Opening>,
    /// The days on which nobody is there: at most 500.
    pub holidays: Vec<Holiday>,
    /// When they were last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`. 0 before they are set: then every hour counts.
    pub version: i64,
}

/// The data of `businessHours.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BusinessHoursChanged {
    /// The hours after the change.
    pub business_hours: BusinessHours,
    /// The hours before the change.
    pub before: BusinessHours,
}

/// Reads the business hours. Where none are set, every hour of every day counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetBusinessHours {}

/// Sets the business hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetBusinessHours {
    /// The IANA name of the time zone, like `Europe/Rome`.
    pub time_zone: String,
    /// The week: 1 to 50 openings, none over another.
    pub week: Vec<Opening>,
    /// The days on which nobody is there: at most 500.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}
