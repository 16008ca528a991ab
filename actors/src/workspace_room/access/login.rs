//! `login`: a session for an agent whose password the gateway has checked.
//!
//! Who: a visitor. Changes: a session; the stored hash where the gateway brought a better one.
//! Refuses: `unauthorized`, in the same words for every cause.

use super::authorise::require_visitor;
use super::store::agents;
use super::{check, open};
use crate::kernel::{Ctx, Reply};
use schema::room::access::Login;
use schema::{Code, Reject};

/// Logs an agent in.
///
/// # Errors
/// `forbidden`, `invalid_input`, `unauthorized`, `conflict`.
pub fn login(ctx: &mut Ctx<'_>, input: &Login) -> Result<Reply, Reject> {
    require_visitor(ctx)?;
    check::hash("refreshHash", &input.refresh_hash)?;
    if let Some(rehash) = &input.rehash {
        check::password_hash("rehash", rehash)?;
    }
    // Another log-in of the same moment may have brought the same better hash already.
    let same = |stored: &String| {
        *stored == input.password_hash || input.rehash.as_ref().is_some_and(|new| stored == new)
    };
    let known = agents::find(ctx.sql, input.agent_id)?
        .filter(|known| known.agent.active && same(&known.password_hash))
        .ok_or_else(|| Reject::new(Code::Unauthorized, "e-mail or password is wrong"))?;
    if let Some(rehash) = &input.rehash {
        agents::set_password(ctx.sql, known.agent.id, rehash)?;
    }
    Reply::of(&open::session(ctx, known, &input.refresh_hash)?)
}
