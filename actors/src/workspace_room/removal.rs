//! What becomes of a deleted ticket.
//!
//! At once nothing finds it any more. For thirty days it can be restored; then a timer removes its
//! comments, files and drafts, some hundreds at a time, with what storage keeps of them, and blanks
//! its row. The row stays for good: the number is used, and the ids of its mail, which point to it,
//! keep that mail from coming in again.

use super::privacy::walk;
use super::rules::store::slas;
use super::store::{
    activities, attachments, claims, comments, counts, drafts, followers, replies, scheduled,
    tickets as store,
};
use super::{attention, notifications, overview, publish, tickets, uploads};
use crate::kernel::{Ctx, Timer};
use schema::ids::TicketId;
use schema::room::attention::RESTORE_MS_MAX;
use schema::room::mail::MailFacts;
use schema::room::ticket::{Attributes, Ticket, TicketEvent};
use schema::{Code, Reject, codec};

/// The timer that removes; its key is the ticket's id.
pub const TIMER: &str = "purge";
/// How many comments one step removes.
const BATCH: i64 = 200;

/// Deletes a ticket: row, tags, counts, timers, D1. Event `ticket.deleted`.
///
/// # Errors
/// A storage fault.
pub fn delete(ctx: &mut Ctx<'_>, mut ticket: Ticket) -> Result<Ticket, Reject> {
    let before = ticket.clone();
    ticket.deleted_at = Some(ctx.now);
    ticket.snooze = None;
    ticket.claim = None;
    ticket.updated_at = ctx.now;
    ticket.version += 1;
    store::update(ctx.sql, &ticket)?;
    claims::set(ctx.sql, ticket.number, None)?;
    store::remove_tags(ctx.sql, &ticket)?;
    counts::removed(ctx.sql, ticket.status, ctx.now)?;
    attention::rearm(ctx, &before, &ticket)?;
    let key = ticket.id.to_string();
    ctx.cancel_timer(attention::UNCLAIM, &key)?;
    ctx.set_timer(TIMER, &key, ctx.now + RESTORE_MS_MAX, &[])?;
    tickets::summarise(ctx, ticket.id)?;
    let data = TicketEvent { ticket };
    ctx.event("ticket.deleted", Some(data.ticket.id), &data)?;
    Ok(data.ticket)
}

/// Brings a deleted ticket back: row, tags, counts, timer, D1. Event `ticket.restored`.
///
/// # Errors
/// `conflict` where it is not deleted, `gone` where the thirty days are over.
pub fn restore(ctx: &mut Ctx<'_>, mut ticket: Ticket) -> Result<Ticket, Reject> {
    let Some(deleted_at) = ticket.deleted_at else {
        return Err(Reject::conflict("the ticket is not deleted"));
    };
    if ctx.now >= deleted_at + RESTORE_MS_MAX {
        return Err(Reject::new(Code::Gone, "the thirty days are over: its comments are gone"));
    }
    ticket.deleted_at = None;
    ticket.updated_at = ctx.now;
    ticket.version += 1;
    store::update(ctx.sql, &ticket)?;
    store::replace_tags(ctx.sql, &ticket, &[])?;
    counts::opened(ctx.sql, ticket.status)?;
    counts::changed(ctx.sql, ctx.now)?;
    ctx.cancel_timer(TIMER, &ticket.id.to_string())?;
    tickets::summarise(ctx, ticket.id)?;
    let data = TicketEvent { ticket };
    ctx.event("ticket.restored", Some(data.ticket.id), &data)?;
    Ok(data.ticket)
}

/// Removes what a deleted ticket has left, unless it was restored; goes on by itself.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(id) = timer.key.parse::<TicketId>() else { return Ok(()) };
    let Some(mut ticket) = store::find(ctx.sql, id)? else { return Ok(()) };
    if ticket.deleted_at.is_none_or(|at| ctx.now < at + RESTORE_MS_MAX) {
        return Ok(());
    }
    forget(ctx, ticket.number)?;
    replies::remove_of_ticket(ctx.sql, ticket.number, BATCH)?;
    activities::keep_first(ctx.sql, id, ticket.number, BATCH)?;
    if comments::remove_of_ticket(ctx.sql, ticket.number, BATCH)? == BATCH {
        return Ok(ctx.set_timer(TIMER, &timer.key, ctx.now, &[])?);
    }
    for (_, comment) in scheduled::of_ticket(ctx.sql, ticket.number, (0, 0), i64::MAX >> 12)? {
        ctx.cancel_timer(publish::TIMER, &comment.id.to_string())?;
        scheduled::remove(ctx.sql, comment.id)?;
    }
    slas::remove(ctx.sql, ticket.number)?;
    drafts::remove_all(ctx.sql, ticket.number)?;
    followers::remove_all(ctx.sql, ticket.number)?;
    notifications::store::forget_of_ticket(ctx.sql, id)?;
    ticket.subject = String::new();
    ticket.tags = Vec::new();
    ticket.attributes = Attributes::new();
    ticket.assignee_id = None;
    ticket.version += overview::step(ctx, ticket.user_id, None)?;
    store::update(ctx.sql, &ticket)?;
    store::forget_user(ctx.sql, ticket.number)?;
    tickets::summarise(ctx, id)
}

/// Removes the files of the next comments, and has storage forget what nothing else needs of them
/// and of the mails that they were.
fn forget(ctx: &mut Ctx<'_>, ticket: i64) -> Result<(), Reject> {
    let mut objects = Vec::new();
    for facts in comments::mails_of_ticket(ctx.sql, ticket, BATCH)? {
        let facts: MailFacts = codec::read_json(facts.as_bytes())
            .map_err(|error| Reject::internal(format!("mail facts: {}", error.message)))?;
        objects.push(facts.raw_key);
    }
    for (key, sha256) in attachments::remove_of_ticket(ctx.sql, ticket, BATCH)? {
        if uploads::abandon(ctx.sql, &key, &sha256)? {
            objects.push(key);
        }
    }
    objects.retain(|key| !key.is_empty());
    walk::give_up(ctx, &objects)
}
