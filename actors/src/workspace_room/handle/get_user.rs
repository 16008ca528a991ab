//! Reading a user.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::users;
use schema::room::user::GetUser;
use schema::{Permission, Reject};

/// Reads a user.
///
/// # Errors
/// `not_found`.
pub fn get_user(ctx: &Ctx<'_>, input: &GetUser) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let user = users::find(ctx.sql, input.user_id)?;
    Reply::of(&user.ok_or_else(|| Reject::not_found("user"))?)
}
