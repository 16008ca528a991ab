//! `linkIdentity` and `unlinkIdentity`: the account at Microsoft by which an agent logs in.
//!
//! Who: any agent who is logged in, for themselves; to link takes the password too, because the
//! account opens the door after the session and even the password are others. The gateway has
//! checked both that and whose account it is. No event: the audit says `identity.linked` and
//! `identity.unlinked`. An agent who is made inactive loses the link. Refuses: `conflict` for an
//! account that another agent has linked, and where another one is linked.

use super::authorise::require_session;
use super::store::{agents, identities};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::audit;
use schema::ids::AgentId;
use schema::room::access::{Identity, LinkIdentity, Logout, UnlinkIdentity};
use schema::room::audit::IdentityNote;
use schema::{Permission, Reject};

/// The longest name of a directory or an account; Microsoft's have 36 characters.
const ID_CHARS_MAX: usize = 64;

/// Links the caller's account; again, nothing changes.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `conflict`.
pub fn link_identity(ctx: &mut Ctx<'_>, input: &LinkIdentity) -> Result<Reply, Reject> {
    let (agent, ..) = require_session(ctx, Permission::Read)?;
    let tenant_id = schema::check::line("tenantId", &input.tenant_id, ID_CHARS_MAX)?;
    let user_id = schema::check::line("userId", &input.user_id, ID_CHARS_MAX)?;
    let known = agents::find(ctx.sql, agent)?
        .ok_or_else(|| Reject::internal("a session without an agent"))?;
    if known.password_hash != input.current_hash {
        return Err(Reject::conflict("the password was changed in the meantime"));
    }
    let owner = identities::agent_of(ctx.sql, &tenant_id, &user_id)?;
    let own = identities::find(ctx.sql, agent)?;
    match (owner, own) {
        (Some(owner), Some(own)) if owner == agent => return Reply::of(&own),
        (Some(_), _) => return Err(Reject::conflict("another agent has linked this account")),
        (None, Some(_)) => {
            return Err(Reject::conflict("another account is linked: unlink it first"));
        }
        (None, None) => {}
    }
    let identity = Identity { tenant_id, user_id, linked_at: ctx.now };
    identities::insert(ctx.sql, agent, &identity)?;
    note(ctx, "identity.linked", agent, &identity)?;
    Reply::of(&identity)
}

/// Unlinks the caller's account.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn unlink_identity(ctx: &mut Ctx<'_>, _: &UnlinkIdentity) -> Result<Reply, Reject> {
    let (agent, ..) = require_session(ctx, Permission::Read)?;
    unlink(ctx, agent)?;
    Reply::of(&Logout {})
}

/// Unlinks an agent's account, if one is linked.
///
/// # Errors
/// A storage fault.
pub fn unlink(ctx: &Ctx<'_>, agent: AgentId) -> Result<(), Reject> {
    let Some(identity) = identities::find(ctx.sql, agent)? else { return Ok(()) };
    identities::remove(ctx.sql, agent)?;
    note(ctx, "identity.unlinked", agent, &identity)
}

fn note(ctx: &Ctx<'_>, kind: &str, agent_id: AgentId, of: &Identity) -> Result<(), Reject> {
    let (tenant_id, user_id) = (of.tenant_id.clone(), of.user_id.clone());
    let by = ctx.principal.agent();
    audit::note(ctx, kind, by, &IdentityNote { agent_id, tenant_id, user_id })
}
