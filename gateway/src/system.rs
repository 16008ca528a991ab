//! What Postroom itself asks the objects of a workspace.

use crate::platform::Platform;
use schema::codec::read_json;
use schema::ids::WorkspaceId;
use schema::room::RoomCommand;
use schema::{ActorKind, Answer, Code, Envelope, Principal, Reject};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the room says; none where the workspace, or what is asked for, is not there any more.
///
/// # Errors
/// What it refuses; `unavailable` where it cannot be asked.
pub async fn ask_room<P: Platform, T: DeserializeOwned>(
    platform: &P,
    workspace: WorkspaceId,
    command: &RoomCommand,
) -> Result<Option<T>, Reject> {
    ask(platform, workspace, (ActorKind::WorkspaceRoom, workspace.to_string()), command).await
}

/// What an object of a workspace, by its kind and name, says; none where it is not there any more.
///
/// # Errors
/// What it refuses; `unavailable` where it cannot be asked.
pub async fn ask<P: Platform, T: DeserializeOwned>(
    platform: &P,
    workspace: WorkspaceId,
    (kind, instance): (ActorKind, String),
    command: &impl Serialize,
) -> Result<Option<T>, Reject> {
    let envelope = Envelope::new(instance, Principal::system(workspace), None, command);
    match platform.call(kind, &envelope).await? {
        Answer::Done { json, .. } => read_json(&json).map(Some),
        Answer::Rejected(reject) if matches!(reject.code, Code::NotFound | Code::Gone) => Ok(None),
        Answer::Rejected(reject) => Err(reject),
    }
}
