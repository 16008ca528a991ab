//! Merging tickets, splitting comments off, undoing both.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::moves::{self, Pair};
use crate::workspace_room::store::{comments as comment_rows, moves as store, reads, users};
use crate::workspace_room::tickets;
use schema::event::By;
use schema::room::comment::{Comment, Visibility};
use schema::room::moves::{
    ListMoves, MERGE_COMMENTS_MAX, MergeTickets, MoveKind, SPLIT_COMMENTS_MAX, SplitTicket,
    UndoMove,
};
use schema::room::ticket::{Attributes, Source, Status, Ticket};
use schema::sort::SortSmall;
use schema::{Permission, Reject};

/// Merges a ticket into another. Events `ticket.merged`, and for the other one
/// `ticket.commentsMoved`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `invalid_input` for a ticket into itself; `conflict` where one
/// of them is merged already, or there are too many comments.
pub fn merge_tickets(ctx: &mut Ctx<'_>, input: &MergeTickets) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    if input.ticket_id == input.into_id {
        return Err(Reject::field("intoId", "must be another ticket"));
    }
    let source = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, source.version)?;
    let target = tickets::changeable(ctx, input.into_id)?;
    if source.comments > MERGE_COMMENTS_MAX {
        let why = format!("at most {MERGE_COMMENTS_MAX} comments go into another ticket");
        return Err(Reject::conflict(why));
    }

    let mut pair = Pair { source, target };
    let (_, moved) = moves::begin(ctx, MoveKind::Merge, &pair, None)?;
    let (source, target) = (&mut pair.source, &mut pair.target);
    reads::keep_unread(ctx.sql, source.number, target.number)?;
    store::carry_all(ctx.sql, source.number, target.number)?;
    target.comments += source.comments;
    target.last_comment_at = target.last_comment_at.max(source.last_comment_at);
    let replies = [target.first_reply_at, source.first_reply_at];
    target.first_reply_at = replies.into_iter().flatten().min();
    target.version += 1;
    target.updated_at = ctx.now;
    moves::put(ctx, target)?;
    moves::close_into(ctx, source, target)?;
    Reply::of(&moves::tell(ctx, "ticket.merged", moved, pair)?)
}

/// Makes some comments a ticket of their own. Events `ticket.created`, `ticket.split`, and for the
/// new one `ticket.commentsMoved`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `invalid_input` for none, too many, or comments of another
/// ticket; `conflict` where the ticket is merged into another, or no comment would stay.
pub fn split_ticket(ctx: &mut Ctx<'_>, input: &SplitTicket) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let subject = input.subject.as_deref().map(tickets::subject).transpose()?;
    let source = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, source.version)?;
    let comments = chosen(ctx, input)?;
    if comments.len() as i64 >= source.comments {
        return Err(Reject::conflict("at least one comment must stay"));
    }

    let by = ctx.by();
    let target = open(ctx, &by, &source, subject)?;
    let seqs: Vec<i64> = comments.iter().map(|comment| comment.seq).collect();
    let mut pair = Pair { source, target };
    let (number, moved) = moves::begin(ctx, MoveKind::Split, &pair, Some(&seqs))?;
    let (source, target) = (&mut pair.source, &mut pair.target);
    store::carry_noted(ctx.sql, number, target.number)?;
    let keys = moves::mail_keys(ctx, number)?;
    store::thread(ctx.sql, &keys, target.number)?;
    for ticket in [&mut *source, &mut *target] {
        ticket.version += 1;
        ticket.updated_at = ctx.now;
        ticket.comments = store::comments(ctx.sql, ticket.number)?;
        ticket.last_comment_at = store::last_comment_at(ctx.sql, ticket.number)?;
    }
    target.first_reply_at = comments.iter().find(|it| is_reply(it)).map(|it| it.created_at);
    moves::put(ctx, source)?;
    moves::put(ctx, target)?;
    Reply::of(&moves::tell(ctx, "ticket.split", moved, pair)?)
}

/// The comments that the input names, in the order in which they were said.
fn chosen(ctx: &Ctx<'_>, input: &SplitTicket) -> Result<Vec<Comment>, Reject> {
    let refuse = |why: String| Err(Reject::field("commentIds", why));
    if input.comment_ids.is_empty() || input.comment_ids.len() > SPLIT_COMMENTS_MAX {
        return refuse(format!("must be 1 to {SPLIT_COMMENTS_MAX} comments"));
    }
    let mut comments: Vec<Comment> = Vec::with_capacity(input.comment_ids.len());
    for id in &input.comment_ids {
        let found = comment_rows::find(ctx.sql, *id)?.map(|(comment, _)| comment);
        let Some(comment) = found.filter(|comment| comment.ticket_id == input.ticket_id) else {
            return refuse("must be comments of this ticket".into());
        };
        if comments.iter().any(|known| known.id == *id) {
            return refuse("must not have a comment twice".into());
        }
        comments.push(comment);
    }
    comments.sort_small_by_key(|comment| comment.seq);
    Ok(comments)
}

fn is_reply(comment: &Comment) -> bool {
    comment.visibility == Visibility::Public && matches!(comment.author, By::Agent { .. })
}

fn open(
    ctx: &mut Ctx<'_>,
    by: &By,
    source: &Ticket,
    subject: Option<String>,
) -> Result<Ticket, Reject> {
    let user = source.user_id.map(|id| users::find(ctx.sql, id)).transpose()?.flatten();
    let draft = tickets::Draft {
        subject: subject.unwrap_or_else(|| source.subject.clone()),
        status: Status::Open,
        priority: source.priority,
        tags: Vec::new(),
        assignee: None,
        team: source.team_id,
        category: None,
        custom_status: None,
        attributes: Attributes::new(),
        user,
        source: Source::Agent,
        inbox: source.inbox_id,
        follows: None,
    };
    tickets::open(ctx, by, draft)
}

/// Undoes a merge or split. Events `ticket.moveUndone`, and for the other ticket
/// `ticket.commentsMoved`.
///
/// # Errors
/// `not_found`; `gone` after thirty days; `conflict` where it is undone already, one of the tickets
/// is deleted, or comments have moved on since.
pub fn undo_move(ctx: &mut Ctx<'_>, input: &UndoMove) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    Reply::of(&moves::undo(ctx, input.move_id)?)
}

/// Lists the merges and splits that a ticket was part of, the latest first.
///
/// # Errors
/// `not_found`.
pub fn list_moves(ctx: &Ctx<'_>, input: &ListMoves) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;
    Reply::of(&store::of_ticket(ctx.sql, ticket.number)?)
}
