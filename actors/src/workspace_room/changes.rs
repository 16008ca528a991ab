//! How a ticket changes, whoever asks: agents one by one or many at once, macros, rules.
//!
//! Everything is checked on a copy before anything is written: a change that is refused has left
//! nothing, so that the next one of the same command can go on.

use super::catalogue::{categories, statuses};
use super::store::{counts, tickets as store};
use super::{attention, status, tickets};
use crate::kernel::Ctx;
use schema::event::By;
use schema::ids::CustomStatusId;
use schema::room::ticket::{
    Attributes, Status, TAGS_MAX, Ticket, TicketBefore, TicketChange, TicketChanged,
};
use schema::sort::SortSmall;
use schema::{Reject, check};
use serde_json::Value;

/// Plans a change on a copy of a ticket; nothing is written.
///
/// # Errors
/// `invalid_input`; `conflict` for a step between statuses that is not legal, closing a closed
/// ticket included.
pub fn apply(ctx: &Ctx<'_>, change: &TicketChange, ticket: &mut Ticket) -> Result<(), Reject> {
    if let Some(priority) = change.priority {
        ticket.priority = priority;
    }
    if let Some(assignee) = change.assignee_id {
        if let Some(assignee) = assignee.filter(|_| assignee != ticket.assignee_id) {
            tickets::check_assignee(ctx, assignee)?;
        }
        ticket.assignee_id = assignee;
    }
    if let Some(team) = change.team_id {
        if let Some(team) = team.filter(|_| team != ticket.team_id) {
            tickets::check_team(ctx, team)?;
        }
        ticket.team_id = team;
    }
    if let Some(category) = change.category_id {
        if let Some(category) = category.filter(|_| category != ticket.category_id) {
            categories::check_usable(ctx, category)?;
        }
        ticket.category_id = category;
    }
    if let Some(attributes) = &change.attributes {
        ticket.attributes = with_attributes(ctx, &ticket.attributes, attributes)?;
    }
    ticket.tags = with_tags(&ticket.tags, change)?;
    step(ctx, change.status, change.custom_status_id, ticket)
}

/// Refuses a change that names what the workspace has not, whatever ticket it is for.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn check_named(ctx: &Ctx<'_>, change: &TicketChange) -> Result<(), Reject> {
    if let Some(Some(assignee)) = change.assignee_id {
        tickets::check_assignee(ctx, assignee)?;
    }
    if let Some(Some(team)) = change.team_id {
        tickets::check_team(ctx, team)?;
    }
    if let Some(Some(category)) = change.category_id {
        categories::check_usable(ctx, category)?;
    }
    if let Some(Some(custom)) = change.custom_status_id {
        statuses::status_of(ctx, custom)?;
    }
    change.attributes.iter().try_for_each(|attributes| tickets::check_attributes(ctx, attributes))
}

/// Refuses a change that no ticket can take, whatever the workspace has.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn check(change: &TicketChange) -> Result<(), Reject> {
    tickets::tags(&change.add_tags)?;
    tickets::tags(&change.remove_tags)?;
    change.attributes.iter().try_for_each(tickets::attributes)
}

/// Takes the step to a status, or to one of the workspace's own.
fn step(
    ctx: &Ctx<'_>,
    status: Option<Status>,
    custom: Option<Option<CustomStatusId>>,
    ticket: &mut Ticket,
) -> Result<(), Reject> {
    let mut to = status;
    // The one that a ticket has already is not looked at, unless the ticket is to leave its status.
    let leaves = status.is_some_and(|status| status != ticket.status);
    let named = custom.flatten().filter(|id| leaves || Some(*id) != ticket.custom_status_id);
    if let Some(id) = named {
        let own = statuses::status_of(ctx, id)?;
        if status.is_some_and(|status| status != own) {
            let why = format!("belongs to the status {}", own.as_str());
            return Err(Reject::field("customStatusId", why));
        }
        to = Some(own);
    }
    if let Some(to) = to {
        let same = to == ticket.status && to != Status::Closed;
        if !same {
            status::check(ticket.status, to)?;
            status::set(ticket, to, ctx.now);
        }
    }
    if let Some(custom) = custom {
        ticket.custom_status_id = custom;
    }
    Ok(())
}

fn with_tags(before: &[String], change: &TicketChange) -> Result<Vec<String>, Reject> {
    let (add, remove) = (tickets::tags(&change.add_tags)?, tickets::tags(&change.remove_tags)?);
    let kept = before.iter().filter(|tag| !remove.contains(tag)).cloned();
    let mut after: Vec<String> = kept.chain(add).collect();
    after.sort_small();
    after.dedup();
    check::items("tags", &after, TAGS_MAX)?;
    Ok(after)
}

fn with_attributes(
    ctx: &Ctx<'_>,
    before: &Attributes,
    change: &Attributes,
) -> Result<Attributes, Reject> {
    tickets::check_attributes(ctx, change)?;
    let mut after = before.clone();
    after.extend(change.iter().map(|(name, value)| (name.clone(), value.clone())));
    after.retain(|_, value| *value != Value::Null);
    tickets::attributes(&after)?;
    Ok(after)
}

/// Writes a ticket that was changed: row, tags, counts, timer, D1. The event is the caller's.
///
/// # Errors
/// A storage fault.
pub fn write(ctx: &mut Ctx<'_>, before: &Ticket, ticket: &mut Ticket) -> Result<(), Reject> {
    ticket.updated_at = ctx.now;
    ticket.version = before.version + 1;
    store::update(ctx.sql, ticket)?;
    if ticket.tags != before.tags {
        store::replace_tags(ctx.sql, ticket, &before.tags)?;
    }
    if ticket.status != before.status {
        counts::moved(ctx.sql, before.status, ticket.status, ctx.now)?;
    }
    attention::rearm(ctx, before, ticket)?;
    tickets::summarise(ctx, ticket.id)
}

/// Writes a ticket, if it was changed. Event `ticket.changed` with the former values.
///
/// # Errors
/// A storage fault.
pub fn save(
    ctx: &mut Ctx<'_>,
    by: &By,
    before: &Ticket,
    mut ticket: Ticket,
) -> Result<Ticket, Reject> {
    if ticket == *before {
        return Ok(ticket);
    }
    write(ctx, before, &mut ticket)?;
    let data = TicketChanged { before: difference(before, &ticket), ticket };
    ctx.event_by(by, "ticket.changed", Some(data.ticket.id), &data)?;
    Ok(data.ticket)
}

/// The former values of the fields that are others now.
#[must_use]
pub fn difference(before: &Ticket, after: &Ticket) -> TicketBefore {
    TicketBefore {
        subject: former(&before.subject, &after.subject),
        status: former(&before.status, &after.status),
        priority: former(&before.priority, &after.priority),
        assignee_id: former(&before.assignee_id, &after.assignee_id),
        tags: former(&before.tags, &after.tags),
        team_id: former(&before.team_id, &after.team_id),
        category_id: former(&before.category_id, &after.category_id),
        custom_status_id: former(&before.custom_status_id, &after.custom_status_id),
        attributes: former(&before.attributes, &after.attributes),
        inbox_id: former(&before.inbox_id, &after.inbox_id),
        snooze: former(&before.snooze, &after.snooze),
    }
}

fn former<T: Clone + PartialEq>(before: &T, after: &T) -> Option<T> {
    (before != after).then(|| before.clone())
}
