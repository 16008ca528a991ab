//! The five Durable Object classes: each an actor in its host; wasm only.
//!
//! A new actor needs one line here, one in the entry file and one in `wrangler.toml`.
#![allow(missing_docs, reason = "the macros of the worker crate write public items")]
use crate::durable_actor;

durable_actor!(WorkspaceRoom, crate::workspace_room::Core, None);
durable_actor!(
    InboxState,
    crate::inbox_state::Core,
    Some(crate::inbox_state::transport::TRANSPORT)
);
durable_actor!(WarmupCounter, crate::warmup_counter::Core, None);
durable_actor!(RateLimiter, crate::rate_limiter::Core, None);
durable_actor!(ProspectDedup, crate::prospect_dedup::Core, None);
