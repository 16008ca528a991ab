//! What D1 shows of a workspace: its own row and one for each ticket.

use super::store::{counts, tickets, users};
use crate::kernel::{Ctx, Timer};
use schema::Reject;
use schema::ids::{TicketId, UserId};
use schema::room::ticket::Ticket;
use schema::summary::{Cell, Summary, Table};

/// The timer that goes on with tickets whose rows are to be written again; its key says which
/// tickets, its body the number after which to go on.
pub const TIMER: &str = "summarise";
/// How many rows one step asks for.
const BATCH: i64 = 500;
/// The key for all tickets.
const ALL: &str = "all";

/// The D1 row of a ticket or of the workspace.
///
/// # Errors
/// A storage fault.
pub fn summary(ctx: &Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
    match table {
        Table::Tickets => of_ticket(ctx, id),
        Table::Workspaces => of_workspace(ctx),
        _ => Ok(None),
    }
}

fn of_ticket(ctx: &Ctx<'_>, id: &str) -> Result<Option<Summary>, Reject> {
    let Ok(id) = id.parse::<TicketId>() else { return Ok(None) };
    let Some(ticket) = tickets::find(ctx.sql, id)? else { return Ok(None) };
    // The row shows the user's address and company too, so a change of the user is one of the row.
    let user = ticket.user_id.map(|user| users::find(ctx.sql, user)).transpose()?.flatten();
    let (version, updated_at) = user.map_or((0, 0), |user| (user.version, user.updated_at));
    Ok(Some(Summary {
        table: Table::Tickets,
        workspace: ctx.principal.workspace.to_string(),
        id: id.to_string(),
        version: ticket.version + version,
        updated_at: ticket.updated_at.max(updated_at),
        deleted: ticket.deleted_at.is_some(),
        cells: ticket_cells(ticket),
    }))
}

fn ticket_cells(ticket: Ticket) -> Vec<Cell> {
    vec![
        Cell::Integer(ticket.number),
        Cell::Text(ticket.subject),
        Cell::Text(ticket.status.as_str().into()),
        Cell::Text(ticket.priority.as_str().into()),
        text(ticket.assignee_id.map(|id| id.to_string())),
        text(ticket.user_id.map(|id| id.to_string())),
        text(ticket.user_email),
        text(ticket.company_name),
        Cell::Text(serde_json::Value::from(ticket.tags).to_string()),
        Cell::Integer(ticket.comments),
        Cell::Integer(ticket.created_at),
        ticket.last_comment_at.map_or(Cell::Null, Cell::Integer),
    ]
}

fn text(value: Option<String>) -> Cell {
    value.map_or(Cell::Null, Cell::Text)
}

fn of_workspace(ctx: &Ctx<'_>) -> Result<Option<Summary>, Reject> {
    let Some(overview) = counts::overview(ctx.sql)? else { return Ok(None) };
    let tickets = counts::tickets(ctx.sql)?;
    let total = tickets.open + tickets.pending + tickets.waiting + tickets.solved + tickets.closed;
    let workspace = ctx.principal.workspace.to_string();
    Ok(Some(Summary {
        table: Table::Workspaces,
        id: workspace.clone(),
        workspace,
        version: overview.version,
        updated_at: overview.changed_at,
        deleted: false,
        cells: vec![
            Cell::Text(overview.name),
            Cell::Integer(overview.created_at),
            Cell::Integer(overview.agents),
            Cell::Integer(total),
            Cell::Integer(tickets.open),
            Cell::Integer(overview.active_campaigns),
        ],
    }))
}

/// By how much the version of a ticket grows that goes from one user to another, or to none: its
/// row's version is that of both, and must grow as well.
///
/// # Errors
/// A storage fault.
pub fn step(ctx: &Ctx<'_>, from: Option<UserId>, to: Option<UserId>) -> Result<i64, Reject> {
    let version = |user: Option<UserId>| -> Result<i64, Reject> {
        let user = user.map(|user| users::find(ctx.sql, user)).transpose()?.flatten();
        Ok(user.map_or(0, |user| user.version))
    };
    Ok(1 + (version(from)? - version(to)?).max(0))
}

/// Asks for all rows to be written again: the first now, the others by a timer. Says how many.
///
/// # Errors
/// A storage fault.
pub fn summarise_all(ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
    if counts::overview(ctx.sql)?.is_none() {
        return Ok(0);
    }
    let workspace = ctx.principal.workspace.to_string();
    ctx.summarise(Table::Workspaces, &workspace)?;
    go_on(ctx, ALL, 0)?;
    let tickets = counts::tickets(ctx.sql)?;
    Ok(1 + tickets.open + tickets.pending + tickets.waiting + tickets.solved + tickets.closed)
}

/// Asks for the rows of a user's tickets to be written again: they show the user's address.
///
/// # Errors
/// A storage fault.
pub fn summarise_user(ctx: &mut Ctx<'_>, user: UserId) -> Result<(), Reject> {
    go_on(ctx, &user.to_string(), 0)
}

/// Goes on where the step before ended.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let after = std::str::from_utf8(&timer.body).ok().and_then(|text| text.parse().ok());
    go_on(ctx, &timer.key, after.unwrap_or(0))
}

fn go_on(ctx: &mut Ctx<'_>, key: &str, after: i64) -> Result<(), Reject> {
    let batch = match key.parse::<UserId>() {
        Ok(user) => tickets::ids_of_user(ctx.sql, user, after, BATCH)?,
        Err(_) => tickets::ids_after(ctx.sql, after, BATCH)?,
    };
    for (_, id) in &batch {
        ctx.summarise(Table::Tickets, id)?;
    }
    if let Some((number, _)) = batch.last().filter(|_| batch.len() as i64 == BATCH) {
        ctx.set_timer(TIMER, key, ctx.now, number.to_string().as_bytes())?;
    }
    Ok(())
}
