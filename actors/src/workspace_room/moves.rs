//! Merging tickets, splitting comments off, and undoing both.
//!
//! Comments are carried: their rows name the ticket that they stand in, so every reader sees them
//! there, in the order in which they were said. Which ones went is noted, and how both tickets
//! were: that is all it takes to go back. A merged ticket cannot be changed, and neither of two
//! merged tickets is merged again before, so nothing can go round in a circle.

use super::attention;
use super::store::tickets::{self as store, Standing};
use super::store::{TOP, activities, counts, moves};
use super::{mail, status, tickets};
use crate::kernel::{Ctx, Timer};
use schema::codec::read_json;
use schema::ids::MoveId;
use schema::room::moves::{CommentsMoved, MoveKind, Moved, TicketMove, UNDO_MS_MAX};
use schema::room::ticket::{Status, Ticket};
use schema::{Code, Millis, Reject};

/// The timer after which a merge or split cannot be undone; its key is its id.
pub const TIMER: &str = "moves";

/// Both tickets of a move.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The ticket that the comments were in.
    pub source: Ticket,
    /// The ticket that they went to.
    pub target: Ticket,
}

/// Begins a move: its row, with how both tickets were, and the timer that ends its undoing.
///
/// # Errors
/// A storage fault.
pub fn begin(
    ctx: &mut Ctx<'_>,
    kind: MoveKind,
    before: &Pair,
    seqs: Option<&[i64]>,
) -> Result<(i64, TicketMove), Reject> {
    let count = seqs.map_or(before.source.comments, |seqs| seqs.len() as i64);
    let moved = TicketMove {
        id: MoveId(ctx.uuid()),
        kind,
        source_id: before.source.id,
        target_id: before.target.id,
        comments: count,
        agent_id: ctx.principal.agent(),
        created_at: ctx.now,
        undo_until: ctx.now + UNDO_MS_MAX,
        undone_at: None,
    };
    let json = serde_json::to_string(&[&before.source, &before.target])
        .map_err(|error| Reject::internal(format!("tickets: {error}")))?;
    let numbers = (before.source.number, before.target.number);
    let number = moves::insert(ctx.sql, &moved, numbers, &json)?;
    moves::note(ctx.sql, number, before.source.number, seqs)?;
    activities::keep_moved(ctx.sql, before.source.id, number)?;
    ctx.set_timer(TIMER, &moved.id.to_string(), moved.undo_until, &[])?;
    Ok((number, moved))
}

/// Closes a ticket whose comments are in another one.
///
/// # Errors
/// A storage fault.
pub fn close_into(ctx: &mut Ctx<'_>, ticket: &mut Ticket, into: &Ticket) -> Result<(), Reject> {
    let before = ticket.clone();
    if ticket.status != Status::Closed {
        status::set(ticket, Status::Closed, ctx.now);
        counts::moved(ctx.sql, before.status, ticket.status, ctx.now)?;
    }
    ticket.comments = 0;
    ticket.merged_into_id = Some(into.id);
    ticket.version += 1;
    ticket.updated_at = ctx.now;
    moves::set_merged(ctx.sql, ticket.number, Some(into.number))?;
    attention::rearm(ctx, &before, ticket)?;
    put(ctx, ticket)
}

/// Writes a ticket whole, with what its comments say about it.
///
/// # Errors
/// A storage fault.
pub fn put(ctx: &mut Ctx<'_>, ticket: &Ticket) -> Result<(), Reject> {
    store::update(ctx.sql, ticket)?;
    let standing = Standing {
        id: ticket.id,
        number: ticket.number,
        status: ticket.status,
        comments: ticket.comments,
        last_comment_at: ticket.last_comment_at,
        first_reply_at: ticket.first_reply_at,
        solved_at: ticket.solved_at,
        version: ticket.version,
        wakes_on_reply: None,
        claim: None,
        merged_into: None,
        deleted: false,
        inbox_id: ticket.inbox_id,
        answers_by: None,
    };
    store::commented(ctx.sql, &standing, ticket.updated_at)?;
    tickets::summarise(ctx, ticket.id)
}

/// Tells of a move: one event for each of the two tickets, about that ticket.
///
/// # Errors
/// A storage fault.
pub fn tell(ctx: &mut Ctx<'_>, kind: &str, moved: TicketMove, pair: Pair) -> Result<Moved, Reject> {
    let mut data = CommentsMoved { moved, ticket: pair.source };
    ctx.event(kind, Some(data.ticket.id), &data)?;
    let source = std::mem::replace(&mut data.ticket, pair.target);
    ctx.event("ticket.commentsMoved", Some(data.ticket.id), &data)?;
    Ok(Moved { moved: data.moved, source, target: data.ticket })
}

/// Undoes a merge or split.
///
/// # Errors
/// `not_found`; `gone` after thirty days; `conflict` where it is undone already, one of the
/// tickets is deleted or was merged since, another one was merged into what a split made, or
/// comments have moved on.
pub fn undo(ctx: &mut Ctx<'_>, id: MoveId) -> Result<Moved, Reject> {
    let known = moves::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("merge or split"))?;
    let mut moved = known.moved;
    if moved.undone_at.is_some() {
        return Err(Reject::conflict("it is undone already"));
    }
    if ctx.now >= moved.undo_until {
        return Err(Reject::new(Code::Gone, "the thirty days are over"));
    }
    if known.before.is_empty() {
        let why = "how the tickets were has gone with a person who was erased";
        return Err(Reject::new(Code::Gone, why));
    }
    let deleted = || Reject::conflict("one of the tickets is deleted: restore it first");
    let source = tickets::find(ctx, moved.source_id).map_err(|_| deleted())?;
    let target = tickets::find(ctx, moved.target_id).map_err(|_| deleted())?;
    let other = if moved.kind == MoveKind::Split { &source } else { &target };
    // What a split made is closed again, so nothing may stand in it that came from elsewhere.
    let joined = moved.kind == MoveKind::Split
        && (target.merged_into_id.is_some() || moves::is_joined(ctx.sql, target.number)?);
    if joined || other.merged_into_id.is_some() {
        return Err(Reject::conflict("one of the tickets was merged since: undo that first"));
    }
    if moves::elsewhere(ctx.sql, known.number, target.number)? > 0 {
        return Err(Reject::conflict("comments have moved on since: undo that first"));
    }
    let before: [Ticket; 2] = read_json(known.before.as_bytes())
        .map_err(|error| Reject::internal(format!("move {id}: {}", error.message)))?;

    let now = Pair { source, target };
    let [source, target] = before;
    let before = Pair { source, target };
    let pair = match moved.kind {
        MoveKind::Merge => undo_merge(ctx, known.number, &now, &before)?,
        MoveKind::Split => undo_split(ctx, known.number, &now, &before)?,
    };
    moved.undone_at = Some(ctx.now);
    moves::undone(ctx.sql, known.number, ctx.now)?;
    ctx.cancel_timer(TIMER, &id.to_string())?;
    tell(ctx, "ticket.moveUndone", moved, pair)
}

fn undo_merge(ctx: &mut Ctx<'_>, number: i64, now: &Pair, before: &Pair) -> Result<Pair, Reject> {
    moves::carry_noted(ctx.sql, number, now.source.number)?;
    // What others may have changed meanwhile is as it is now: whose it is, who has claimed it, and
    // what was imported into it.
    let is = &now.source;
    let source = Ticket {
        user_id: is.user_id,
        user_email: is.user_email.clone(),
        user_name: is.user_name.clone(),
        company_id: is.company_id,
        company_name: is.company_name.clone(),
        claim: is.claim,
        comments: moves::comments(ctx.sql, is.number)?,
        last_comment_at: is.last_comment_at,
        version: is.version + 1,
        updated_at: untouched(ctx, is, &before.source),
        ..before.source.clone()
    };
    moves::set_merged(ctx.sql, source.number, None)?;
    if source.status != now.source.status {
        counts::moved(ctx.sql, now.source.status, source.status, ctx.now)?;
    }
    attention::rearm(ctx, &now.source, &source)?;
    put(ctx, &source)?;
    let target = settle(ctx, &now.target, &before.target)?;
    Ok(Pair { source, target })
}

fn undo_split(ctx: &mut Ctx<'_>, number: i64, now: &Pair, before: &Pair) -> Result<Pair, Reject> {
    let keys = mail_keys(ctx, number)?;
    activities::keep_first(ctx.sql, now.target.id, now.target.number, TOP)?;
    moves::carry_all(ctx.sql, now.target.number, now.source.number)?;
    moves::thread(ctx.sql, &keys, now.source.number)?;
    let source = settle(ctx, &now.source, &before.source)?;
    let mut target = now.target.clone();
    close_into(ctx, &mut target, &source)?;
    Ok(Pair { source, target })
}

/// A ticket whose comments came or went back: its figures, by what is there now.
fn settle(ctx: &mut Ctx<'_>, now: &Ticket, before: &Ticket) -> Result<Ticket, Reject> {
    let mut ticket = now.clone();
    ticket.comments = moves::comments(ctx.sql, ticket.number)?;
    ticket.version += 1;
    ticket.updated_at = untouched(ctx, now, before);
    ticket.last_comment_at = moves::last_comment_at(ctx.sql, ticket.number)?;
    if now.first_reply_at != before.first_reply_at {
        let stands = moves::first_reply_at(ctx.sql, &ticket)?;
        ticket.first_reply_at = stands.or(before.first_reply_at);
    }
    put(ctx, &ticket)?;
    Ok(ticket)
}

/// When a ticket last changed, if what is undone had not happened: the move was one change.
fn untouched(ctx: &Ctx<'_>, now: &Ticket, before: &Ticket) -> Millis {
    if now.version == before.version + 1 { before.updated_at } else { ctx.now }
}

/// What the mails of a move are known by.
///
/// # Errors
/// A storage fault.
pub fn mail_keys(ctx: &Ctx<'_>, number: i64) -> Result<Vec<String>, Reject> {
    Ok(moves::mails(ctx.sql, number)?.iter().map(mail::key_of_facts).collect())
}

/// Forgets how to undo a merge or split: its time is over.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(id) = timer.key.parse::<MoveId>() else { return Ok(()) };
    let Some(known) = moves::find(ctx.sql, id)? else { return Ok(()) };
    if known.moved.undone_at.is_none() && known.moved.undo_until <= ctx.now {
        moves::forget(ctx.sql, known.number)?;
    }
    Ok(())
}
