//! Listing tickets.
//!
//! A list walks one index (several statuses: one walk each, merged) and looks at each ticket on the
//! way for the filters that the index does not know. It looks at a bounded number of them: a page
//! can be short, and go on behind its cursor.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::listing::{self as store, Position, Walk};
use crate::workspace_room::store::{BOTTOM, TOP};
use crate::workspace_room::{cursor, tickets};
use schema::page::{self, Page};
use schema::room::ticket::{ListTickets, Status, Ticket, TicketSort};
use schema::sort::SortSmall;
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
        filter.status.sort_small();
        filter.status.dedup();
        filter.tag = filter.tag.map(|tag| tickets::tag("tag", &tag)).transpose()?;
        tickets::attributes(&filter.attributes)?;
        let by_change = filter.sort == Some(TicketSort::UpdatedAt);
        if is_narrow(&filter) && by_change {
            let why = "lists by tag, user, team, category or custom status are sorted by createdAt";
            return Err(Reject::field("sort", why));
        }
        let walks = walks(&filter);
        Ok(Self { filter, walks })
    }

    /// Whether every ticket of the walks, between start and end, is in the list.
    fn is_whole(&self) -> bool {
        let mut rest = self.filter.clone();
        rest.sort = None;
        match self.walks.first() {
            Some(Walk::User(_)) => rest.user_id = None,
            Some(Walk::Tag(_)) => rest.tag = None,
            Some(Walk::Team(..)) => (rest.team_id, rest.status) = (None, Vec::new()),
            Some(Walk::Category(..)) => (rest.category_id, rest.status) = (None, Vec::new()),
            Some(Walk::Custom(_)) => rest.custom_status_id = None,
            Some(Walk::Created) => (rest.created_from, rest.created_before) = (None, None),
            Some(Walk::Status(_) | Walk::Assignee(..)) => {
                (rest.status, rest.assignee_id) = (Vec::new(), None);
                (rest.updated_from, rest.updated_before) = (None, None);
            }
            Some(Walk::All) | None => {}
        }
        rest == ListTickets::default()
    }

    fn takes(&self, ticket: &Ticket) -> bool {
        let filter = &self.filter;
        let attribute = |(name, value)| ticket.attributes.get(name) == Some(value);
        (filter.status.is_empty() || filter.status.contains(&ticket.status))
            && filter.priority.is_none_or(|priority| ticket.priority == priority)
            && filter.assignee_id.is_none_or(|agent| ticket.assignee_id == Some(agent))
            && filter.user_id.is_none_or(|user| ticket.user_id == Some(user))
            && filter.tag.as_ref().is_none_or(|tag| ticket.tags.contains(tag))
            && filter.team_id.is_none_or(|team| ticket.team_id == Some(team))
            && filter.category_id.is_none_or(|category| ticket.category_id == Some(category))
            && filter.custom_status_id.is_none_or(|id| ticket.custom_status_id == Some(id))
            && filter.attributes.iter().all(attribute)
            && filter.snoozed.is_none_or(|snoozed| ticket.snooze.is_some() == snoozed)
            && filter.created_from.is_none_or(|from| ticket.created_at >= from)
            && filter.created_before.is_none_or(|before| ticket.created_at < before)
            && filter.updated_from.is_none_or(|from| ticket.updated_at >= from)
            && filter.updated_before.is_none_or(|before| ticket.updated_at < before)
    }

    fn position(&self, ticket: &Ticket) -> Position {
        self.walks.first().map_or((0, ticket.number), |walk| walk.position(ticket))
    }

    /// Where the list begins: walks go downwards.
    fn start(&self) -> Position {
        let before = match self.walks.first() {
            Some(Walk::Status(_) | Walk::Assignee(..)) => self.filter.updated_before,
            Some(Walk::Created) => self.filter.created_before,
            _ => return (0, TOP),
        };
        // A place before every ticket of that time: numbers begin with 1.
        before.map_or((TOP, TOP), |before| (before.clamp(BOTTOM, TOP), 0))
    }

    /// Whether no ticket from a position on is in the list.
    fn is_over(&self, (key, _): Position) -> bool {
        let from = match self.walks.first() {
            Some(Walk::Status(_) | Walk::Assignee(..)) => self.filter.updated_from,
            Some(Walk::Created) => self.filter.created_from,
            _ => None,
        };
        from.is_some_and(|from| key < from)
    }
}

/// Whether it walks an index that is in the order of the tickets' numbers.
const fn is_narrow(filter: &ListTickets) -> bool {
    filter.tag.is_some()
        || filter.user_id.is_some()
        || filter.team_id.is_some()
        || filter.category_id.is_some()
        || filter.custom_status_id.is_some()
}

const fn is_ranged(filter: &ListTickets) -> bool {
    filter.created_from.is_some() || filter.created_before.is_some()
}

fn walks(filter: &ListTickets) -> Vec<Walk> {
    let by_status = |walk: &dyn Fn(Status) -> Walk| {
        let all = Status::ALL.to_vec();
        let statuses = if filter.status.is_empty() { all } else { filter.status.clone() };
        statuses.into_iter().map(walk).collect()
    };
    if let Some(user) = filter.user_id {
        vec![Walk::User(user)]
    } else if let Some(tag) = &filter.tag {
        vec![Walk::Tag(tag.clone())]
    } else if let Some(id) = filter.custom_status_id {
        vec![Walk::Custom(id)]
    } else if let Some(category) = filter.category_id {
        by_status(&|status| Walk::Category(category, status))
    } else if let Some(team) = filter.team_id {
        by_status(&|status| Walk::Team(team, status))
    } else if is_ranged(filter) && filter.sort != Some(TicketSort::UpdatedAt) {
        vec![Walk::Created]
    } else if filter.sort == Some(TicketSort::CreatedAt) {
        vec![Walk::All]
    } else if let Some(agent) = filter.assignee_id {
        by_status(&|status| Walk::Assignee(agent, status))
    } else {
        by_status(&Walk::Status)
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
    let mut position = cursor::read(ctx, &name, cursor)?.unwrap_or_else(|| query.start());
    let chunk = if query.is_whole() { limit + 1 } else { CHUNK };
    let mut items = Vec::new();
    for _ in 0..CHUNKS_MAX {
        let (tickets, more) = next(ctx, query, position, chunk)?;
        for ticket in tickets {
            if items.len() as i64 == limit {
                return Ok(Page { items, next_cursor: Some(cursor::write(ctx, &name, position)) });
            }
            position = query.position(&ticket);
            if query.is_over(position) {
                return Ok(Page { items, next_cursor: None });
            }
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
    merged.sort_small_by_key(|ticket| std::cmp::Reverse(query.position(ticket)));
    if let Some(frontier) = frontier {
        merged.retain(|ticket| query.position(ticket) >= frontier);
    }
    Ok((merged, frontier.is_some()))
}
