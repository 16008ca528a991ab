//! What operators see of the pipeline's queues, and what they do about dead letters.

use crate::app::Call;
use crate::auth;
use crate::cursor::Cursor;
use crate::dead_letters::{self, ask};
use crate::platform::Platform;
use crate::respond::Reply;
use schema::dead_letter::{
    GetQueues, Letter, Letters, ListLetters, PipelineCommand, QueueStatus, Queues,
};
use schema::ids::DeadLetterId;
use schema::{Code, Reject};
use serde::{Deserialize, Serialize};

/// How many letters one request replays at most.
const REPLAYED_MAX: i64 = 200;
/// The name of the list, in its cursors.
const LIST: &str = "dead-letters";

/// `GET /api/status/queues`: what Postroom itself has counted of each queue.
///
/// # Errors
/// `unauthorized`, `forbidden`, `unavailable`.
pub async fn queues<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    auth::operates(&call).await?;
    let all: Queues = ask(call.platform, PipelineCommand::GetQueues(GetQueues {})).await?;
    Reply::list::<QueueStatus>(&all.queues, None)
}

/// `GET /api/admin/dead-letters`: the oldest first, without their texts.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `unavailable`.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let (limit, cursor) = (query.limit()?, query.cursor()?);
    auth::operates(&call).await?;
    let keys = &call.config.keys;
    let after = cursor.map(|text| Cursor::open(keys, LIST, &text)).transpose()?;
    let after = after.and_then(|cursor| cursor.id.parse().ok());
    let mut letters = page(&call, after, limit + 1).await?;
    let next = Cursor::cut(&mut letters, limit, |last| (last.sent_at, last.id));
    Reply::list(&letters, next.map(|cursor| cursor.seal(keys, LIST)))
}

async fn page<P: Platform>(
    call: &Call<'_, P>,
    after: Option<DeadLetterId>,
    limit: i64,
) -> Result<Vec<Letter>, Reject> {
    let command = PipelineCommand::ListLetters(ListLetters { after, limit });
    Ok(ask::<_, Letters>(call.platform, command).await?.letters)
}

/// `GET /api/admin/dead-letters/{id}`: with its text, which may be what a customer wrote.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`, `unavailable`.
pub async fn get<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    auth::operates(&call).await?;
    let stored = dead_letters::read(call.platform, DeadLetterId(call.ids.first)).await?;
    Reply::of(&stored.ok_or_else(|| Reject::not_found("dead letter"))?)
}

/// `DELETE /api/admin/dead-letters/{id}`.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`, `unavailable`.
pub async fn delete<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    auth::operates(&call).await?;
    let id = DeadLetterId(call.ids.first);
    let known = dead_letters::read(call.platform, id).await?;
    // Also where it is gone: the list may still have it, where a deletion broke off.
    let left = dead_letters::forget(call.platform, id).await?;
    known.ok_or_else(|| Reject::not_found("dead letter"))?;
    Reply::of(&schema::dead_letter::Left { left })
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Replay {
    /// This one. One that is not there any more is no error: it may have been replayed.
    #[serde(default)]
    id: Option<DeadLetterId>,
    /// Or all, up to 200; `left` says how many are there after it.
    #[serde(default)]
    all: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Replayed {
    /// How many are on their queues again.
    replayed: i64,
    /// How many could not be: their queue is not known, or does not take them.
    failed: i64,
    /// How many dead letters there are now.
    left: i64,
}

/// `POST /api/admin/dead-letters/replay`: puts them on their queues again, and forgets them. One
/// that is replayed twice comes twice, which changes nothing: so does every message.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `conflict` for one alone whose queue is not known,
/// `unavailable`.
pub async fn replay<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    auth::operates(&call).await?;
    let input: Replay = call.body(&[]).await?;
    let mut done = Replayed { replayed: 0, failed: 0, left: 0 };
    match (input.id, input.all) {
        (Some(id), None) => {
            done.replayed = i64::from(put_back(&call, id).await?);
            done.left = dead_letters::forget(call.platform, id).await?;
        }
        (None, Some(true)) => replay_all(&call, &mut done).await?,
        _ => return Err(Reject::field("id", "must be there, or \"all\": true instead")),
    }
    Reply::of(&done)
}

async fn replay_all<P: Platform>(call: &Call<'_, P>, done: &mut Replayed) -> Result<(), Reject> {
    let letters = page(call, None, REPLAYED_MAX + 1).await?;
    done.left = letters.len() as i64;
    for Letter { id, .. } in letters.into_iter().take(REPLAYED_MAX as usize) {
        match put_back(call, id).await {
            Ok(known) => {
                done.left = dead_letters::forget(call.platform, id).await?;
                done.replayed += i64::from(known);
            }
            Err(reject) => {
                done.failed += 1;
                let (name, why) = (id.to_string(), &*reject.message);
                let fields = [("requestId", &*call.request_id), ("id", &name), ("why", why)];
                crate::log::error(call.platform, "replay_failed", &fields);
            }
        }
    }
    Ok(())
}

/// Puts a dead letter on its queue again; tells whether it was there.
async fn put_back<P: Platform>(call: &Call<'_, P>, id: DeadLetterId) -> Result<bool, Reject> {
    let Some(stored) = dead_letters::read(call.platform, id).await? else { return Ok(false) };
    let Some(queue) = stored.letter.queue else {
        let text = "nobody knows which queue it lay on: it can only be deleted";
        return Err(Reject::new(Code::Conflict, text));
    };
    call.platform.enqueue(queue, stored.message.as_bytes()).await?;
    Ok(true)
}
