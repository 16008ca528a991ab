//! Scheduled comments: when they are published, and when not.
//!
//! The row of a comment that waits is the only truth: the timer that finds it removes it and lets
//! the comment stand in the same transaction, under the same id; a timer that finds none does
//! nothing.
//!
//! Under another agent's claim nothing scheduled is published for the customer. Who schedules
//! something for a time before the claim that they see ends is refused, as who writes at once is;
//! a claim that is made later lets the comment wait until it ends by its time. A held comment
//! counts as written: it was asked about when it was written, and then leaves.

use super::access::store::agents;
use super::comments::{self, Draft};
use super::store::tickets::Standing;
use super::store::{scheduled, tickets};
use super::{attention, tickets as desk};
use crate::kernel::{Ctx, Timer};
use schema::event::By;
use schema::ids::CommentId;
use schema::room::comment::Visibility;
use schema::room::schedule::{AHEAD_MS_MAX, CancelReason, ScheduledCancelled, ScheduledComment};
use schema::room::ticket::{Source, Status};
use schema::{Millis, Permission, Reject};

/// The timer that publishes; its key is the comment's id.
pub const TIMER: &str = "publish";

/// Refuses a time that is not in the coming year.
///
/// # Errors
/// `invalid_input`.
pub fn check_time(ctx: &Ctx<'_>, publish_at: Millis) -> Result<(), Reject> {
    if publish_at <= ctx.now {
        return Err(Reject::field("publishAt", "must be in the future"));
    }
    if publish_at - ctx.now > AHEAD_MS_MAX {
        return Err(Reject::field("publishAt", "must be within a year"));
    }
    Ok(())
}

/// Refuses a comment of the caller's that would be published under another agent's claim.
///
/// # Errors
/// `conflict` with the claim in `details`.
pub fn check_claim(
    ctx: &Ctx<'_>,
    ticket: &Standing,
    comment: &ScheduledComment,
) -> Result<(), Reject> {
    let over = ticket.claim.is_some_and(|claim| claim.until <= comment.publish_at);
    if over && !comment.held {
        return Ok(());
    }
    attention::check_claim(ctx, ticket, comment.visibility)
}

/// A comment that waits, and its ticket.
///
/// # Errors
/// `not_found` where it is published, cancelled or was never there, or its ticket is deleted.
pub fn waiting(ctx: &Ctx<'_>, id: CommentId) -> Result<(ScheduledComment, Standing), Reject> {
    let missing = || Reject::not_found("scheduled comment");
    let comment = scheduled::find(ctx.sql, id)?.ok_or_else(missing)?;
    let ticket = tickets::standing(ctx.sql, comment.ticket_id)?;
    let ticket = ticket.filter(|ticket| !ticket.deleted).ok_or_else(missing)?;
    Ok((comment, ticket))
}

/// Ends a comment's waiting without publishing it.
///
/// # Errors
/// A storage fault.
pub fn cancel(
    ctx: &mut Ctx<'_>,
    by: &By,
    comment: ScheduledComment,
    reason: CancelReason,
) -> Result<ScheduledComment, Reject> {
    scheduled::remove(ctx.sql, comment.id)?;
    let data = ScheduledCancelled { scheduled_comment: comment, reason };
    let ticket = data.scheduled_comment.ticket_id;
    ctx.event_by(by, "scheduledComment.cancelled", Some(ticket), &data)?;
    Ok(data.scheduled_comment)
}

/// Cancels what waits on a ticket only as long as its customer is silent: they have written. Events
/// `scheduledComment.cancelled`.
///
/// # Errors
/// A storage fault.
pub fn customer_replied(ctx: &mut Ctx<'_>, ticket: i64) -> Result<(), Reject> {
    for id in scheduled::cancelled_by_reply(ctx.sql, ticket)? {
        let Some(comment) = scheduled::find(ctx.sql, id)? else { continue };
        ctx.cancel_timer(TIMER, &id.to_string())?;
        cancel(ctx, &By::System, comment, CancelReason::CustomerReplied)?;
    }
    Ok(())
}

/// Publishes the comment of a timer, unless its author or its ticket do not allow it any more;
/// where the ticket is merged into another, it stands in that one, and where another agent has
/// claimed it, the comment waits. Events `comment.created`, or `scheduledComment.cancelled` with
/// the reason.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(id) = timer.key.parse::<CommentId>() else { return Ok(()) };
    let Some(comment) = scheduled::find(ctx.sql, id)? else { return Ok(()) };
    if comment.publish_at > ctx.now {
        return Ok(ctx.set_timer(TIMER, &timer.key, comment.publish_at, &[])?);
    }
    let author = agents::find(ctx.sql, comment.author_id)?.map(|known| known.agent);
    let may = author.is_some_and(|agent| agent.active && agent.role.may(Permission::Work));
    if !may {
        return cancel(ctx, &By::System, comment, CancelReason::AuthorRemoved).map(drop);
    }
    let ticket = tickets::standing(ctx.sql, comment.ticket_id)?;
    let ticket = ticket.map(|ticket| desk::follow_merge(ctx, ticket)).transpose()?;
    let Some(mut ticket) = ticket.filter(|ticket| !ticket.deleted) else {
        return cancel(ctx, &By::System, comment, CancelReason::TicketDeleted).map(drop);
    };
    if ticket.status == Status::Closed {
        return cancel(ctx, &By::System, comment, CancelReason::TicketClosed).map(drop);
    }
    let answers = comment.visibility == Visibility::Public && !comment.held;
    let claim = ticket.claim.filter(|claim| answers && claim.until > ctx.now);
    if let Some(claim) = claim.filter(|claim| claim.agent_id != comment.author_id) {
        return Ok(ctx.set_timer(TIMER, &timer.key, claim.until, &[])?);
    }
    scheduled::remove(ctx.sql, comment.id)?;
    let author = By::Agent { id: comment.author_id };
    let draft = Draft {
        source: if comment.held { Source::Agent } else { Source::Schedule },
        mentions: comment.mentions,
        answers: true,
        ..Draft::of_team(comment.id, author, comment.visibility, comment.body)
    };
    comments::add(ctx, &mut ticket, draft).map(drop)
}
