//! `beginLogin`: what a password is to be checked against.
//!
//! Who: a visitor. The gateway checks, because hashing takes long and the room must not wait.
//! Unknown and inactive agents look the same: no id, no hash.

use super::authorise::require_visitor;
use super::store::agents;
use crate::kernel::{Ctx, Reply};
use schema::Reject;
use schema::room::access::{BeginLogin, LoginBegun};

/// Finds the agent who has an address.
///
/// # Errors
/// `forbidden`, `invalid_input`.
pub fn begin_login(ctx: &mut Ctx<'_>, input: &BeginLogin) -> Result<Reply, Reject> {
    require_visitor(ctx)?;
    let email = schema::check::email("email", &input.email)?;
    // Who was imported has no password yet, and logs in as little as who is unknown.
    let known = agents::find_by_email(ctx.sql, &email)?
        .filter(|known| known.agent.active && !known.password_hash.is_empty());
    let (agent_id, password_hash) =
        known.map(|known| (known.agent.id, known.password_hash)).unzip();
    Reply::of(&LoginBegun { agent_id, password_hash })
}
