//! Giving a user one more handle.

use super::value::value;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::people;
use schema::room::user::{AddHandle, HANDLES_MAX, HandleKind};
use schema::{Permission, Reject};

/// Gives a user a handle, or makes one of theirs the primary one. A user without a company comes to
/// that of the address. Event `user.changed`, none where nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`; `conflict` with `details.userId` where it is another user's, and
/// for too many.
pub fn add_handle(ctx: &mut Ctx<'_>, input: &AddHandle) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let before = super::live(ctx, input.user_id)?;
    let value = value("value", input.kind, &input.value)?;
    super::check_free(ctx, input.kind, &value, Some(before.id))?;
    let mut user = before.clone();
    let known = user.handles.iter().any(|it| it.kind == input.kind && it.value == value);
    if !known {
        if user.handles.len() >= HANDLES_MAX {
            return Err(Reject::conflict(format!("a user has at most {HANDLES_MAX} handles")));
        }
        user.handles.push(people::new_handle(ctx, input.kind, value.clone()));
    }
    if input.primary {
        for handle in user.handles.iter_mut().filter(|handle| handle.kind == input.kind) {
            handle.primary = handle.value == value;
        }
    }

    if !known && input.kind == HandleKind::Email && user.company_id.is_none() {
        let company = people::company_of(ctx, &value)?;
        people::join(&mut user, company);
    }
    let user = people::save(ctx, &before, user)?;
    Reply::of(&user)
}
