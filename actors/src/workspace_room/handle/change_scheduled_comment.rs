//! Changing a comment that waits.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::scheduled;
use crate::workspace_room::{comments, publish, tickets};
use schema::room::comment::Visibility;
use schema::room::schedule::{ChangeScheduledComment, HOLD_SECONDS_MAX, ScheduledEvent};
use schema::{Permission, Reject};

/// Changes a comment that waits; it is published under its author's name, so only they may. A held
/// one that is put off further than anything can be held is a scheduled one. Event
/// `scheduledComment.changed`, none where nothing changes.
///
/// # Errors
/// `not_found` where it does not wait any more or its ticket is deleted, `forbidden` for anybody
/// but its author, `too_large`, `invalid_input`, `version_mismatch`; `conflict` where it would be
/// published under another agent's claim.
pub fn change_scheduled_comment(
    ctx: &mut Ctx<'_>,
    input: &ChangeScheduledComment,
) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;

    let (before, ticket) = publish::waiting(ctx, input.comment_id)?;
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
    comment.cancel_on_reply = input.cancel_on_reply.unwrap_or(comment.cancel_on_reply);
    if let Some(publish_at) = input.publish_at {
        publish::check_time(ctx, publish_at)?;
        comment.publish_at = publish_at;
        // What leaves later than anything can be held is scheduled, and no longer as good as said.
        comment.held &= publish_at - comment.created_at <= HOLD_SECONDS_MAX * 1_000;
    }
    if comment.held && comment.visibility == Visibility::Private {
        return Err(Reject::field("visibility", "a held comment is public"));
    }
    if comment.publish_at != before.publish_at || comment.visibility != before.visibility {
        let ticket = tickets::follow_merge(ctx, ticket)?;
        publish::check_claim(ctx, &ticket, &comment)?;
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
