//! The workspace's business hours.

use super::calendar::{Calendar, Hours};
use super::store::hours as store;
use crate::kernel::Ctx;
use schema::room::hours::BusinessHours;
use schema::{Millis, Reject};

/// The scope of the workspace's own hours.
const WORKSPACE: &str = "";

/// The hours as they are set; those of a workspace that never set them have no opening and the
/// version 0.
///
/// # Errors
/// A storage fault.
pub fn find(ctx: &Ctx<'_>) -> Result<BusinessHours, Reject> {
    Ok(store::find(ctx.sql, WORKSPACE)?.unwrap_or_else(|| BusinessHours {
        time_zone: "UTC".into(),
        week: Vec::new(),
        holidays: Vec::new(),
        updated_at: 0,
        version: 0,
    }))
}

/// Sets the hours.
///
/// # Errors
/// A storage fault.
pub fn set(ctx: &Ctx<'_>, hours: &BusinessHours) -> Result<(), Reject> {
    Ok(store::set(ctx.sql, WORKSPACE, hours)?)
}

/// Which moments count: those within business hours, or all.
///
/// # Errors
/// A storage fault.
pub fn calendar(ctx: &Ctx<'_>, business: Business) -> Result<Calendar, Reject> {
    if business == Business::No {
        return Ok(Calendar::Always);
    }
    match store::find(ctx.sql, WORKSPACE)? {
        Some(hours) => Ok(Calendar::Hours(Box::new(Hours::of(&hours)?))),
        None => Ok(Calendar::Always),
    }
}

/// Whether only business hours count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Business {
    /// Only they.
    Yes,
    /// All hours.
    No,
}

impl From<bool> for Business {
    fn from(only: bool) -> Self {
        if only { Self::Yes } else { Self::No }
    }
}

/// Milliseconds of minutes.
#[must_use]
pub const fn millis(minutes: i64) -> Millis {
    minutes * 60_000
}
