//! `archiveOutreach`. Who: Postroom itself.
//!
//! Decisions are given out in the order of their numbers, and forgotten when it is said that they
//! are in storage; asked twice, the same ones are given, and nothing is forgotten that was not.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::outreach::store::decisions;
use schema::room::enrolment::{ARCHIVED_MAX, ArchiveOutreach, ArchivedDecisions};
use schema::{Permission, Reject};

/// Gives the oldest decisions.
///
/// # Errors
/// `forbidden`.
pub fn archive(ctx: &mut Ctx<'_>, input: ArchiveOutreach) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Manage)?;
    let ArchiveOutreach { before, through } = input;
    decisions::forget(ctx.sql, through, before)?;
    if through == 0 {
        decisions::forget_turns(ctx.sql, before, ARCHIVED_MAX)?;
    }
    let mut items = decisions::oldest(ctx.sql, ARCHIVED_MAX)?;
    items.retain(|one| one.decision.at < before);
    for one in &mut items {
        // What servers and templates say comes behind a colon.
        let why = one.decision.why.take();
        one.decision.why = why.map(|why| why.split(": ").next().unwrap_or_default().to_owned());
    }
    Reply::of(&ArchivedDecisions { items })
}
