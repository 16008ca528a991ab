//! Carries out what `ai-queue` asks for: the room says what is to be written or read, a model does
//! it, and the room hears of it, whatever came.

use crate::models::ask;
use crate::platform::Platform;
use crate::{log, prospect_work, system};
use actors::workspace_room::outreach::texts::order;
use schema::pipeline::{OfProspect, WriteText};
use schema::prospect::{Get, Prospect, ProspectCommand, Reason};
use schema::room::RoomCommand;
use schema::room::writing::{
    BeginWriting, FinishWriting, Writing, WritingOrder, WritingOutcome, WritingUnavailable,
    WritingWithheld, Written,
};
use schema::{Millis, Reject};

/// How long until a prospect is looked at again of whom it is being found out who it is.
const UNSETTLED_MS: Millis = 60_000;
/// How often the room is told what was written, and how long lies between: it is paid for, and the
/// message that asked for it finds nothing to do while the room counts on us.
const TELLINGS_MAX: u32 = 4;
const TELL_AGAIN_MS: u32 = 500;

/// Has a text written, if it still is to be.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn carry_out<P: Platform>(platform: &P, work: &WriteText) -> Result<(), Reject> {
    let WriteText { workspace_id, number, attempt } = *work;
    let begin = RoomCommand::BeginWriting(BeginWriting { number, attempt });
    let begun = system::ask_room::<_, WritingOrder>(platform, workspace_id, &begin).await?;
    let Some(writing) = begun.and_then(|begun| begun.order) else { return Ok(()) };
    let mut prospect_id = writing.prospect_id;
    let (of, get) = (OfProspect { workspace_id, prospect_id }, ProspectCommand::Get(Get {}));
    let outcome = match prospect_work::ask(platform, &of, &mut prospect_id, &get).await {
        Ok(Some(person)) => match hindrance(&writing, &person) {
            Some(outcome) => outcome,
            None => written(platform, &writing, &person).await,
        },
        Ok(None) => withheld("unknownProspect"),
        Err(reject) => {
            let code = format!("{:?}", reject.code);
            let fields = [("code", &*code), ("why", &*reject.message)];
            log::error(platform, "prospect_not_asked", &fields);
            not_asked("prospectNotAsked")
        }
    };
    let finish = RoomCommand::FinishWriting(FinishWriting { number, attempt, outcome });
    let tell = async || {
        system::ask_room::<_, serde_json::Value>(platform, workspace_id, &finish).await.map(drop)
    };
    insist(tell, async |ms| platform.sleep(ms).await).await
}

/// Tells until it is heard, or it was told often enough: a try is finished once.
async fn insist(
    mut tell: impl AsyncFnMut() -> Result<(), Reject>,
    mut sleep: impl AsyncFnMut(u32),
) -> Result<(), Reject> {
    let mut tellings = 1;
    loop {
        let told = tell().await;
        if told.is_ok() || tellings == TELLINGS_MAX {
            return told;
        }
        sleep(TELL_AGAIN_MS << tellings).await;
        tellings += 1;
    }
}

/// What a model writes to a person.
async fn written<P: Platform>(platform: &P, order: &Writing, person: &Prospect) -> WritingOutcome {
    let outcome = ask::write(platform, &order::ask(order, person), order.refusals).await;
    let WritingOutcome::Written(written) = outcome else { return outcome };
    WritingOutcome::Written(Written { facts: order::fingerprint(&order.prompt, person), ..written })
}

/// Why no provider is told of a person: nobody may write to them, or it is not settled yet who they
/// are. What somebody answered may be read.
fn hindrance(order: &Writing, person: &Prospect) -> Option<WritingOutcome> {
    let may_be = |reason: &Reason| order.answer.is_some() && *reason == Reason::Replied;
    if let Some(reason) = person.suppression.filter(|reason| !may_be(reason)) {
        return Some(withheld(reason.as_str()));
    }
    person.unsettled.then(|| not_asked("identityUnsettled"))
}

/// No model was asked: the room gives it to whoever comes next.
fn not_asked(why: &str) -> WritingOutcome {
    let (why, retry_after_ms) = (why.to_owned(), UNSETTLED_MS);
    WritingOutcome::Unavailable(WritingUnavailable { why, retry_after_ms, asked: false })
}

fn withheld(why: &str) -> WritingOutcome {
    WritingOutcome::Withheld(WritingWithheld { why: why.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::Code;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// How often the room was told that hears it at the nth telling, and what came of it.
    fn told(heard_at: u32) -> (u32, Vec<u32>, bool) {
        let (mut tellings, mut sleeps) = (0, Vec::new());
        let tell = async || {
            tellings += 1;
            let lost = || Reject::new(Code::Unavailable, "the room is away");
            if tellings == heard_at { Ok(()) } else { Err(lost()) }
        };
        let is_heard = {
            let work = pin!(insist(tell, async |ms| sleeps.push(ms)));
            match work.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(ended) => ended.is_ok(),
                Poll::Pending => panic!("it waits for nothing"),
            }
        };
        (tellings, sleeps, is_heard)
    }

    #[test]
    fn what_was_written_is_told_again_while_the_room_does_not_answer() {
        assert_eq!(told(1), (1, vec![], true));
        assert_eq!(told(3), (3, vec![1_000, 2_000], true));
        assert_eq!(told(9), (4, vec![1_000, 2_000, 4_000], false), "then the message comes again");
    }
}
