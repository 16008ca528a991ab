//! What cron has `send-queue` ask for, workspace by workspace.

use crate::platform::Platform;
use schema::codec::{read_json, to_json};
use schema::ids::WorkspaceId;
use schema::pipeline::{OfWorkspace, Work};
use schema::room::RoomCommand;
use schema::room::enrolment::{ArchiveOutreach, ArchivedDecisions, TakeTurns, TurnsTaken};
use schema::{ActorKind, Answer, Code, Envelope, Millis, Principal, Reject};
use serde::de::DeserializeOwned;

/// How long decisions are kept in the room.
const KEPT_MS: Millis = 90 * 24 * 60 * 60 * 1000;
/// How many batches one message puts away; for the rest it asks anew.
const BATCHES_MAX: usize = 5;

/// The campaigns of a workspace take their turns.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn take_turns<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let command = RoomCommand::TakeTurns(TakeTurns {});
    ask::<_, TurnsTaken>(platform, workspace, &command).await.map(drop)
}

/// Puts into storage what was decided long ago, a decision a line, in
/// `archives/{workspace}/{first's time}-{first}-{last}.jsonl`.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn archive<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let before = platform.now() - KEPT_MS;
    let mut through = 0;
    for _ in 0..BATCHES_MAX {
        let command = RoomCommand::ArchiveOutreach(ArchiveOutreach { before, through });
        let batch: Option<ArchivedDecisions> = ask(platform, workspace, &command).await?;
        let items = batch.map(|batch| batch.items).unwrap_or_default();
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(()) };
        // Numbers begin anew where all were put away.
        let (at, first) = (first.decision.at, first.number);
        let key = format!("archives/{workspace}/{at}-{first}-{}.jsonl", last.number);
        through = last.number;
        let lines: Vec<Vec<u8>> = items.iter().map(to_json).collect();
        platform.put_object(&key, &lines.join(&b'\n')).await?;
    }
    let command = RoomCommand::ArchiveOutreach(ArchiveOutreach { before, through });
    ask::<_, ArchivedDecisions>(platform, workspace, &command).await?;
    let work = Work::ArchiveOutreach(OfWorkspace { workspace_id: workspace });
    platform.enqueue(work.queue(), &work.write()).await
}

/// What the room says; none where there is no such workspace any more.
///
/// # Errors
/// What it refuses; `unavailable` where it cannot be asked.
pub async fn ask<P: Platform, T: DeserializeOwned>(
    platform: &P,
    workspace: WorkspaceId,
    command: &RoomCommand,
) -> Result<Option<T>, Reject> {
    let principal = Principal::system(workspace);
    let envelope = Envelope::new(workspace.to_string(), principal, None, command);
    match platform.call(ActorKind::WorkspaceRoom, &envelope).await? {
        Answer::Done { json, .. } => read_json(&json).map(Some),
        Answer::Rejected(reject) if matches!(reject.code, Code::NotFound | Code::Gone) => Ok(None),
        Answer::Rejected(reject) => Err(reject),
    }
}
