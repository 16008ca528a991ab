//! The limiter of one thing: a client address, a workspace, a provider.
//!
//! It promises that neither a burst nor a restart lets more through than the quota, and that the
//! time it tells to come back after is exact: a millisecond earlier would be too early. `governor`
//! does the arithmetic ([`buckets`]); its state is rows, so eviction forgets nothing. For providers
//! it also keeps back-off and circuit ([`provider`]).
//!
//! A limiter of which nobody has heard for a day forgets everything, so that it costs nothing
//! ([`quiet`]): strangers make one for each address that they come from.
//!
//! One object of the deployment limits alerts instead: it knows the dead letters of the queues and
//! what troubles workspaces, and rings ([`pipeline`]). Another limits whom outreach reaches, of
//! whatever workspace ([`suppressions`]).

mod buckets;
mod handle;
mod pipeline;
mod provider;
mod quiet;
mod store;
mod suppressions;

use crate::kernel::actor::Settled;
use crate::kernel::{
    Actor, Ctx, Delivery, Effect, Entry, Migration, Outcome, Reply, Timer, migration,
};
use schema::limiter::{Circuit, LimitKind, LimiterCommand};
use schema::{ActorKind, Reject};

/// The core.
pub enum Core {}

const HALF_OPEN: &str = "halfOpen";

impl Actor for Core {
    const KIND: ActorKind = ActorKind::RateLimiter;
    const MIGRATIONS: &'static [Migration] = &[
        migration!("rate_limiter/0001_limits"),
        migration!("rate_limiter/0002_pipeline"),
        migration!("rate_limiter/0003_alarms"),
        migration!("rate_limiter/0004_suppressions"),
    ];
    type Command = LimiterCommand;

    fn handle(ctx: &mut Ctx<'_>, command: LimiterCommand) -> Result<Reply, Reject> {
        match command {
            LimiterCommand::Check(input) => Reply::of(&handle::check(ctx, &input)?),
            LimiterCommand::Report(input) => Reply::of(&handle::report(ctx, &input)?),
            LimiterCommand::Status(_) => Reply::of(&handle::status(ctx)?),
            LimiterCommand::Pipeline(command) => pipeline::handle(ctx, command),
            LimiterCommand::Suppressions(command) => suppressions::handle(ctx, command),
        }
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        if timer.kind == pipeline::RING {
            return pipeline::timer(ctx, &timer.key);
        }
        if timer.kind == quiet::QUIET {
            return quiet::timer(ctx);
        }
        if timer.kind != HALF_OPEN {
            return Err(Reject::internal(format!("no timer of kind {}", timer.kind)));
        }
        let mut provider = store::provider(ctx.sql)?;
        if provider.circuit == Circuit::Open {
            provider.circuit = provider::circuit(&provider, ctx.now);
            store::save(ctx.sql, &provider)?;
        }
        Ok(())
    }

    fn delivery(_: &str) -> Delivery {
        Delivery::Slow(pipeline::RING_MS)
    }

    fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
        pipeline::begin(ctx, entry)
    }

    fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
        pipeline::settle(ctx, entry, outcome)
    }
}

/// The kind and the name of what this object limits.
fn named(ctx: &Ctx<'_>) -> Result<(LimitKind, String), Reject> {
    let name = ctx.instance.split_once('/').map(|(_, name)| name);
    let kind =
        name.and_then(|name| name.split_once(':')).and_then(|(kind, _)| LimitKind::parse(kind));
    match (kind, name) {
        (Some(kind), Some(name)) => Ok((kind, name.to_owned())),
        _ => Err(Reject::not_found("limiter")),
    }
}

/// Refuses a kind that is not this object's: its buckets have other sizes.
fn same_kind(ctx: &Ctx<'_>, kind: LimitKind) -> Result<(), Reject> {
    if named(ctx)?.0 == kind {
        return Ok(());
    }
    Err(Reject::field("kind", "must be the kind that this limiter is of"))
}
