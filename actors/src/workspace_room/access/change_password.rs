//! `changePassword`: another password, and an end to every session but the caller's.
//!
//! Who: any agent, for themselves. The epoch grows, so the caller goes on with the access token
//! that the gateway makes of the reply; the refresh token stays. Event: `agent.password_changed`.

use super::authorise::require_session;
use super::store::{agents, sessions};
use super::{check, open};
use crate::kernel::context::Expelled;
use crate::kernel::{Ctx, Reply};
use schema::room::access::{AgentEvent, ChangePassword};
use schema::{Permission, Reject};

/// Changes the caller's password.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `conflict`.
pub fn change_password(ctx: &mut Ctx<'_>, input: &ChangePassword) -> Result<Reply, Reject> {
    let (agent, session, _) = require_session(ctx, Permission::Read)?;
    check::password_hash("newHash", &input.new_hash)?;
    let missing = || Reject::internal("a session without an agent");
    let known = agents::find(ctx.sql, agent)?.ok_or_else(missing)?;
    if known.password_hash != input.current_hash {
        return Err(Reject::conflict("the password was changed in the meantime"));
    }
    agents::set_password(ctx.sql, agent, &input.new_hash)?;
    agents::next_epoch(ctx.sql, agent)?;
    sessions::remove_others(ctx.sql, agent, session)?;
    ctx.expel(Expelled::Agent(agent));
    ctx.event("agent.password_changed", None, &AgentEvent { agent: known.agent })?;
    let known = agents::find(ctx.sql, agent)?.ok_or_else(missing)?;
    let session = sessions::find(ctx.sql, session)?.ok_or_else(missing)?;
    Reply::of(&open::opened(ctx, known, session.id, session.expires_at)?)
}
