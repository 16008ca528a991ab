//! What every actor understands beside its own commands: waking, its dead entries, its rows in D1.

use super::actor::Actor;
use super::context::{Ctx, Reply};
use super::engine::Engine;
use super::store::outbox;
use schema::envelope::KernelCommand;
use schema::{Permission, Reject};

impl<A: Actor> Engine<A> {
    pub(super) fn handle_kernel(
        ctx: &mut Ctx<'_>,
        command: &KernelCommand,
    ) -> Result<Reply, Reject> {
        A::authorise(ctx, Permission::Manage)?;
        match command {
            KernelCommand::Wake => {
                ctx.rearm = true;
                ctx.told.outbox = true;
                Reply::of(&serde_json::json!({}))
            }
            KernelCommand::DeadEntries => {
                let dead: Vec<_> = outbox::dead(ctx.sql)?
                    .into_iter()
                    .map(|(kind, key, attempts, error)| {
                        serde_json::json!({
                            "kind": kind, "key": key, "attempts": attempts, "error": error,
                        })
                    })
                    .collect();
                Reply::of(&dead)
            }
            KernelCommand::RetryDead => {
                outbox::revive(ctx.sql, ctx.now)?;
                ctx.rearm = true;
                ctx.told.outbox = true;
                Reply::of(&serde_json::json!({}))
            }
            KernelCommand::Summarise => {
                let rows = A::summarise_all(ctx)?;
                Reply::of(&serde_json::json!({ "rows": rows }))
            }
        }
    }
}
