//! `archiveOutreach` and `countOutreach`. Who: Postroom itself.
//!
//! Decisions are given out in the order of their numbers, and forgotten when it is said that they
//! are in storage; asked twice, the same ones are given, and nothing is forgotten that was not.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::outreach::store::{decisions, texts};
use crate::workspace_room::outreach::word_of;
use schema::alert::OutreachCounts;
use schema::room::enrolment::{ARCHIVED_MAX, ArchiveOutreach, ArchivedDecisions, CountOutreach};
use schema::{Permission, Reject};

/// How many turns are looked at each time.
const TURNS_MAX: i64 = 5_000;
/// How many texts that wait are counted.
const TEXTS_MAX: i64 = 10_000;

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
        let why = one.decision.why.take();
        one.decision.why = why.as_deref().and_then(word_of).map(str::to_owned);
    }
    Reply::of(&ArchivedDecisions { items })
}

/// Counts what campaigns did.
///
/// # Errors
/// `forbidden`.
pub fn count(ctx: &Ctx<'_>, input: CountOutreach) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Manage)?;
    let texts_waiting = texts::to_review(ctx.sql, TEXTS_MAX)?;
    let counts = decisions::count(ctx.sql, input.since)?;
    Reply::of(&OutreachCounts { texts_waiting, ..counts })
}
