//! Tells how full the buckets are and how the provider is.

use crate::kernel::Ctx;
use crate::rate_limiter::{buckets, named, provider, store};
use schema::limiter::LimiterStatus;
use schema::{Permission, Reject};

/// Tells how full the buckets are and how the provider is. Permission: read. It changes nothing.
///
/// # Errors
/// `forbidden`; `not_found` for a name that limits nothing.
pub fn status(ctx: &Ctx<'_>) -> Result<LimiterStatus, Reject> {
    ctx.require(Permission::Read)?;
    whole(ctx)
}

/// The status.
pub(super) fn whole(ctx: &Ctx<'_>) -> Result<LimiterStatus, Reject> {
    let (kind, name) = named(ctx)?;
    let state = store::provider(ctx.sql)?;
    let wait = provider::wait(&state, ctx.now);
    Ok(LimiterStatus {
        name,
        kind,
        buckets: buckets::look(ctx.sql, ctx.now, kind)?,
        circuit: provider::circuit(&state, ctx.now),
        failures: state.failures,
        blocked_until: (wait > 0).then(|| ctx.now + wait),
    })
}
