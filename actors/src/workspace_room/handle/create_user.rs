//! Making a user.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::directory::{attributes, check_free, named_company, value};
use crate::workspace_room::people::{self, Draft};
use schema::room::attribute::Subject;
use schema::room::user::{CreateUser, NAME_CHARS_MAX};
use schema::{Permission, Reject, check};
use serde_json::Map;

/// Makes a user, and their company where it is new. Events `company.created`, `user.created`.
///
/// # Errors
/// `invalid_input`; `conflict` with `details.userId` where a handle is known.
pub fn create_user(ctx: &mut Ctx<'_>, input: &CreateUser) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let handles = value::values(input.email.as_deref(), &input.handles)?;
    if handles.is_empty() {
        return Err(Reject::field("email", "give an address or another handle"));
    }
    let name = input.name.as_deref().map(|name| check::line("name", name, NAME_CHARS_MAX));
    let name = name.transpose()?;
    for (kind, value) in &handles {
        check_free(ctx, *kind, value, None)?;
    }
    let company = input.company_id.map(|id| named_company(ctx, id)).transpose()?;
    let mut values = Map::new();
    attributes::apply(ctx, Subject::User, &mut values, &input.attributes)?;

    let user = people::make(ctx, Draft { handles, name, company, attributes: values })?;
    Reply::of(&user)
}
