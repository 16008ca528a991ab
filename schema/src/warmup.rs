//! Commands and replies of the warm-up counter: how many mails a young inbox may send per local
//! day.
//!
//! A slot is reserved before a mail leaves and settled after. A reservation never expires by itself
//! within its day: nobody but the inbox knows whether the mail has left.

use crate::Millis;
use crate::ids::{InboxId, SendId};
use serde::{Deserialize, Serialize};

/// How many past days a status tells of at most.
pub const DAYS_MAX: i64 = 366;

/// What a day of week 1, 2, 3, 4 allows; from week 5 on the last figure holds.
pub const ALLOWANCES: [i64; 5] = [5, 10, 15, 18, 20];

/// What a warm-up counter may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum WarmupCommand {
    /// Begins the warm-up; again with the same values it changes nothing. Reply: [`WarmupStatus`].
    Start(StartWarmup),
    /// Asks for one of today's slots. Reply: [`ReserveReply`].
    Reserve(ReserveSlot),
    /// The mail has left, or may have. Reply: [`SettleReply`].
    Commit(SettleSlot),
    /// The mail has not left, for certain. Reply: [`SettleReply`].
    Release(SettleSlot),
    /// Moves the inbox to another time zone. Reply: [`WarmupStatus`].
    SetZone(SetZone),
    /// Tells of today and of past days. Reply: [`WarmupStatus`].
    Status(GetWarmup),
}

/// See [`WarmupCommand::Start`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartWarmup {
    /// IANA name, such as `Europe/Rome`.
    pub time_zone: String,
    /// The first day of week 1, `YYYY-MM-DD`; today where it is missing; never in the future.
    #[serde(default)]
    pub started_on: Option<String>,
}

/// See [`WarmupCommand::Reserve`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReserveSlot {
    /// The mail. The same mail gets the same slot; asked again on a later day, it needs one of
    /// then.
    pub send_id: SendId,
}

/// See [`WarmupCommand::Commit`] and [`WarmupCommand::Release`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettleSlot {
    /// The mail.
    pub send_id: SendId,
}

/// See [`WarmupCommand::SetZone`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetZone {
    /// IANA name.
    pub time_zone: String,
}

/// See [`WarmupCommand::Status`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetWarmup {
    /// How many past days to tell of, 0 to 366; 14 where it is missing.
    #[serde(default)]
    pub days: Option<i64>,
}

/// Whether a mail has one of today's slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReserveReply {
    /// Whether it has.
    pub granted: bool,
    /// The local day, `YYYY-MM-DD`.
    pub day: String,
    /// How many slots are left.
    pub left: i64,
    /// The local midnight at which the day, and with it this grant, ends.
    pub ends_at: Millis,
    /// When to ask again, where it was not granted: the same midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Millis>,
}

/// What a settled slot counts as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettleReply {
    /// The day that the slot counts for; missing where there is no such slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// Whether it counts as sent.
    pub sent: bool,
}

/// One local day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WarmupDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// The week of the warm-up, from 1.
    pub week: i64,
    /// How many mails may leave.
    pub allowance: i64,
    /// Slots that are reserved and not settled.
    pub reserved: i64,
    /// Mails that left, or may have.
    pub sent: i64,
    /// Slots that are left.
    pub left: i64,
}

/// Where a warm-up stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WarmupStatus {
    /// The inbox.
    pub inbox_id: InboxId,
    /// IANA name.
    pub time_zone: String,
    /// The first day of week 1.
    pub started_on: String,
    /// Today.
    pub today: WarmupDay,
    /// The local midnight at which today ends.
    pub resets_at: Millis,
    /// Past days on which a slot was asked for, newest first.
    pub history: Vec<WarmupDay>,
}

/// What a day of a week (from 1) allows.
#[must_use]
pub fn allowance(week: i64) -> i64 {
    let last = ALLOWANCES.len() - 1;
    ALLOWANCES[usize::try_from(week - 1).unwrap_or(0).min(last)]
}
