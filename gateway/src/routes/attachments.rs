//! The files that came with comments.

use crate::app::{Call, read};
use crate::platform::Platform;
use schema::ids::AttachmentId;
use schema::room::RoomCommand;
use schema::room::comment::{Attachment, GetAttachment};
use schema::{Code, Reject};

/// `GET /v1/attachments/{attachmentId}/content`: its name and bytes. It is what a stranger sent: it
/// is given as a file to save, never as something to show.
///
/// # Errors
/// The room's; `gone` where the content is no longer kept.
pub async fn content<P: Platform>(call: Call<'_, P>) -> Result<(String, Vec<u8>), Reject> {
    call.query(&[])?;
    let attachment_id = AttachmentId(call.ids.first);
    let command = RoomCommand::GetAttachment(GetAttachment { attachment_id });
    let attachment: Attachment = read(&call.room(&command).await?)?;
    match call.platform.object(&attachment.key).await? {
        Some(bytes) => Ok((attachment.file_name, bytes)),
        None => Err(Reject::new(Code::Gone, "the file is no longer kept")),
    }
}
