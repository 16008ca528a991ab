//! Comments, those that wait, and the files that came with them.

use crate::app::{Call, read};
use crate::platform::Platform;
use crate::respond::Reply;
use schema::ids::{AttachmentId, CommentId, TicketId};
use schema::room::RoomCommand;
use schema::room::comment::{Attachment, GetAttachment, GetComment, ListComments, PostComment};
use schema::room::schedule::{
    CancelScheduledComment, ChangeScheduledComment, ListScheduledComments, ScheduleComment,
};
use schema::{Code, Reject};

/// `GET /v1/tickets/{id}/comments`.
///
/// # Errors
/// The room's.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["after", "limit", "cursor"])?;
    let input = ListComments {
        ticket_id: TicketId(call.ids.first),
        after: query.count("after")?,
        limit: Some(query.limit()?),
        cursor: query.cursor()?,
    };
    call.room(&RoomCommand::ListComments(input)).await?.paged()
}

/// `POST /v1/tickets/{id}/comments`: the path that everything is tuned for.
///
/// # Errors
/// The room's.
pub async fn post<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let extras = [call.id_as("ticketId")];
    let input: PostComment = call.body(&extras).await?;
    let reply = call.room_as(principal, &RoomCommand::PostComment(input)).await?;
    Ok(reply.created("/v1/comments"))
}

/// `GET /v1/comments/{id}`.
///
/// # Errors
/// The room's.
pub async fn get<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let comment_id = CommentId(call.ids.first);
    call.room(&RoomCommand::GetComment(GetComment { comment_id })).await
}

/// `GET /v1/attachments/{id}`.
///
/// # Errors
/// The room's.
pub async fn attachment<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    attachment_of(&call).await
}

/// `GET /v1/attachments/{id}/content`: its name and bytes. It is what a stranger sent: it is given
/// as a file to save, never as something to show.
///
/// # Errors
/// The room's; `gone` where the content is no longer kept.
pub async fn content<P: Platform>(call: Call<'_, P>) -> Result<(String, Vec<u8>), Reject> {
    let attachment: Attachment = read(&attachment_of(&call).await?)?;
    match call.platform.object(&attachment.key).await? {
        Some(bytes) => Ok((attachment.file_name, bytes)),
        None => Err(Reject::new(Code::Gone, "the file is no longer kept")),
    }
}

async fn attachment_of<P: Platform>(call: &Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let attachment_id = AttachmentId(call.ids.first);
    call.room(&RoomCommand::GetAttachment(GetAttachment { attachment_id })).await
}

/// `GET /v1/scheduled-comments`.
///
/// # Errors
/// The room's.
pub async fn list_scheduled<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    scheduled(&call, None).await
}

/// `GET /v1/tickets/{id}/scheduled-comments`.
///
/// # Errors
/// The room's.
pub async fn list_scheduled_of_ticket<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    scheduled(&call, Some(TicketId(call.ids.first))).await
}

async fn scheduled<P: Platform>(
    call: &Call<'_, P>,
    ticket_id: Option<TicketId>,
) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let (limit, cursor) = (Some(query.limit()?), query.cursor()?);
    let input = ListScheduledComments { ticket_id, limit, cursor };
    call.room(&RoomCommand::ListScheduledComments(input)).await?.paged()
}

/// `POST /v1/tickets/{id}/scheduled-comments`.
///
/// # Errors
/// The room's.
pub async fn schedule<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let extras = [call.id_as("ticketId")];
    let input: ScheduleComment = call.body(&extras).await?;
    let reply = call.room(&RoomCommand::ScheduleComment(input)).await?;
    Ok(reply.created("/v1/scheduled-comments").tagged())
}

/// `PATCH /v1/scheduled-comments/{id}`, with `If-Match`.
///
/// # Errors
/// The room's.
pub async fn change_scheduled<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let mut extras = call.if_match("ifVersion")?;
    extras.push(call.id_as("commentId"));
    let input: ChangeScheduledComment = call.body(&extras).await?;
    Ok(call.room(&RoomCommand::ChangeScheduledComment(input)).await?.tagged())
}

/// `DELETE /v1/scheduled-comments/{id}`.
///
/// # Errors
/// The room's.
pub async fn cancel_scheduled<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let comment_id = CommentId(call.ids.first);
    call.room(&RoomCommand::CancelScheduledComment(CancelScheduledComment { comment_id })).await
}
