//! Changing a comment that waits.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::scheduled;
use crate::workspace_room::{comments, publish, tickets};
use schema::room::comment::Visibility;
use schema::room::schedule::{ChangeScheduledComment, ScheduledEvent};
use schema::{Permission, Reject};

/// Changes a comment that waits; it is published under its author's name, so only they may. Event
/// `scheduledComment.changed`, none where nothing changes.
///
/// # Errors
/// `not_found` where it does not wait any more, `forbidden` for anybody but its author,
/// `too_large`, `invalid_input`, `version_mismatch`.
pub fn change_scheduled_comment(
    ctx: &mut Ctx<'_>,
    input: &ChangeScheduledComment,
) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;

    let before = publish::waiting(ctx, input.comment_id)?;
    if before.author_id != agent {
        return Err(Reject::forbidden("only its author may change a scheduled comment"));
    }
    tickets::check_version(input.if_version, before.version)?;
    let mut comment = before.clone();
    if let Some(body) = &input.body {
        comment.body = comments::body(body)?;
    }
    if let Some(visibility) = input.visibility {
        comment.visibility = visibility;
    }
    if comment.held && comment.visibility == Visibility::Private {
        return Err(Reject::field("visibility", "a held comment is public"));
    }
    comment.cancel_on_reply = input.cancel_on_reply.unwrap_or(comment.cancel_on_reply);
    if let Some(publish_at) = input.publish_at {
        publish::check_time(ctx, publish_at)?;
        comment.publish_at = publish_at;
    }
    if comment == before {
        return Reply::of(&comment);
    }

    comment.updated_at = ctx.now;
    comment.version += 1;
    scheduled::update(ctx.sql, &comment)?;
    ctx.set_timer(publish::TIMER, &comment.id.to_string(), comment.publish_at, &[])?;
    let data = ScheduledEvent { scheduled_comment: comment };
    let ticket = data.scheduled_comment.ticket_id;
    ctx.event("scheduledComment.changed", Some(ticket), &data)?;
    Reply::of(&data.scheduled_comment)
}
