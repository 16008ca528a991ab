//! How an inbox is: what came back of its mail, who complained, and from when on that matters.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// How long the health window reaches back.
pub const WINDOW_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// How many mails the health window holds at most, the latest.
pub const WINDOW_SENDS_MAX: i64 = 200;
/// With fewer mails in the window, health is not judged.
pub const WINDOW_SENDS_MIN: i64 = 20;
/// The bounce rate, in hundredths of a per cent, that is still healthy; anything over it pauses.
pub const BOUNCE_RATE_BP_MAX: i64 = 500;

/// How long the window of complaints reaches back: they are rarer than bounces, and come later.
pub const COMPLAINT_WINDOW_MS: Millis = 30 * 24 * 60 * 60 * 1000;
/// How many mails the window of complaints holds at most, the latest.
pub const COMPLAINT_SENDS_MAX: i64 = 2_000;
/// The complaint rate, in hundredths of a per cent, from which on an inbox warns.
pub const COMPLAINT_RATE_BP_WARN: i64 = 10;
/// The complaint rate that stops it, where so many people complained.
pub const COMPLAINT_RATE_BP_MAX: i64 = 30;
/// A single person stops no inbox, however few mails it has sent, and at however many addresses: a
/// domain counts once, but for providers whom many share.
pub const COMPLAINERS_MIN: i64 = 2;

/// The health window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Mails in it.
    pub sends: i64,
    /// How many of them came back; several to one person count as one.
    pub bounced: i64,
    /// How many people complained about one of them, as [`Complaints`] counts them.
    #[serde(default)]
    pub complained: i64,
    /// The share that came back or was complained about, in hundredths of a per cent, rounded
    /// down. Who complained from addresses of one domain counts once there, but for providers whom
    /// many share.
    pub bounce_rate_bp: i64,
    /// The share that pauses is anything over this.
    pub bounce_rate_bp_max: i64,
    /// With fewer mails than this, health is not judged.
    pub sends_min: i64,
    /// The window's beginning.
    pub since: Millis,
    /// How complaints stand.
    #[serde(default)]
    pub complaints: Complaints,
}

/// Complaints about outreach, over a window of their own: the last 30 days, and of these at most
/// 2,000 mails. One counts where a relay that signs says so, or a feedback report of which the
/// topmost `Authentication-Results` says that it passed DMARC: a mailbox whose server writes no
/// such field proves nothing by mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Complaints {
    /// Mails of outreach in the window; 0 while nobody complained about one.
    pub sends: i64,
    /// How many people complained about one: addresses that differ in a tag are one person's.
    pub people: i64,
    /// Their share of the mails, in hundredths of a per cent, rounded down.
    pub rate_bp: i64,
    /// From this share on the inbox warns.
    pub rate_bp_warn: i64,
    /// From this share on it pauses, once two people have complained who are not of one domain, or
    /// who are at a provider whom many share.
    pub rate_bp_max: i64,
    /// Since when it warns; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned_at: Option<Millis>,
}
