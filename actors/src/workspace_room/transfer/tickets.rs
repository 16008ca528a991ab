//! What a row about a ticket, or about what it is merged into, becomes.

use super::import::{Load, compare, deleted, plain, time};
use super::{items, store};
use crate::kernel::Ctx;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::catalogue::{self, Kind, statuses};
use crate::workspace_room::overview;
use crate::workspace_room::search;
use crate::workspace_room::store::{moves, tickets, users};
use crate::workspace_room::tickets as rules;
use schema::ids::ItemId;
use schema::room::ticket::{Attributes, Status, Ticket};
use schema::room::transfer::{MergeRow, NUMBER_MAX, RowOutcome, RowResult, TicketRow};
use schema::summary::Table;
use schema::{Millis, Reject};

/// Takes a ticket.
///
/// # Errors
/// `invalid_input`, also for a user, agent, team, category, status or ticket that is not here.
pub fn ticket(ctx: &mut Ctx<'_>, load: &mut Load, row: &TicketRow) -> Result<RowResult, Reject> {
    let follows = check(ctx, row)?;
    let result = match tickets::find(ctx.sql, row.id)? {
        Some(here) if here.deleted_at.is_some() => deleted(),
        Some(here) => again(ctx, load, row, here)?,
        None => {
            let ticket = make(ctx, load, row)?;
            tickets::insert(ctx.sql, &ticket, follows)?;
            store::set_ticket(ctx.sql, &ticket)?;
            search::store::note_ticket(ctx.sql, ticket.number)?;
            load.count(ticket.status, 1);
            RowResult { number: Some(ticket.number), ..plain(RowOutcome::Created) }
        }
    };
    if matches!(result.outcome, RowOutcome::Created | RowOutcome::Updated) {
        ctx.summarise(Table::Tickets, &row.id.to_string())?;
    }
    Ok(result)
}

/// Refuses what no ticket can be; gives the number of the ticket before it.
fn check(ctx: &Ctx<'_>, row: &TicketRow) -> Result<Option<i64>, Reject> {
    rules::subject(&row.subject)?;
    rules::tags(&row.tags)?;
    if row.number.is_some_and(|number| !(1..=NUMBER_MAX).contains(&number)) {
        return Err(Reject::field("number", format!("must be 1 to {NUMBER_MAX}")));
    }
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    for (field, at) in [
        ("firstReplyAt", row.first_reply_at),
        ("solvedAt", row.solved_at),
        ("closedAt", row.closed_at),
    ] {
        at.map(|at| time(ctx, field, at)).transpose()?;
    }
    if let Some(agent) = row.assignee_id
        && agents::find(ctx.sql, agent)?.is_none()
    {
        return Err(Reject::field("assigneeId", "is no agent of this workspace"));
    }
    if let Some(user) = row.user_id
        && users::find(ctx.sql, user)?.is_none()
    {
        return Err(Reject::field("userId", "is no user of this workspace"));
    }
    check_sorting(ctx, row)?;
    let Some(before) = row.follows_ticket_id else { return Ok(None) };
    match tickets::standing(ctx.sql, before)? {
        Some(before) => Ok(Some(before.number)),
        None => Err(Reject::field("followsTicketId", "is no ticket of this workspace")),
    }
}

/// Refuses a team, category or status of the workspace's own that a ticket cannot be of, and
/// attributes that are none. What is archived may be named: it was not when the ticket was.
fn check_sorting(ctx: &Ctx<'_>, row: &TicketRow) -> Result<(), Reject> {
    if let Some(team) = row.team_id {
        rules::check_team(ctx, team)?;
    }
    if let Some(category) = row.category_id
        && catalogue::store::find(ctx.sql, Kind::Category, ItemId(category.0))?.is_none()
    {
        return Err(Reject::field("categoryId", "is no category of this workspace"));
    }
    if let Some(id) = row.custom_status_id {
        let found = catalogue::store::find(ctx.sql, Kind::Status, ItemId(id.0))?;
        if found.and_then(|item| statuses::belongs_to(&item)) != Some(row.status) {
            let why = "is no custom status of this workspace that belongs to the status";
            return Err(Reject::field("customStatusId", why));
        }
    }
    rules::attributes(&row.attributes)
}

/// The attributes that a row gives: null is none.
fn attributes(row: &TicketRow) -> Attributes {
    let mut attributes = row.attributes.clone();
    attributes.retain(|_, value| !value.is_null());
    attributes
}

fn make(ctx: &Ctx<'_>, load: &mut Load, row: &TicketRow) -> Result<Ticket, Reject> {
    Ok(Ticket {
        id: row.id,
        number: load.number(ctx, row.number)?,
        subject: rules::subject(&row.subject)?,
        status: row.status,
        priority: row.priority,
        tags: rules::tags(&row.tags)?,
        assignee_id: row.assignee_id,
        team_id: row.team_id,
        category_id: row.category_id,
        custom_status_id: row.custom_status_id,
        attributes: attributes(row),
        user_id: row.user_id,
        user_email: None,
        user_name: None,
        company_id: None,
        company_name: None,
        source: row.source,
        follows_ticket_id: row.follows_ticket_id,
        merged_into_id: None,
        snooze: None,
        claim: None,
        comments: 0,
        created_at: row.created_at,
        updated_at: row.updated_at,
        last_comment_at: None,
        first_reply_at: row.first_reply_at,
        solved_at: solved_at(row),
        closed_at: closed_at(row),
        deleted_at: None,
        inbox_id: None,
        version: 1,
        unread: None,
    })
}

fn solved_at(row: &TicketRow) -> Option<Millis> {
    let over = matches!(row.status, Status::Solved | Status::Closed);
    over.then(|| row.solved_at.or(row.closed_at).unwrap_or(row.updated_at))
}

fn closed_at(row: &TicketRow) -> Option<Millis> {
    (row.status == Status::Closed).then(|| row.closed_at.unwrap_or(row.updated_at))
}

/// Takes what a ticket is merged into.
///
/// # Errors
/// `not_found` where either is not here; `conflict` where the ticket is in work or has comments, or
/// the two would be in each other.
pub fn merge(ctx: &mut Ctx<'_>, row: &MergeRow) -> Result<RowResult, Reject> {
    let ticket = rules::find(ctx, row.id)?;
    let into = rules::standing(ctx, row.into_id)?;
    if ticket.merged_into_id.is_some() {
        return Ok(compare(&[("intoId", ticket.merged_into_id == Some(row.into_id))], false));
    }
    let number = into.number;
    if ticket.status != Status::Closed || ticket.comments > 0 {
        return Err(Reject::conflict("the ticket is not closed, or has comments"));
    }
    if rules::follow_merge(ctx, into)?.id == ticket.id {
        return Err(Reject::conflict("the other one is merged into the ticket"));
    }
    moves::set_merged(ctx.sql, ticket.number, Some(number))?;
    tickets::update(ctx.sql, &Ticket { version: ticket.version + 1, ..ticket })?;
    ctx.summarise(Table::Tickets, &row.id.to_string())?;
    Ok(plain(RowOutcome::Created))
}

/// A row whose ticket is here. Number, source, beginning and the ticket before it are for life.
fn again(
    ctx: &mut Ctx<'_>,
    load: &mut Load,
    row: &TicketRow,
    here: Ticket,
) -> Result<RowResult, Reject> {
    let subject = rules::subject(&row.subject)?;
    let tags = rules::tags(&row.tags)?;
    let (attributes, team) = (attributes(row), items::live_team(ctx, here.team_id)?);
    let first_reply_at = row.first_reply_at.or(here.first_reply_at);
    let for_life = row.source == here.source
        && row.created_at == here.created_at
        && row.follows_ticket_id == here.follows_ticket_id;
    let mut result = compare(
        &[
            ("subject", subject == here.subject),
            ("status", row.status == here.status),
            ("priority", row.priority == here.priority),
            ("tags", tags == here.tags),
            ("assigneeId", row.assignee_id == here.assignee_id),
            ("teamId", row.team_id == team),
            ("categoryId", row.category_id == here.category_id),
            ("customStatusId", row.custom_status_id == here.custom_status_id),
            ("attributes", attributes == here.attributes),
            ("userId", row.user_id == here.user_id),
            ("source", row.source == here.source),
            ("followsTicketId", row.follows_ticket_id == here.follows_ticket_id),
            ("createdAt", row.created_at == here.created_at),
            ("updatedAt", row.updated_at == here.updated_at),
            ("firstReplyAt", first_reply_at == here.first_reply_at),
            ("solvedAt", solved_at(row) == here.solved_at),
            ("closedAt", closed_at(row) == here.closed_at),
        ],
        for_life && here.merged_into_id.is_none() && row.updated_at > here.updated_at,
    );
    result.number = Some(here.number);
    if result.outcome == RowOutcome::Updated {
        load.count(here.status, -1);
        load.count(row.status, 1);
        let ticket = Ticket {
            subject,
            status: row.status,
            priority: row.priority,
            tags,
            assignee_id: row.assignee_id,
            team_id: row.team_id,
            category_id: row.category_id,
            custom_status_id: row.custom_status_id,
            attributes,
            user_id: row.user_id,
            updated_at: row.updated_at,
            first_reply_at,
            solved_at: solved_at(row),
            closed_at: closed_at(row),
            version: here.version + overview::step(ctx, here.user_id, row.user_id)?,
            ..here.clone()
        };
        tickets::update(ctx.sql, &ticket)?;
        store::set_ticket(ctx.sql, &ticket)?;
        if ticket.tags != here.tags {
            tickets::replace_tags(ctx.sql, &ticket, &here.tags)?;
        }
    }
    Ok(result)
}
