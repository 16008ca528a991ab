//! The Worker runtime: the entry points. Wasm only.

mod bindings;
mod body;
mod call;
mod trouble;

pub use self::bindings::Edge;
pub use self::body::{chunks, next_chunk, read};

use crate::app::{self, Served};
use crate::email::{self, MAIL_BYTES_MAX, Verdict};
use crate::http::{Body, Headers, Request, Response};
use crate::log;
use crate::queue::{self, Fate, Message};
use crate::respond::REQUEST_ID;
use crate::scheduled;
use js_sys::Reflect;
use schema::Millis;
use wasm_bindgen::prelude::*;
use worker::web_sys;
use worker::{
    Context, Env, ForwardableEmailMessage, IntoResponse, MessageBatch, MessageExt,
    QueueRetryOptionsBuilder, RawMessage, ResponseBuilder, ScheduleContext, ScheduledEvent, event,
};

#[wasm_bindgen(module = "/src/edge/edge.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = respond)]
    fn respond_with(
        status: u16,
        shared: &str,
        own: &str,
        body: &[u8],
    ) -> Result<web_sys::Response, JsValue>;
}

/// Answers a request.
///
/// # Errors
/// None: what goes wrong is an answer.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let edge = Edge::new(env, Some(context));
    let (method, url) = (request.method(), request.url());
    let headers = Headers::Js(request.headers());
    let request = Request::new(&method, &url, headers, Body::Js(request));
    match app::serve(&edge, request).await {
        Served::Socket(response) => Ok(response),
        Served::Http(response) => respond(&response),
        Served::Content(response, content) => {
            let headers = worker::Headers::new();
            for (name, value) in &response.headers {
                headers.set(name, value)?;
            }
            let builder = ResponseBuilder::new().with_status(response.status);
            raw(builder.with_headers(headers).body(content))
        }
    }
}

/// The runtime's own response.
fn raw(response: worker::Response) -> worker::Result<web_sys::Response> {
    response.into_raw().map_err(|error| worker::Error::RustError(error.into().to_string()))
}

fn respond(response: &Response) -> worker::Result<web_sys::Response> {
    let headers = &response.headers;
    let own = headers.iter().position(|(name, _)| *name == REQUEST_ID).unwrap_or_default();
    let lines = |headers: &[(&str, String)]| {
        let mut lines = String::with_capacity(512);
        for (name, value) in headers {
            if value.contains('\n') {
                let why = format!("a line end in the header {name}");
                return Err(worker::Error::RustError(why));
            }
            for word in [name, value.as_str()] {
                lines.push_str(word);
                lines.push('\n');
            }
        }
        Ok(lines)
    };
    let (shared, own) = (lines(&headers[..own])?, lines(&headers[own..])?);
    Ok(respond_with(response.status, &shared, &own, &response.body)?)
}

/// Takes in a mail that is routed to this Worker. It never fails: the glue would panic.
///
/// # Errors
/// None.
#[event(email)]
async fn email(
    message: ForwardableEmailMessage,
    env: Env,
    _context: Context,
) -> worker::Result<()> {
    let edge = Edge::new(env, None);
    if message.raw_size() > MAIL_BYTES_MAX as f64 {
        message.set_reject("the mail is too long");
        return Ok(());
    }
    let raw = match message.raw_bytes().await {
        Ok(raw) => raw,
        Err(error) => {
            log::error(&edge, "mail_not_received", &[("why", &error.to_string())]);
            message.set_reject("temporary failure: try again later");
            return Ok(());
        }
    };
    match email::receive(&edge, &message.from(), &message.to(), &raw).await {
        Verdict::Taken => {}
        Verdict::Refused(why) => message.set_reject(&why),
        Verdict::Later(why) => {
            log::error(&edge, "mail_not_kept", &[("why", &why)]);
            message.set_reject("temporary failure: try again later");
        }
    }
    Ok(())
}

/// Consumes messages of the pipeline. It never fails: each message is acknowledged or put back by
/// itself. What a message's body holds is made by the entry file.
///
/// # Errors
/// None.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> worker::Result<()> {
    let edge = Edge::new(env, None);
    let raw: Vec<_> = batch.raw_iter().collect();
    let messages: Vec<Message> = raw.iter().map(read_message).collect();
    let fates = queue::consume(&edge, &batch.queue(), &messages).await;
    for (message, fate) in raw.iter().zip(fates) {
        match fate {
            Fate::Done => message.ack(),
            Fate::Again(seconds) => {
                let options = QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build();
                message.retry_with_options(&options);
            }
        }
    }
    Ok(())
}

fn read_message(raw: &RawMessage) -> Message {
    let body = raw.body();
    let field = |name: &str| Reflect::get(&body, &JsValue::from_str(name)).ok();
    Message {
        id: raw.id(),
        sent_at: raw.timestamp().as_millis() as Millis,
        attempts: field("attempts").and_then(|value| value.as_f64()).unwrap_or(1.0) as i64,
        text: field("text").and_then(|value| value.as_string()).unwrap_or_default(),
    }
}

/// A cron trigger.
#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let set_for = event.schedule() as Millis;
    scheduled::beat(&Edge::new(env, None), &event.cron(), set_for).await;
}
