//! Listing tickets.
//!
//! A list walks one index (several statuses: one walk each, merged) and looks at each ticket on the
//! way for the filters that the index does not know. It looks at a bounded number of them: a page
//! can be short, and go on behind its cursor.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::TOP;
use crate::workspace_room::store::tickets::{self as store, Position, Walk};
use crate::workspace_room::{cursor, tickets};
use schema::page::{self, Page};
use schema::room::ticket::{ListTickets, Status, Ticket, TicketSort};
use schema::{Permission, Reject};

/// How many tickets of a walk are read at once where some of them will be left out.
const CHUNK: i64 = 250;
/// How many such chunks one page may take.
const CHUNKS_MAX: usize = 4;

/// Lists tickets.
///
/// # Errors
/// `invalid_input` for a bad limit, cursor or filter, or a sort that the filters do not have.
pub fn list_tickets(ctx: &Ctx<'_>, input: &ListTickets) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let mut page = find(ctx, &Query::of(input)?, input.cursor.as_deref(), limit)?;
    tickets::with_unread(ctx, member.agent, &mut page.items)?;
    Reply::of(&page)
}

/// What is asked for, in one form for all ways to ask for it.
#[derive(Debug, Clone)]
pub struct Query {
    filter: ListTickets,
    walks: Vec<Walk>,
}

impl Query {
    /// Chooses the index to walk.
    ///
    /// # Errors
    /// `invalid_input`.
    pub fn of(input: &ListTickets) -> Result<Self, Reject> {
        let mut filter = input.clone();
        (filter.limit, filter.cursor) = (None, None);
        filter.status.sort_unstable();
        filter.status.dedup();
        filter.tag = filter.tag.map(|tag| tickets::tag("tag", &tag)).transpose()?;
        let narrow = filter.tag.is_some() || filter.user_id.is_some();
        let by_change = filter.sort == Some(TicketSort::UpdatedAt);
        if narrow && by_change {
            return Err(Reject::field("sort", "lists by tag or user are sorted by createdAt"));
        }
        let walks = if let Some(user) = filter.user_id {
            vec![Walk::User(user)]
        } else if let Some(tag) = &filter.tag {
            vec![Walk::Tag(tag.clone())]
        } else if filter.sort == Some(TicketSort::CreatedAt) {
            vec![Walk::All]
        } else {
            let all = Status::ALL.to_vec();
            let statuses = if filter.status.is_empty() { all } else { filter.status.clone() };
            let walk = |status| match filter.assignee_id {
                Some(agent) => Walk::Assignee(agent, status),
                None => Walk::Status(status),
            };
            statuses.into_iter().map(walk).collect()
        };
        Ok(Self { filter, walks })
    }

    /// Whether every ticket of the walks is in the list.
    fn is_whole(&self) -> bool {
        let filter = &self.filter;
        let more = match self.walks.first() {
            Some(Walk::User(_)) => filter.tag.is_some(),
            Some(Walk::Tag(_) | Walk::All) => false,
            _ => return filter.priority.is_none(),
        };
        !more
            && filter.priority.is_none()
            && filter.status.is_empty()
            && filter.assignee_id.is_none()
    }

    fn takes(&self, ticket: &Ticket) -> bool {
        let filter = &self.filter;
        (filter.status.is_empty() || filter.status.contains(&ticket.status))
            && filter.priority.is_none_or(|priority| ticket.priority == priority)
            && filter.assignee_id.is_none_or(|agent| ticket.assignee_id == Some(agent))
            && filter.user_id.is_none_or(|user| ticket.user_id == Some(user))
            && filter.tag.as_ref().is_none_or(|tag| ticket.tags.contains(tag))
    }

    fn by_change(&self) -> bool {
        self.walks.first().is_some_and(Walk::by_change)
    }

    fn position(&self, ticket: &Ticket) -> Position {
        (if self.by_change() { ticket.updated_at } else { 0 }, ticket.number)
    }
}

/// One page of a query, without what the caller has not read.
///
/// # Errors
/// `invalid_input` for a cursor of another list.
pub fn find(
    ctx: &Ctx<'_>,
    query: &Query,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Ticket>, Reject> {
    let name = format!("tickets/{:?}", query.filter);
    let start = if query.by_change() { (TOP, TOP) } else { (0, TOP) };
    let mut position = cursor::read(ctx, &name, cursor)?.unwrap_or(start);
    let chunk = if query.is_whole() { limit + 1 } else { CHUNK };
    let mut items = Vec::new();
    for _ in 0..CHUNKS_MAX {
        let (tickets, more) = next(ctx, query, position, chunk)?;
        for ticket in tickets {
            if items.len() as i64 == limit {
                return Ok(Page { items, next_cursor: Some(cursor::write(ctx, &name, position)) });
            }
            position = query.position(&ticket);
            if query.takes(&ticket) {
                items.push(ticket);
            }
        }
        if !more {
            return Ok(Page { items, next_cursor: None });
        }
    }
    Ok(Page { items, next_cursor: Some(cursor::write(ctx, &name, position)) })
}

/// The next tickets of all walks in one order, and whether there are more after them.
fn next(
    ctx: &Ctx<'_>,
    query: &Query,
    position: Position,
    chunk: i64,
) -> Result<(Vec<Ticket>, bool), Reject> {
    let mut merged = Vec::new();
    let mut frontier = None;
    for walk in &query.walks {
        let tickets = store::list(ctx.sql, walk, position, chunk)?;
        if tickets.len() as i64 == chunk {
            // Behind the last ticket of a walk that goes on, the order is not known yet.
            frontier = frontier.max(tickets.last().map(|ticket| query.position(ticket)));
        }
        merged.extend(tickets);
    }
    merged.sort_by_key(|ticket| std::cmp::Reverse(query.position(ticket)));
    if let Some(frontier) = frontier {
        merged.retain(|ticket| query.position(ticket) >= frontier);
    }
    Ok((merged, frontier.is_some()))
}
