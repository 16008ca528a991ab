//! Carries out what `ai-queue` asks for: the room says what is to be written, a model writes it,
//! and the room hears of it, whatever came.

use crate::models::ask;
use crate::platform::Platform;
use crate::{maintenance, prospect_work};
use actors::workspace_room::outreach::texts::order;
use schema::pipeline::{OfProspect, WriteText};
use schema::prospect::{Get, Prospect, ProspectCommand};
use schema::room::RoomCommand;
use schema::room::writing::{
    BeginWriting, FinishWriting, Writing, WritingOrder, WritingOutcome, WritingUnavailable,
    WritingWithheld, Written,
};
use schema::{Millis, Reject};

/// How long until a prospect is looked at again of whom it is being found out who it is.
const UNSETTLED_MS: Millis = 60_000;

/// Has a text written, if it still is to be.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn carry_out<P: Platform>(platform: &P, work: &WriteText) -> Result<(), Reject> {
    let WriteText { workspace_id, number, attempt } = *work;
    let begin = RoomCommand::BeginWriting(BeginWriting { number, attempt });
    let begun = maintenance::ask::<_, WritingOrder>(platform, workspace_id, &begin).await?;
    let Some(writing) = begun.and_then(|begun| begun.order) else { return Ok(()) };
    let mut prospect_id = writing.prospect_id;
    let (of, get) = (OfProspect { workspace_id, prospect_id }, ProspectCommand::Get(Get {}));
    let person = prospect_work::ask(platform, &of, &mut prospect_id, &get).await?;
    let outcome = match person {
        Some(person) => match hindrance(&person) {
            Some(outcome) => outcome,
            None => written(platform, &writing, &person).await,
        },
        None => withheld("unknownProspect"),
    };
    let finish = RoomCommand::FinishWriting(FinishWriting { number, attempt, outcome });
    maintenance::ask::<_, serde_json::Value>(platform, workspace_id, &finish).await.map(drop)
}

/// What a model writes to a person.
async fn written<P: Platform>(platform: &P, order: &Writing, person: &Prospect) -> WritingOutcome {
    let outcome = ask::write(platform, &order::ask(order, person), order.refusals).await;
    let WritingOutcome::Written(written) = outcome else { return outcome };
    WritingOutcome::Written(Written { facts: order::fingerprint(&order.prompt, person), ..written })
}

/// Why no provider is told of a person: nobody may write to them, or it is not settled yet who they
/// are.
fn hindrance(person: &Prospect) -> Option<WritingOutcome> {
    if let Some(reason) = person.suppression {
        return Some(withheld(reason.as_str()));
    }
    let unsettled =
        || WritingUnavailable { why: "identityUnsettled".into(), retry_after_ms: UNSETTLED_MS };
    person.unsettled.then(unsettled).map(WritingOutcome::Unavailable)
}

fn withheld(why: &str) -> WritingOutcome {
    WritingOutcome::Withheld(WritingWithheld { why: why.to_owned() })
}
