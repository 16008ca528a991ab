//! Gives a work of the pipeline to whoever carries it out, where it is due.
//!
//! For consumers of queues. It is leased: nobody else gets it until the lease is over. Whoever is
//! suppressed has none, and while it is being settled who the person is nobody is asked: another
//! record may say that they want none of it. A prospect that nobody has let into the pipeline
//! enters it with the first work. Who tries again is told that the company's pages were read: they
//! are strangers', and once is enough. Rejects: `not_found`, `gone` with `movedTo` (ask there),
//! `gone` with `erased`.

use crate::kernel::Ctx;
use crate::prospect_dedup::pipeline::{self, SUPPRESSED};
use crate::prospect_dedup::store::{identities, pipeline as store, suppressions};
use crate::prospect_dedup::{person, site};
use schema::Reject;
use schema::prospect::{BeginWork, Begun, Known, PipelineState, WorkKind};

/// Gives a work.
///
/// # Errors
/// See above; `forbidden` (only for Postroom itself).
pub fn begin_work(ctx: &mut Ctx<'_>, input: &BeginWork) -> Result<Begun, Reject> {
    ctx.require_system()?;
    let mut me = person::owner(ctx)?;
    let found = match (store::load(ctx.sql)?, input.work) {
        (None, WorkKind::Enrich) => Some(pipeline::fresh(ctx.now)),
        (row, _) => row,
    };
    let due = |row: &schema::prospect::PipelineRow| {
        row.state == input.work.due_state() && row.due_at <= ctx.now
    };
    let Some(row) = found.filter(due) else { return Ok(Begun::Nothing {}) };
    if suppressions::strongest(ctx.sql)?.is_some() {
        pipeline::enter(ctx, row, PipelineState::GivenUp, Some(SUPPRESSED.to_owned()))?;
        person::touch(ctx, &mut me)?;
        return Ok(Begun::Nothing {});
    }
    if identities::any_pending(ctx.sql)? {
        pipeline::wait(ctx, row)?;
        return Ok(Begun::Nothing {});
    }
    let row = pipeline::lease(ctx, row, input.work)?;
    let is_site_read = site::is_read_since(ctx, row.since)?;
    let person = Known { is_site_read, ..pipeline::known(ctx)? };
    Ok(Begun::Leased { attempt: row.attempt, until: row.due_at, person })
}
