//! Changing a user.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::{companies, users};
use crate::workspace_room::{people, tickets};
use schema::room::user::{ChangeUser, NAME_CHARS_MAX, User};
use schema::{Permission, Reject, check};

/// Changes a user; a new address moves them to its company. Event `user.changed`, none where
/// nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` with `details.userId` where the
/// address is another user's.
pub fn change_user(ctx: &mut Ctx<'_>, input: &ChangeUser) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let found = users::find(ctx.sql, input.user_id)?;
    let before = found.ok_or_else(|| Reject::not_found("user"))?;
    tickets::check_version(input.if_version, before.version)?;
    let mut user = before.clone();
    if let Some(email) = &input.email {
        user.email = check::email("email", email)?;
    }
    if let Some(name) = &input.name {
        let name = name.as_deref().map(|name| check::line("name", name, NAME_CHARS_MAX));
        user.name = name.transpose()?;
    }
    if user == before {
        return Reply::of(&user);
    }
    if let Some(other) = users::find_by_email(ctx.sql, &user.email)?
        && other.id != user.id
    {
        return Err(Reject::conflict("there is another user with this address")
            .with(serde_json::json!({ "userId": other.id })));
    }

    if domain(&user) != domain(&before) {
        move_company(ctx, &mut user)?;
    }
    people::save(ctx, &mut user)?;
    Reply::of(&user)
}

fn domain(user: &User) -> Option<&str> {
    user.email.rsplit_once('@').map(|(_, domain)| domain)
}

fn move_company(ctx: &mut Ctx<'_>, user: &mut User) -> Result<(), Reject> {
    if let Some(left) = user.company_id {
        companies::count(ctx.sql, left, -1)?;
    }
    let joined = people::join_company(ctx, &user.email)?;
    user.company_id = joined.as_ref().map(|company| company.id);
    user.company_name = joined.map(|company| company.name);
    Ok(())
}
