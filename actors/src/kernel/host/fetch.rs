//! Requests of the mail clients to fixed services, by the runtime's fetch: bounded in time and
//! size, never led elsewhere.

use super::storage::describe;
use crate::mail::graph::{Answer, Http, NoAnswer, Request};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::web_sys::{self, RequestInit, RequestRedirect};
use worker::{AbortController, AbortSignal, Delay, Fetch, Headers};

/// How long a request may take, with its whole answer.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// The runtime's fetch.
pub struct Fetching;

impl Http for Fetching {
    async fn ask(&self, request: Request) -> Result<Answer, NoAnswer> {
        self.ask_with(request, &[], DEADLINE).await.map(|(answer, _)| answer)
    }
}

impl Fetching {
    /// Makes a request; gives its whole answer in time, and those headers of it that are named.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask_with(
        &self,
        request: Request,
        headers: &[&str],
        deadline: Duration,
    ) -> Result<(Answer, Vec<Option<String>>), NoAnswer> {
        let controller = AbortController::default();
        let signal = controller.signal();
        let mut under_way = UnderWay(Some(controller));
        match select(pin!(fetch(request, headers, &signal)), pin!(Delay::from(deadline))).await {
            Either::Left((Ok(answer), _)) => {
                under_way.0 = None;
                Ok(answer)
            }
            Either::Left((Err(why), _)) => Err(why),
            Either::Right(_) => Err(NoAnswer::Broken { text: "no answer in time".into() }),
        }
    }
}

/// A request that has not been answered whole. Where nobody waits for that any more, too late, too
/// large or whoever asked gone, it would hold one of the few connections that there may be.
struct UnderWay(Option<AbortController>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

fn broken(error: &worker::Error) -> NoAnswer {
    let text = match error {
        worker::Error::JsError(text) => text.clone(),
        worker::Error::Internal(value) => describe(value),
        other => other.to_string(),
    };
    NoAnswer::Broken { text }
}

/// A request that is not led elsewhere; made of the runtime's own parts, because `worker`'s bring
/// all that Cloudflare's images and caches may be told.
pub(super) fn prepare(
    url: &str,
    method: &str,
    headers: &Headers,
    body: Option<&JsValue>,
) -> Result<worker::Request, worker::Error> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(headers.as_ref());
    init.set_redirect(RequestRedirect::Manual);
    if let Some(body) = body {
        init.set_body(body);
    }
    let request = web_sys::Request::new_with_str_and_init(url, &init)?;
    Ok(request.into())
}

async fn fetch(
    request: Request,
    wanted: &[&str],
    signal: &AbortSignal,
) -> Result<(Answer, Vec<Option<String>>), NoAnswer> {
    let fault = |error: worker::Error| broken(&error);
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value).map_err(fault)?;
    }
    let method = match request.method.as_str() {
        method @ ("POST" | "PUT" | "PATCH" | "DELETE") => method,
        _ => "GET",
    };
    let body: Option<JsValue> =
        (!request.body.is_empty()).then(|| Uint8Array::from(&request.body[..]).into());
    let ready = prepare(&request.url, method, &headers, body.as_ref()).map_err(fault)?;
    let mut response = Fetch::Request(ready).send_with_signal(signal).await.map_err(fault)?;
    let status = response.status_code();
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let header = |name: &&str| response.headers().get(name).ok().flatten();
    let found = wanted.iter().map(header).collect();
    let mut body = Vec::new();
    // An answer without a body has no stream.
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend(chunk.map_err(fault)?);
            if body.len() > request.answer_bytes_max {
                return Err(NoAnswer::TooLarge);
            }
        }
    }
    Ok((Answer { status, retry_after, body }, found))
}
