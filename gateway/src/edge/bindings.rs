//! [`Platform`] over the bindings of the Worker.

use super::raw;
use super::trouble::{describe, fault, unavailable};
use crate::config::Config;
use crate::http::Response;
use crate::platform::{Dependency, Platform, Point, Progress, Source, Storage};
use crate::scrape::visit::Heads;
use crate::tally::Tally;
use actors::kernel::host::fetch::Fetching;
use actors::kernel::host::{metrics, outside};
use actors::mail::graph;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::Promise;
use once_cell::sync::OnceCell;
use schema::envelope::pack;
use schema::frame::Connect;
use schema::pipeline::Queue;
use schema::room::source::Mark;
use schema::summary::Cell;
use schema::{ActorKind, Answer, Code, Envelope, Millis, Reject};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::web_sys;
use worker::{
    Bucket, Context, Delay, Env, MultipartUpload, ResponseBuilder, UploadedPart, WebSocketPair,
    WebsocketEvent,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn fill_random(bytes: &mut [u8]) -> Result<(), JsValue>;
}

#[wasm_bindgen(module = "/src/edge/edge.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = join)]
    fn join_room(
        env: &JsValue,
        binding: &str,
        name: &str,
        connect: &[u8],
        protocol: Option<&str>,
    ) -> Result<Promise, JsValue>;
}

/// The settings, read once: they change only with a new deployment, which is a new isolate.
static CONFIG: OnceCell<Result<Config, Reject>> = OnceCell::new();

/// How long a copy is kept.
const KEPT_S: u64 = 24 * 60 * 60;
/// How long D1 may take for a list; who asks is not kept waiting.
const D1_WAITS: Duration = Duration::from_secs(10);
/// How long a room may take to say what there is.
const GREETING: Duration = Duration::from_secs(10);

#[derive(serde::Deserialize)]
struct One {}

/// The bindings of this Worker.
pub struct Edge {
    pub(super) env: Env,
    context: Option<Rc<Context>>,
    /// What the request has cost.
    pub(super) tally: Rc<std::cell::Cell<Tally>>,
}

impl Edge {
    /// For a request, which has a context; none of the others goes on with anything by itself.
    pub(super) fn new(env: Env, context: Option<Context>) -> Self {
        Self { env, context: context.map(Rc::new), tally: Rc::default() }
    }

    fn bucket(&self) -> Result<Bucket, Reject> {
        self.env.bucket("MAIL").map_err(|error| unavailable("storage", error))
    }
}

/// An object on its way into storage.
pub struct Parts {
    key: String,
    upload: MultipartUpload,
    done: Vec<UploadedPart>,
}

impl Storage for Edge {
    type Parts = Parts;

    async fn put_object(&self, key: &str, bytes: &[u8]) -> Result<(), Reject> {
        let put = self.bucket()?.put(key, bytes.to_vec()).execute().await;
        put.map(drop).map_err(|error| unavailable("storage", error))
    }

    async fn begin_parts(&self, key: &str) -> Result<Parts, Reject> {
        let upload = self.bucket()?.create_multipart_upload(key).execute().await;
        let upload = upload.map_err(|error| unavailable("storage", error))?;
        Ok(Parts { key: key.to_owned(), upload, done: Vec::new() })
    }

    async fn put_part(&self, parts: &mut Parts, bytes: Vec<u8>) -> Result<(), Reject> {
        let number = u16::try_from(parts.done.len() + 1).unwrap_or(u16::MAX);
        let part = parts.upload.upload_part(number, bytes).await;
        parts.done.push(part.map_err(|error| unavailable("storage", error))?);
        Ok(())
    }

    async fn end_parts(&self, parts: &mut Parts) -> Result<(), Reject> {
        let fault = |error: worker::Error| unavailable("storage", error);
        // To complete an upload takes its handle, which is still needed where that fails.
        let id = parts.upload.upload_id().await;
        let upload = self.bucket()?.resume_multipart_upload(&*parts.key, id).map_err(fault)?;
        let done = upload.complete(std::mem::take(&mut parts.done)).await;
        done.map(drop).map_err(fault)
    }

    async fn drop_parts(&self, parts: Parts) {
        if let Err(error) = parts.upload.abort().await {
            fault("storage", &error.to_string());
        }
    }
}

impl Platform for Edge {
    type Socket = web_sys::Response;
    type Content = worker::ResponseBody;

    fn twin(&self) -> Self {
        let (env, context) = (self.env.clone(), self.context.clone());
        Self { env, context, tally: Rc::clone(&self.tally) }
    }

    fn go_on(&self, work: impl Future<Output = ()> + 'static) {
        match &self.context {
            Some(context) => context.wait_until(work),
            None => wasm_bindgen_futures::spawn_local(work),
        }
    }

    fn stream<S: Source + 'static>(
        &self,
        response: Response,
        source: S,
    ) -> Result<web_sys::Response, Reject> {
        let pieces = futures_util::stream::unfold(Some(source), |source| async move {
            let mut source = source?;
            match source.next().await {
                Ok(piece) => piece.map(|bytes| (Ok(bytes), Some(source))),
                Err(reject) => {
                    worker::console_error!("a body broke off: {}", reject.message);
                    let told = worker::Error::RustError("the body broke off".to_owned());
                    Some((Err(told), None))
                }
            }
        });
        let fault = |error: worker::Error| Reject::internal(format!("a body: {error}"));
        let headers = worker::Headers::new();
        for (name, value) in &response.headers {
            headers.set(name, value).map_err(fault)?;
        }
        let builder = ResponseBuilder::new().with_status(response.status).with_headers(headers);
        builder.from_stream(pieces).and_then(raw).map_err(fault)
    }

    fn config(&self) -> Result<&Config, Reject> {
        let config = CONFIG.get_or_init(|| Config::read(|name| self.var(name)));
        config.as_ref().map_err(Clone::clone)
    }

    fn now(&self) -> Millis {
        js_sys::Date::now() as Millis
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        fill_random(&mut bytes).expect("32 bytes are within what may be asked for");
        bytes
    }

    async fn reach(&self, what: Dependency) -> Result<bool, Reject> {
        match what {
            Dependency::D1 => self.rows::<One>("select 1 as one", &[]).await.map(|_| true),
            Dependency::Storage => self.has_object("readyz").await.map(|_| true),
            Dependency::Cache => {
                let Ok(cache) = self.env.kv("CACHE") else { return Ok(false) };
                let found = cache.get("readyz").text().await;
                found.map(|_| true).map_err(|error| unavailable("cache", error))
            }
        }
    }

    async fn fetch(&self, request: graph::Request) -> Result<graph::Answer, graph::NoAnswer> {
        graph::Http::ask(&Fetching, request).await
    }

    async fn visit(
        &self,
        request: graph::Request,
        wait_ms: u64,
    ) -> Result<(graph::Answer, Heads), graph::NoAnswer> {
        let names = ["etag", "last-modified", "content-type", "location"];
        let deadline = Duration::from_millis(wait_ms);
        let (answer, found) = Fetching.ask_with(request, &names, deadline).await?;
        let mut found = found.into_iter();
        let mut next = || found.next().flatten();
        let mark = Mark { etag: next(), last_modified: next() };
        Ok((answer, Heads { content_type: next(), location: next(), mark }))
    }

    async fn sleep(&self, ms: u32) {
        worker::Delay::from(std::time::Duration::from_millis(ms.into())).await;
    }

    fn count(&self, point: &Point<'_>) {
        metrics::write(&self.env, point.event, point.labels, point.numbers);
    }

    async fn kept(&self, key: &str) -> Option<String> {
        self.env.kv("CACHE").ok()?.get(key).text().await.ok().flatten()
    }

    async fn keep(&self, key: &str, text: &str) {
        let Ok(cache) = self.env.kv("CACHE") else { return };
        let Ok(put) = cache.put_bytes(key, text.as_bytes()) else { return };
        if let Err(error) = put.expiration_ttl(KEPT_S).execute().await {
            fault("cache", &error.to_string());
        }
    }

    fn log(&self, line: &str) {
        worker::console_error!("{line}");
    }

    fn var(&self, name: &str) -> Option<String> {
        self.env.var(name).ok().map(|value| value.to_string())
    }

    async fn call(&self, actor: ActorKind, envelope: &Envelope) -> Result<Answer, Reject> {
        self.ask(actor, envelope).await
    }

    fn tally(&self) -> Option<Tally> {
        Some(self.tally.get()).filter(|tally| tally.of.is_some())
    }

    async fn join(
        &self,
        connect: &Connect,
        protocol: Option<&str>,
    ) -> Result<web_sys::Response, Reject> {
        let fault = |error: JsValue| unavailable("room", describe(&error));
        let binding = ActorKind::WorkspaceRoom.binding();
        let (env, packed) = (self.env.as_ref(), pack(connect));
        let asked = join_room(env, binding, &connect.instance, &packed, protocol);
        let answer = JsFuture::from(asked.map_err(fault)?).await.map_err(fault)?;
        Ok(answer.unchecked_into())
    }

    async fn listen(
        &self,
        connect: &Connect,
        wait: Millis,
        take: &mut dyn FnMut(&str) -> Result<Progress, Reject>,
    ) -> Result<(), Reject> {
        let fault = |error: worker::Error| unavailable("room", error);
        let lost = || Reject::new(Code::Unavailable, "the room was lost: ask again");
        let response = worker::Response::from(self.join(connect, None).await?);
        let socket = response.websocket().ok_or_else(lost)?;
        let mut events = socket.events().map_err(fault)?;
        socket.accept().map_err(fault)?;
        let mut over = pin!(Delay::from(GREETING));
        let mut waits = false;
        loop {
            match select(events.next(), over.as_mut()).await {
                Either::Left((Some(Ok(WebsocketEvent::Message(message))), _)) => {
                    match take(&message.text().unwrap_or_default())? {
                        Progress::More => {}
                        Progress::Wait => {
                            over.set(Delay::from(Duration::from_millis(wait.unsigned_abs())));
                            waits = true;
                        }
                        Progress::Done => break,
                    }
                }
                Either::Left((Some(Ok(WebsocketEvent::Close(close))), _)) => {
                    return Err(Reject::of_close(close.code(), &close.reason()));
                }
                Either::Left((Some(Err(_)) | None, _)) => return Err(lost()),
                Either::Right(_) if waits => break,
                Either::Right(_) => return Err(lost()),
            }
        }
        // It may have been closed meanwhile.
        let _ = socket.close(Some(1000), Some("this is all"));
        Ok(())
    }

    fn refuse(&self, protocol: Option<&str>, why: &Reject) -> Result<web_sys::Response, Reject> {
        let fault = |error: worker::Error| Reject::internal(format!("socket: {error}"));
        let pair = WebSocketPair::new().map_err(fault)?;
        pair.server.accept().map_err(fault)?;
        let reason = match why.code {
            Code::Internal => "internal error",
            _ => &why.message,
        };
        // A close frame holds at most 123 bytes of reason.
        let mut end = reason.len().min(120);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = &reason[..end];
        pair.server.close(Some(why.code.close_code()), Some(reason)).map_err(fault)?;
        let response = worker::Response::from_websocket(pair.client).map_err(fault)?;
        if let Some(protocol) = protocol {
            response.headers().set("sec-websocket-protocol", protocol).map_err(fault)?;
        }
        raw(response).map_err(fault)
    }

    async fn rows<T: DeserializeOwned>(
        &self,
        statement: &str,
        params: &[Cell],
    ) -> Result<Vec<T>, Reject> {
        let fault = |error: worker::Error| unavailable("D1", error);
        let params: Vec<JsValue> = params
            .iter()
            .map(|cell| match cell {
                Cell::Null => JsValue::NULL,
                Cell::Integer(value) => JsValue::from_f64(*value as f64),
                Cell::Text(value) => JsValue::from_str(value),
            })
            .collect();
        let statement = self.env.d1("DB").map_err(fault)?.prepare(statement);
        let statement = statement.bind(&params).map_err(fault)?;
        let result = match select(pin!(statement.all()), pin!(Delay::from(D1_WAITS))).await {
            Either::Left((result, _)) => result.map_err(fault)?,
            Either::Right(_) => return Err(unavailable("D1", "no answer in time")),
        };
        result.results().map_err(|error| Reject::internal(format!("D1 row: {error}")))
    }

    async fn has_object(&self, key: &str) -> Result<bool, Reject> {
        let head = self.bucket()?.head(key).await;
        head.map(|object| object.is_some()).map_err(|error| unavailable("storage", error))
    }

    async fn object(&self, key: &str) -> Result<Option<Vec<u8>>, Reject> {
        let fault = |error: worker::Error| unavailable("storage", error);
        let Some(object) = self.bucket()?.get(key).execute().await.map_err(fault)? else {
            return Ok(None);
        };
        let Some(body) = object.body() else { return Ok(None) };
        body.bytes().await.map(Some).map_err(fault)
    }

    async fn open(
        &self,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<Option<worker::ResponseBody>, Reject> {
        let fault = |error: worker::Error| unavailable("storage", error);
        let bucket = self.bucket()?;
        let mut get = bucket.get(key);
        if let Some((from, to)) = range {
            get =
                get.range(worker::Range::OffsetWithLength { offset: from, length: to - from + 1 });
        }
        let Some(object) = get.execute().await.map_err(fault)? else { return Ok(None) };
        object.body().map(|body| body.response_body().map_err(fault)).transpose()
    }

    async fn delete_object(&self, key: &str) -> Result<(), Reject> {
        self.bucket()?.delete(key).await.map_err(|error| unavailable("storage", error))
    }

    async fn enqueue_all(&self, queue: Queue, messages: &[Vec<u8>]) -> Result<(), Reject> {
        let put = outside::enqueue(&self.env, queue, messages).await;
        put.map_err(|error| unavailable("queue", error))
    }
}
