//! Reading a comment.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::comments;
use crate::workspace_room::store::comments as store;
use schema::room::comment::GetComment;
use schema::{Permission, Reject};

/// Reads a comment.
///
/// # Errors
/// `not_found`.
pub fn get_comment(ctx: &Ctx<'_>, input: &GetComment) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let missing = || Reject::not_found("comment");
    let found = store::find(ctx.sql, input.comment_id)?.ok_or_else(missing)?;
    let comment = comments::with_files(ctx, vec![found])?.pop();
    Reply::of(&comment.ok_or_else(missing)?)
}
