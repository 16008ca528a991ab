//! `archiveOutreach`. Who: Postroom itself.
//!
//! Decisions are given out in the order of their numbers, and forgotten when it is said that they
//! are in storage; asked twice, the same ones are given, and nothing is forgotten that was not.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::outreach::store::decisions;
use schema::room::enrolment::{ARCHIVED_MAX, ArchiveOutreach, ArchivedDecisions};
use schema::{Permission, Reject};

/// How many turns are looked at each time.
const TURNS_MAX: i64 = 5_000;

/// Gives the oldest decisions.
///
/// # Errors
/// `forbidden`.
pub fn archive(ctx: &mut Ctx<'_>, input: ArchiveOutreach) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Manage)?;
    let ArchiveOutreach { before, through } = input;
    decisions::forget(ctx.sql, through, before)?;
    decisions::forget_turns(ctx.sql, before, TURNS_MAX)?;
    let mut items = decisions::oldest(ctx.sql, ARCHIVED_MAX)?;
    items.retain(|one| one.decision.at < before);
    for one in &mut items {
        // A word of ours or an id, and not what a server or a template says of somebody.
        let is_ours = |why: &String| why.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let why = one.decision.why.take();
        let why = why.map(|why| why.split(": ").next().unwrap_or_default().to_owned());
        one.decision.why = why.filter(is_ours);
    }
    Reply::of(&ArchivedDecisions { items })
}
