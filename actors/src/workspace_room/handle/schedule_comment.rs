//! Writing a comment that is published later.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::scheduled;
use crate::workspace_room::{comments, publish};
use schema::ids::CommentId;
use schema::room::comment::Visibility;
use schema::room::schedule::{ScheduleComment, ScheduledComment, ScheduledEvent, WAITING_MAX};
use schema::{Permission, Reject};

/// Writes a comment that is published later, once, by its author. Event
/// `scheduledComment.created`.
///
/// # Errors
/// `not_found`, `too_large`, `invalid_input` for a time that is not in the coming year; `conflict`
/// where the ticket is closed or too many comments wait on it; `forbidden` for callers that are no
/// agents.
pub fn schedule_comment(ctx: &mut Ctx<'_>, input: &ScheduleComment) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;

    let body = comments::body(&input.body)?;
    publish::check_time(ctx, input.publish_at)?;
    let ticket = comments::writable(ctx, input.ticket_id)?;
    if scheduled::count(ctx.sql, ticket.number)? >= WAITING_MAX {
        let why = format!("at most {WAITING_MAX} comments may wait on a ticket");
        return Err(Reject::conflict(why));
    }

    let comment = ScheduledComment {
        id: CommentId(ctx.uuid()),
        ticket_id: ticket.id,
        author_id: agent,
        visibility: input.visibility.unwrap_or(Visibility::Public),
        body,
        publish_at: input.publish_at,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    scheduled::insert(ctx.sql, ticket.number, &comment)?;
    ctx.set_timer(publish::TIMER, &comment.id.to_string(), comment.publish_at, &[])?;
    let data = ScheduledEvent { scheduled_comment: comment };
    ctx.event("scheduledComment.created", Some(ticket.id), &data)?;
    Reply::of(&data.scheduled_comment)
}
