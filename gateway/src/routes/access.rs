//! The workspace and its agents.

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::Reject;
use schema::room::RoomCommand;
use schema::room::access::{ChangeWorkspace, GetWorkspace};

/// `GET /v1/workspace`, `GET /v1/workspaces/{id}`.
///
/// # Errors
/// The room's; `not_found` for another workspace than the caller's.
pub async fn get_workspace<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    own(&call)?;
    Ok(call.room(&RoomCommand::GetWorkspace(GetWorkspace {})).await?.tagged())
}

/// `PATCH /v1/workspace`, `PATCH /v1/workspaces/{id}`.
///
/// # Errors
/// The room's; `not_found` for another workspace than the caller's.
pub async fn change_workspace<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    own(&call)?;
    let extras = call.if_match("ifVersion")?;
    let input: ChangeWorkspace = call.body(&extras).await?;
    Ok(call.room(&RoomCommand::ChangeWorkspace(input)).await?.tagged())
}

fn own<P: Platform>(call: &Call<'_, P>) -> Result<(), Reject> {
    let workspace = call.principal()?.workspace.0;
    if call.ids.count == 0 || call.ids.first == workspace {
        return Ok(());
    }
    Err(Reject::not_found("workspace"))
}
