//! `logout` and `logoutEverywhere`: the caller's session, or all of them, are over.
//!
//! Who: any agent, for themselves. Their connections are closed.

use super::authorise::require_agent;
use super::open;
use crate::kernel::{Ctx, Reply};
use schema::room::access::{Logout, LogoutEverywhere};
use schema::{Permission, Reject};

/// Ends the caller's session.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn logout(ctx: &mut Ctx<'_>, _: &Logout) -> Result<Reply, Reject> {
    let (_, session, _) = require_agent(ctx, Permission::Read)?;
    open::end(ctx, session)?;
    Reply::of(&Logout {})
}

/// Ends all sessions of the caller, and makes every access token of theirs worth nothing.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn logout_everywhere(ctx: &mut Ctx<'_>, _: &LogoutEverywhere) -> Result<Reply, Reject> {
    let (agent, ..) = require_agent(ctx, Permission::Read)?;
    open::end_all(ctx, agent)?;
    Reply::of(&Logout {})
}
