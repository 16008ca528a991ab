//! Requests to the servers that customers name: signed, bounded in time, never led elsewhere.

use super::fetch::prepare;
use super::seal_keys;
use super::storage::describe;
use crate::gather::gather_by;
use crate::kernel::effect::{PostFate, PostJob, Posted};
use crate::mail::seal::{self, SealKey};
use crate::webhook::sign;
use crate::webhook::target::{self, Loopback};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::Date;
use schema::Millis;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{AbortController, Delay, Env, Fetch, Headers, Request, Response};

/// How long a server may take to answer.
const DEADLINE: Duration = Duration::from_secs(15);
/// How much of an answer is kept.
const ANSWER_BYTES_MAX: usize = 512;
/// What requests say they are from.
const USER_AGENT: &str = concat!("Postroom-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Makes all requests at once.
pub(super) async fn all(env: &Env, jobs: &[PostJob]) -> Vec<Posted> {
    let keys = seal_keys(env);
    let local = env.var("ENVIRONMENT").is_ok_and(|name| name.to_string() == "local");
    let loopback = if local { Loopback::Allowed } else { Loopback::Refused };
    gather_by(jobs.len(), jobs.iter().collect(), |job| one(&keys, loopback, job)).await
}

async fn one(keys: &Result<Vec<SealKey>, String>, loopback: Loopback, job: &PostJob) -> Posted {
    let began = Date::now();
    let fate = match request(keys, loopback, job) {
        Ok(request) => send(request).await.unwrap_or_else(|why| PostFate::Unanswered { why }),
        Err(why) => PostFate::Unanswered { why },
    };
    let took_ms = (Date::now() - began) as Millis;
    Posted { id: job.id.clone(), asked_at: job.asked_at, fate, took_ms }
}

fn request(
    keys: &Result<Vec<SealKey>, String>,
    loopback: Loopback,
    job: &PostJob,
) -> Result<Request, String> {
    let url = target::check(&job.url, loopback).map_err(|why| format!("the address {why}"))?;
    let keys = keys.as_ref().map_err(Clone::clone)?;
    let open = |sealed: &serde_bytes::ByteBuf| seal::open(keys, &job.owner, sealed);
    let secrets: Vec<Vec<u8>> = job.sealed_secrets.iter().filter_map(|it| open(it).ok()).collect();
    if secrets.is_empty() && !job.sealed_secrets.is_empty() {
        return Err("the webhook's secret does not open".into());
    }
    let seconds = (Date::now() / 1000.0) as i64;
    let headers = Headers::new();
    let fault = |error: worker::Error| error.to_string();
    for (name, value) in [
        ("content-type", "application/json"),
        ("user-agent", USER_AGENT),
        ("webhook-id", job.id.as_str()),
        ("webhook-timestamp", &seconds.to_string()),
    ] {
        headers.set(name, value).map_err(fault)?;
    }
    if !secrets.is_empty() {
        let signatures = sign::signatures(&secrets, &job.id, seconds, &job.body);
        headers.set("webhook-signature", &signatures).map_err(fault)?;
    }
    let body = JsValue::from_str(&String::from_utf8_lossy(&job.body));
    prepare(&url.href, "POST", &headers, Some(&body)).map_err(fault)
}

async fn send(request: Request) -> Result<PostFate, String> {
    let controller = AbortController::default();
    let signal = controller.signal();
    let fetch = Fetch::Request(request);
    let answered = pin!(async {
        let response = fetch.send_with_signal(&signal).await.map_err(|error| brief(&error))?;
        read(response).await
    });
    match select(answered, pin!(Delay::from(DEADLINE))).await {
        Either::Left((fate, _)) => fate,
        Either::Right(_) => {
            controller.abort();
            Err("no answer in time".into())
        }
    }
}

async fn read(mut response: Response) -> Result<PostFate, String> {
    let status = response.status_code();
    let retry_after_ms = response.headers().get("retry-after").ok().flatten().and_then(|value| {
        let seconds: Millis = value.trim().parse().ok()?;
        (seconds >= 0).then(|| seconds.saturating_mul(1000))
    });
    let mut bytes = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while bytes.len() < ANSWER_BYTES_MAX {
            let Some(Ok(chunk)) = stream.next().await else { break };
            bytes.extend(chunk);
        }
    }
    bytes.truncate(ANSWER_BYTES_MAX);
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    Ok(PostFate::Answered { status, answer, retry_after_ms })
}

fn brief(error: &worker::Error) -> String {
    match error {
        worker::Error::JsError(text) => text.clone(),
        worker::Error::Internal(value) => describe(value),
        other => other.to_string(),
    }
}
