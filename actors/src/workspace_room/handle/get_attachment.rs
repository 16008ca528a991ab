//! Finding a file that came with a comment.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::attachments;
use schema::room::comment::GetAttachment;
use schema::{Permission, Reject};

/// Finds a file that came with a comment.
///
/// # Errors
/// `not_found`.
pub fn get_attachment(ctx: &Ctx<'_>, input: &GetAttachment) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let file = attachments::find(ctx.sql, input.attachment_id)?;
    Reply::of(&file.ok_or_else(|| Reject::not_found("attachment"))?)
}
