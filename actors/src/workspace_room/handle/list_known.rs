//! Listing the inboxes and prospects that the room knows.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::outreach::store::enrolments;
use crate::workspace_room::store::replies;
use schema::room::known::{INBOXES_MAX, Known, ListKnown, PROSPECTS_MAX};
use schema::{Permission, Reject};

/// Lists the inboxes and prospects that the room knows.
///
/// # Errors
/// `forbidden` for who does not manage.
pub fn list_known(ctx: &Ctx<'_>, input: &ListKnown) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    Reply::of(&Known {
        inbox_ids: replies::all_inboxes(ctx.sql, INBOXES_MAX)?,
        prospect_ids: enrolments::prospects_after(ctx.sql, input.after, PROSPECTS_MAX)?,
    })
}
