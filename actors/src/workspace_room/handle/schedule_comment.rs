//! Writing a comment that is published later.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::scheduled;
use crate::workspace_room::{comments, publish};
use schema::ids::CommentId;
use schema::room::comment::Visibility;
use schema::room::schedule::{
    HOLD_SECONDS_MAX, ScheduleComment, ScheduledComment, ScheduledEvent, WAITING_MAX,
};
use schema::{Millis, Permission, Reject};

/// Writes a comment that is published later, once, by its author; or holds one for a moment. Event
/// `scheduledComment.created`.
///
/// # Errors
/// `not_found`, `too_large`, `invalid_input` for a time that is not in the coming year or a hold
/// that is not within a minute; `conflict` where the ticket is closed or merged, too many comments
/// wait on it, or the comment is public and another agent will have claimed the ticket by then;
/// `forbidden` for callers that are no agents.
pub fn schedule_comment(ctx: &mut Ctx<'_>, input: &ScheduleComment) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;

    let body = comments::body(&input.body)?;
    let visibility = input.visibility.unwrap_or(Visibility::Public);
    let publish_at = publish_at(ctx, input, visibility)?;
    let mentions = comments::mentions(ctx, &input.mentions)?;
    let ticket = comments::writable(ctx, input.ticket_id)?;
    if scheduled::count(ctx.sql, ticket.number)? >= WAITING_MAX {
        let why = format!("at most {WAITING_MAX} comments may wait on a ticket");
        return Err(Reject::conflict(why));
    }

    let comment = ScheduledComment {
        id: CommentId(ctx.uuid()),
        ticket_id: ticket.id,
        author_id: agent,
        visibility,
        body,
        publish_at,
        cancel_on_reply: input.cancel_on_reply,
        held: input.hold_seconds.is_some(),
        mentions,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    publish::check_claim(ctx, &ticket, &comment)?;
    scheduled::insert(ctx.sql, ticket.number, &comment)?;
    ctx.set_timer(publish::TIMER, &comment.id.to_string(), comment.publish_at, &[])?;
    let data = ScheduledEvent { scheduled_comment: comment };
    ctx.event("scheduledComment.created", Some(ticket.id), &data)?;
    Reply::of(&data.scheduled_comment)
}

/// When it is published: at a time, or after it was held for a moment.
fn publish_at(
    ctx: &Ctx<'_>,
    input: &ScheduleComment,
    visibility: Visibility,
) -> Result<Millis, Reject> {
    match (input.publish_at, input.hold_seconds) {
        (Some(at), None) => publish::check_time(ctx, at).map(|()| at),
        (None, Some(_)) if visibility == Visibility::Private => {
            Err(Reject::field("holdSeconds", "is for public comments: nothing else leaves"))
        }
        (None, Some(seconds)) if (1..=HOLD_SECONDS_MAX).contains(&seconds) => {
            Ok(ctx.now + seconds * 1_000)
        }
        (None, Some(_)) => {
            Err(Reject::field("holdSeconds", format!("must be 1 to {HOLD_SECONDS_MAX}")))
        }
        _ => Err(Reject::field("publishAt", "give publishAt or holdSeconds, one of them")),
    }
}
