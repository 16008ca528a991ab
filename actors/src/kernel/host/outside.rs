//! The outside world as the outbox reaches it: D1, other actors, a mail transport.
//!
//! Everything here may fail, hang or answer late; each call has a deadline, and what is not a clear
//! answer is [`Outcome::Failed`] (or, for mail, what the transport can say for certain).

use super::storage::describe;
use super::{Transport, metrics, microsoft, post};
use crate::gather::gather_by;
use crate::kernel::{Effect, Outcome};
use futures_util::future::{Either, join, select};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use schema::ids::WorkspaceId;
use schema::pipeline::Queue;
use schema::summary::{Cell, Summary, is_refusal, upsert_sql};
use schema::{ActorKind, Answer, Envelope, Principal, Reject};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, Env};

/// How long D1 or another actor may take.
const DEADLINE: Duration = Duration::from_secs(20);

const NO_TRANSPORT: &str = "this actor has no mail transport";

#[wasm_bindgen]
extern "C" {
    /// A stub of an actor, as the entry file's classes answer to it.
    type ActorStub;

    #[wasm_bindgen(method, catch)]
    fn call(this: &ActorStub, envelope: Uint8Array) -> Result<Promise, JsValue>;

    /// What puts messages on a queue.
    type BoundQueue;

    #[wasm_bindgen(method, catch, js_name = sendBatch)]
    fn send_batch(this: &BoundQueue, messages: &Array) -> Result<Promise, JsValue>;
}

/// Does what a round of outbox entries asks for; the outcomes are in the order of the effects.
pub(super) async fn perform(
    env: &Env,
    transport: Option<Transport>,
    effects: Vec<Effect>,
) -> Vec<Outcome> {
    let names: Vec<&str> = effects.iter().map(metrics::name).collect();
    let (mut summaries, mut others) = (Vec::new(), Vec::with_capacity(effects.len()));
    for effect in effects {
        match effect {
            Effect::Summary(summary) => {
                summaries.push(summary);
                others.push(None);
            }
            effect => others.push(Some(effect)),
        }
    }
    let written = write_all(env, &summaries);
    let others = gather_by(others.len(), others, |effect| other(env, transport, effect));
    let (written, others) = join(written, others).await;
    let mut written = written.into_iter();
    let mut of_summary = || of_row(written.next().unwrap_or_else(|| Err("not written".to_owned())));
    let outcomes: Vec<Outcome> =
        others.into_iter().map(|outcome| outcome.unwrap_or_else(&mut of_summary)).collect();
    for (name, outcome) in names.into_iter().zip(&outcomes) {
        metrics::outcome(env, name, outcome);
    }
    outcomes
}

/// What came of an effect; none of a summary: those are written together.
async fn other(env: &Env, transport: Option<Transport>, effect: Option<Effect>) -> Option<Outcome> {
    Some(match effect? {
        Effect::Summary(_) => return None,
        Effect::Nothing => Outcome::Done(b"{}".to_vec()),
        Effect::Call { actor, instance, key, command } => {
            match ask(env, actor, &instance, &key, &command).await {
                Ok(answer) => answer.into(),
                Err(why) => Outcome::Failed { why },
            }
        }
        Effect::Mail(job) => match transport {
            Some(way) => Outcome::Mail((way.send)(env.clone(), *job).await),
            None => Outcome::Failed { why: NO_TRANSPORT.into() },
        },
        Effect::Mailbox(job) => match transport {
            Some(way) => Outcome::Mailbox(Box::new((way.read)(env.clone(), *job).await)),
            None => Outcome::Failed { why: NO_TRANSPORT.into() },
        },
        Effect::Microsoft(job) => Outcome::Microsoft(microsoft::perform(env, &job).await),
        Effect::Post(jobs) => Outcome::Posted(post::all(env, &jobs).await),
        Effect::Forget(keys) => match in_time(forget(env, &keys)).await {
            Ok(()) => Outcome::Done(b"{}".to_vec()),
            Err(why) => Outcome::Failed { why },
        },
        Effect::Queue { queue, body } => {
            match in_time(enqueue(env, queue, std::slice::from_ref(&body))).await {
                Ok(()) => Outcome::Done(b"{}".to_vec()),
                Err(why) => Outcome::Failed { why },
            }
        }
    })
}

/// Puts messages of the pipeline on their queue.
///
/// # Errors
/// Why the queue has not taken them.
pub async fn enqueue(env: &Env, queue: Queue, bodies: &[Vec<u8>]) -> Result<(), String> {
    let sent = async {
        let messages = Array::new();
        for body in bodies {
            let message = Object::new();
            let text = String::from_utf8_lossy(body);
            Reflect::set(&message, &"body".into(), &JsValue::from_str(&text))?;
            Reflect::set(&message, &"contentType".into(), &"text".into())?;
            messages.push(&message);
        }
        let bound = Reflect::get(env, &queue.binding().into())?;
        JsFuture::from(bound.unchecked_into::<BoundQueue>().send_batch(&messages)?).await
    };
    let fault = |error: JsValue| format!("{}: {}", queue.as_str(), describe(&error));
    sent.await.map(drop).map_err(fault)
}

/// Deletes objects, a thousand at most, in one request; those that are not there are deleted, too.
async fn forget(env: &Env, keys: &[String]) -> Result<(), String> {
    let bucket = env.bucket("MAIL").map_err(|error| error.to_string())?;
    bucket.delete_multiple(keys.to_vec()).await.map_err(|error| error.to_string())
}

/// Keeps an object.
///
/// # Errors
/// Why it was not kept.
pub async fn put(env: &Env, key: &str, bytes: &[u8]) -> Result<(), String> {
    let bucket = env.bucket("MAIL").map_err(|error| error.to_string())?;
    let put = async { bucket.put(key, bytes.to_vec()).execute().await.map(drop) };
    in_time(async { put.await.map_err(|error| error.to_string()) }).await
}

/// The first column of the rows that D1 has for a statement about a workspace: texts.
///
/// # Errors
/// Why D1 did not answer.
pub async fn texts(env: &Env, sql: &str, workspace: WorkspaceId) -> Result<Vec<String>, String> {
    let rows = async {
        let statement = env.d1("DB")?.prepare(sql);
        let statement = statement.bind(&[JsValue::from_str(&workspace.to_string())])?;
        statement.raw::<String>().await
    };
    let rows = in_time(async { rows.await.map_err(|error| error.to_string()) }).await?;
    Ok(rows.into_iter().flatten().collect())
}

/// Asks an actor as Postroom itself, and waits no longer than is usual.
///
/// # Errors
/// Why nobody answered.
pub async fn ask(
    env: &Env,
    actor: ActorKind,
    instance: &str,
    key: &str,
    command: &[u8],
) -> Result<Answer, String> {
    in_time(call(env, actor, instance, key, command)).await
}

async fn in_time<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match select(pin!(work), pin!(Delay::from(DEADLINE))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err("no answer in time".into()),
    }
}

/// Writes rows together; where D1 refuses one of them each by itself, so that it holds up no other.
/// Where D1 goes away meanwhile, the others are not tried: what else was begun waits for all.
async fn write_all(env: &Env, summaries: &[Summary]) -> Vec<Result<(), String>> {
    if summaries.is_empty() {
        return Vec::new();
    }
    let written = in_time(write(env, summaries)).await;
    if summaries.len() == 1 || !written.as_ref().is_err_and(|why| is_refusal(why)) {
        return vec![written; summaries.len()];
    }
    let mut each = Vec::with_capacity(summaries.len());
    for summary in summaries {
        let written = in_time(write(env, std::slice::from_ref(summary))).await;
        let is_away = written.as_ref().is_err_and(|why| !is_refusal(why));
        each.push(written);
        if is_away {
            break;
        }
    }
    each
}

fn of_row(written: Result<(), String>) -> Outcome {
    match written {
        Ok(()) => Outcome::Done(b"{}".to_vec()),
        Err(why) if is_refusal(&why) => Outcome::Rejected(Reject::conflict(format!("D1: {why}"))),
        Err(why) => Outcome::Failed { why: format!("D1: {why}") },
    }
}

async fn write(env: &Env, summaries: &[Summary]) -> Result<(), String> {
    let db = env.d1("DB").map_err(|error| error.to_string())?;
    let mut statements = Vec::with_capacity(summaries.len());
    for summary in summaries {
        let mut params = vec![
            JsValue::from_str(&summary.workspace),
            JsValue::from_str(&summary.id),
            JsValue::from_f64(summary.version as f64),
            JsValue::from_f64(summary.updated_at as f64),
            JsValue::from_f64(f64::from(u8::from(summary.deleted))),
        ];
        params.extend(summary.cells.iter().map(|cell| match cell {
            Cell::Null => JsValue::NULL,
            Cell::Integer(value) => JsValue::from_f64(*value as f64),
            Cell::Text(value) => JsValue::from_str(value),
        }));
        let statement = db.prepare(upsert_sql(summary.table));
        statements.push(statement.bind(&params).map_err(|error| error.to_string())?);
    }
    db.batch(statements).await.map(drop).map_err(|error| error.to_string())
}

async fn call(
    env: &Env,
    actor: ActorKind,
    instance: &str,
    key: &str,
    command: &[u8],
) -> Result<Answer, String> {
    let workspace: WorkspaceId = instance
        .split('/')
        .next()
        .and_then(|part| part.parse().ok())
        .ok_or_else(|| format!("{instance} belongs to no workspace"))?;
    let key = Some(key.to_owned()).filter(|key| !key.is_empty());
    let mut envelope = Envelope::new(instance, Principal::system(workspace), key, &());
    envelope.command = command.to_vec();
    let stub: ActorStub = env
        .durable_object(actor.binding())
        .and_then(|namespace| namespace.get_by_name(instance))
        .map_err(|error| error.to_string())?
        .into_rpc();
    let promise =
        stub.call(Uint8Array::from(&envelope.encode()[..])).map_err(|error| describe(&error))?;
    let answer = JsFuture::from(promise).await.map_err(|error| describe(&error))?;
    Answer::decode(&Uint8Array::new(&answer).to_vec()).map_err(|reject| reject.message)
}
