//! Making a user.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::people;
use crate::workspace_room::store::users;
use schema::room::user::{CreateUser, NAME_CHARS_MAX};
use schema::{Permission, Reject, check};

/// Makes a user, and their company where it is new. Events `company.created`, `user.created`.
///
/// # Errors
/// `invalid_input`; `conflict` with `details.userId` where the address is known.
pub fn create_user(ctx: &mut Ctx<'_>, input: &CreateUser) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let email = check::email("email", &input.email)?;
    let name = input.name.as_deref().map(|name| check::line("name", name, NAME_CHARS_MAX));
    let name = name.transpose()?;
    if let Some(known) = users::find_by_email(ctx.sql, &email)? {
        return Err(Reject::conflict("there is a user with this address")
            .with(serde_json::json!({ "userId": known.id })));
    }

    let user = people::make(ctx, &email, name)?;
    Reply::of(&user)
}
