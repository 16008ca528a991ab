//! Tickets, their activities, and what a client that starts needs.

use crate::app::Call;
use crate::platform::Platform;
use crate::query::Query;
use crate::respond::Reply;
use schema::Reject;
use schema::ids::TicketId;
use schema::room::RoomCommand;
use schema::room::mail::ListUnparseableMails;
use schema::room::snapshot::GetSnapshot;
use schema::room::ticket::{
    ChangeTicket, CreateTicket, GetTicket, ListActivities, ListTickets, MarkRead, ReopenTicket,
    Status,
};

/// `GET /v1/tickets`.
///
/// # Errors
/// The room's.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    const KNOWN: &[&str] =
        &["status", "assigneeId", "priority", "tag", "userId", "sort", "limit", "cursor"];
    let query = call.query(KNOWN)?;
    let input = ListTickets {
        status: statuses(&query)?,
        assignee_id: query.parse("assigneeId", "an agent's id")?,
        priority: query.name("priority")?,
        tag: query.text("tag")?,
        user_id: query.parse("userId", "a user's id")?,
        sort: query.name("sort")?,
        limit: Some(query.limit()?),
        cursor: query.cursor()?,
    };
    call.room(&RoomCommand::ListTickets(input)).await?.paged()
}

/// Several statuses stand in one parameter, with commas between them.
fn statuses(query: &Query) -> Result<Vec<Status>, Reject> {
    let Some(text) = query.text("status")? else { return Ok(Vec::new()) };
    let unknown = |name: &str| Reject::field("status", format!("{name:?} is not a status"));
    text.split(',').map(|name| Status::parse(name).ok_or_else(|| unknown(name))).collect()
}

/// `POST /v1/tickets`.
///
/// # Errors
/// The room's.
pub async fn create<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let input: CreateTicket = call.body(&[]).await?;
    Ok(call.room(&RoomCommand::CreateTicket(input)).await?.created("/v1/tickets").tagged())
}

/// `GET /v1/tickets/{id}`.
///
/// # Errors
/// The room's.
pub async fn get<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let ticket_id = TicketId(call.ids.first);
    Ok(call.room(&RoomCommand::GetTicket(GetTicket { ticket_id })).await?.tagged())
}

/// `PATCH /v1/tickets/{id}`, with `If-Match`.
///
/// # Errors
/// The room's.
pub async fn change<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let mut extras = call.if_match("ifVersion")?;
    extras.push(call.id_as("ticketId"));
    let input: ChangeTicket = call.body(&extras).await?;
    Ok(call.room(&RoomCommand::ChangeTicket(input)).await?.tagged())
}

/// `POST /v1/tickets/{id}/reopen`.
///
/// # Errors
/// The room's.
pub async fn reopen<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let mut extras = call.if_match("ifVersion")?;
    extras.push(call.id_as("ticketId"));
    let input: ReopenTicket = call.body_or_empty(&extras).await?;
    Ok(call.room(&RoomCommand::ReopenTicket(input)).await?.tagged())
}

/// `POST /v1/tickets/{id}/read`.
///
/// # Errors
/// The room's.
pub async fn mark_read<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let extras = [call.id_as("ticketId")];
    let input: MarkRead = call.body_or_empty(&extras).await?;
    call.room(&RoomCommand::MarkRead(input)).await
}

/// `GET /v1/tickets/{id}/activities`.
///
/// # Errors
/// The room's.
pub async fn activities<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let input = ListActivities {
        ticket_id: TicketId(call.ids.first),
        limit: Some(query.limit()?),
        cursor: query.cursor()?,
    };
    call.room(&RoomCommand::ListActivities(input)).await?.paged()
}

/// `GET /v1/snapshot`.
///
/// # Errors
/// The room's.
pub async fn snapshot<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    call.room(&RoomCommand::Snapshot(GetSnapshot {})).await
}

/// `GET /v1/unparseable-mails`.
///
/// # Errors
/// The room's.
pub async fn unparseable<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let input = ListUnparseableMails { limit: Some(query.limit()?), cursor: query.cursor()? };
    call.room(&RoomCommand::ListUnparseableMails(input)).await?.paged()
}
