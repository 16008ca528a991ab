//! Taking a handle from a user.

use super::value::value;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::people;
use schema::room::user::RemoveHandle;
use schema::{Permission, Reject};

/// Takes a handle from a user, who stays with their company. Event `user.changed`.
///
/// # Errors
/// `not_found` for a user or handle that is not there; `invalid_input`; `conflict` for the last.
pub fn remove_handle(ctx: &mut Ctx<'_>, input: &RemoveHandle) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let before = super::live(ctx, input.user_id)?;
    let value = value("value", input.kind, &input.value)?;
    let mut user = before.clone();
    user.handles.retain(|handle| handle.kind != input.kind || handle.value != value);
    if user.handles.len() == before.handles.len() {
        return Err(Reject::not_found("handle"));
    }
    if user.handles.is_empty() {
        return Err(Reject::conflict("the last handle stays: add another one first"));
    }

    let user = people::save(ctx, &before, user)?;
    Reply::of(&user)
}
