//! Carries out what `ai-queue` asks for: the room says what is to be written, a model writes it,
//! and the room hears of it, whatever came.

use crate::models::ask;
use crate::platform::Platform;
use actors::workspace_room::outreach::texts::order;
use schema::ids::{ProspectId, WorkspaceId};
use schema::pipeline::WriteText;
use schema::prospect::{Get, Prospect, ProspectCommand, moved_to};
use schema::room::RoomCommand;
use schema::room::writing::{
    BeginWriting, FinishWriting, WritingFailed, WritingOrder, WritingOutcome,
};
use schema::{ActorKind, Answer, Code, Envelope, Principal, Reject, codec};

/// How often a prospect is looked for who has become another.
const MOVES_MAX: usize = 4;

/// Has a text written, if it still is to be.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn carry_out<P: Platform>(platform: &P, work: &WriteText) -> Result<(), Reject> {
    let WriteText { workspace_id, number, attempt } = *work;
    let begin = RoomCommand::BeginWriting(BeginWriting { number, attempt });
    let begun: WritingOrder = room(platform, workspace_id, &begin).await?;
    let Some(writing) = begun.order else { return Ok(()) };
    let outcome = match prospect(platform, workspace_id, writing.prospect_id).await? {
        Some(person) => {
            ask::write(platform, &order::ask(&writing, &person), writing.refusals).await
        }
        None => WritingOutcome::Failed(WritingFailed { why: "there is no such prospect".into() }),
    };
    let finish = RoomCommand::FinishWriting(FinishWriting { number, attempt, outcome });
    room::<_, serde_json::Value>(platform, workspace_id, &finish).await.map(drop)
}

async fn room<P: Platform, T: serde::de::DeserializeOwned>(
    platform: &P,
    workspace: WorkspaceId,
    command: &RoomCommand,
) -> Result<T, Reject> {
    let principal = Principal::system(workspace);
    let envelope = Envelope::new(workspace.to_string(), principal, None, command);
    match platform.call(ActorKind::WorkspaceRoom, &envelope).await? {
        Answer::Rejected(reject) => Err(reject),
        Answer::Done { json, .. } => codec::read_json(&json),
    }
}

/// Who a text is for, whoever they are by now; none where there is no such person any more.
async fn prospect<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    mut id: ProspectId,
) -> Result<Option<Prospect>, Reject> {
    for _ in 0..MOVES_MAX {
        let name = format!("{workspace}/{id}");
        let get = ProspectCommand::Get(Get {});
        let envelope = Envelope::new(name, Principal::system(workspace), None, &get);
        let reject = match platform.call(ActorKind::ProspectDedup, &envelope).await? {
            Answer::Done { json, .. } => return codec::read_json(&json).map(Some),
            Answer::Rejected(reject) => reject,
        };
        match (moved_to(&reject), reject.code) {
            (Some(to), _) => id = to,
            (None, Code::Gone | Code::NotFound) => return Ok(None),
            _ => return Err(reject),
        }
    }
    Err(Reject::new(Code::Unavailable, "the person is being found out"))
}
