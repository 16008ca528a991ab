//! `logout` and `logoutEverywhere`: the caller's session, or all of them, are over.
//!
//! Who: any agent, for themselves. Their connections are closed.

use super::authorise::require_session;
use super::open;
use crate::kernel::{Ctx, Reply};
use schema::room::access::{Logout, LogoutEverywhere};
use schema::{Permission, Reject};

/// Ends the caller's session.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn logout(ctx: &mut Ctx<'_>, _: &Logout) -> Result<Reply, Reject> {
    let (agent, session, _) = require_session(ctx, Permission::Read)?;
    open::end(ctx, session)?;
    open::note(ctx, "session.ended", agent, Some(session))?;
    Reply::of(&Logout {})
}

/// Ends all sessions of the caller, and makes every access token of theirs worth nothing.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn logout_everywhere(ctx: &mut Ctx<'_>, _: &LogoutEverywhere) -> Result<Reply, Reject> {
    let (agent, ..) = require_session(ctx, Permission::Read)?;
    open::end_all(ctx, agent)?;
    open::note(ctx, "session.ended", agent, None)?;
    Reply::of(&Logout {})
}
