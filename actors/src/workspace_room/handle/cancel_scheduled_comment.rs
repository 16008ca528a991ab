//! Cancelling a comment that waits.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::publish;
use schema::room::schedule::{CancelReason, CancelScheduledComment};
use schema::{Permission, Reject};

/// Cancels a comment that waits. Event `scheduledComment.cancelled`, with its text.
///
/// # Errors
/// `not_found` where it does not wait any more or its ticket is deleted; `forbidden` for anybody
/// but its author and those who manage the workspace.
pub fn cancel_scheduled_comment(
    ctx: &mut Ctx<'_>,
    input: &CancelScheduledComment,
) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let (comment, _) = publish::waiting(ctx, input.comment_id)?;
    let own = member.agent == Some(comment.author_id);
    if !own && !member.role.may(Permission::Manage) {
        return Err(Reject::forbidden("this is for its author and for admins"));
    }

    ctx.cancel_timer(publish::TIMER, &comment.id.to_string())?;
    let by = ctx.by();
    let comment = publish::cancel(ctx, &by, comment, CancelReason::Cancelled)?;
    Reply::of(&comment)
}
