//! `loginByIdentity`: a session for an agent whom Microsoft has let in.
//!
//! Who: a visitor; the gateway has checked what Microsoft says. Changes: a session. Refuses:
//! `unauthorized`, in the same words for an account that nobody has linked, an agent who is not
//! active, and a workspace that there is not.

use super::authorise::require_visitor;
use super::store::{agents, identities};
use super::{check, open};
use crate::kernel::{Ctx, Reply};
use schema::room::access::LoginByIdentity;
use schema::{Code, Reject};

/// Logs the agent in who has linked the account.
///
/// # Errors
/// `forbidden`, `invalid_input`, `unauthorized`, `conflict`.
pub fn login_by_identity(ctx: &mut Ctx<'_>, input: &LoginByIdentity) -> Result<Reply, Reject> {
    require_visitor(ctx)?;
    check::hash("refreshHash", &input.refresh_hash)?;
    let unknown = || Reject::new(Code::Unauthorized, "this account opens nothing here");
    let agent =
        identities::agent_of(ctx.sql, &input.tenant_id, &input.user_id)?.ok_or_else(unknown)?;
    let known =
        agents::find(ctx.sql, agent)?.filter(|known| known.agent.active).ok_or_else(unknown)?;
    Reply::of(&open::session(ctx, known, &input.refresh_hash)?)
}
