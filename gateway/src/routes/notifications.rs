//! What notifications say, and which inbox sends them: that there is such an inbox, only it knows.

use super::mailboxes::status;
use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::room::RoomCommand;
use schema::room::notification::ChangeNotificationTemplates;
use schema::{Code, Permission, Reject};

/// `PATCH /v1/settings/notifications`, with `If-Match`.
///
/// # Errors
/// The room's; `invalid_input` for an inbox that the workspace has not.
pub async fn change_templates<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let extras = call.if_match("ifVersion")?;
    let input: ChangeNotificationTemplates = call.body(&extras).await?;
    if let Some(Some(inbox)) = input.inbox_id {
        // Without the request's key, under which the inbox would keep what it says.
        status(&call, &principal, inbox).await.map_err(|reject| match reject.code {
            Code::NotFound => Reject::field("inboxId", "must be an inbox of the workspace"),
            _ => reject,
        })?;
    }
    Ok(call.room(&RoomCommand::ChangeNotificationTemplates(input)).await?.tagged())
}
