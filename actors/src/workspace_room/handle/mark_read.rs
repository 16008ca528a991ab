//! Noting how far an agent has read a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::{comments, reads};
use crate::workspace_room::tickets;
use schema::Reject;
use schema::room::ticket::{MarkRead, ReadMark};

/// Notes how far the caller has read a ticket; it never goes back. Event `ticket.read`, so that the
/// caller's other windows know; it is none of the ticket's activities, and there is none where
/// nothing moves.
///
/// # Errors
/// `not_found` for an unknown ticket or comment, `invalid_input` for both `seq` and `commentId`,
/// `forbidden` for callers that are no agents, and for an API key that only reads.
pub fn mark_read(ctx: &mut Ctx<'_>, input: &MarkRead) -> Result<Reply, Reject> {
    let agent = authorise::require_self(ctx)?;

    let ticket = tickets::standing(ctx, input.ticket_id)?;
    let last = comments::last_seq(ctx.sql, ticket.number)?;
    let asked = match (input.seq, input.comment_id) {
        (Some(_), Some(_)) => return Err(Reject::field("seq", "give seq or commentId, not both")),
        (Some(seq), None) if seq < 0 => return Err(Reject::field("seq", "must not be negative")),
        (Some(seq), None) => seq.min(last),
        (None, Some(id)) => {
            let found = comments::find(ctx.sql, id)?.map(|(comment, _)| comment);
            let own = found.filter(|comment| comment.ticket_id == ticket.id);
            own.ok_or_else(|| Reject::not_found("comment"))?.seq
        }
        (None, None) => last,
    };

    let before = reads::seq(ctx.sql, agent, ticket.number)?;
    let seq = before.max(asked);
    if seq > before {
        reads::set(ctx.sql, agent, ticket.number, seq)?;
    }
    let unread = reads::unread(ctx.sql, agent, &[ticket.number])?;
    let unread = unread.get(&ticket.number).copied().unwrap_or(0);
    let mark = ReadMark { ticket_id: ticket.id, agent_id: agent, seq, unread };
    if seq > before {
        ctx.event("ticket.read", None, &mark)?;
    }
    Reply::of(&mark)
}
