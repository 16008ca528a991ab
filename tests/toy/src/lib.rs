//! A Worker with one small actor that can be told to fail in every way there is.
//!
//! It runs on the product's kernel, host and `actor.js`, so that the edge tests can show what those
//! promise (a panic hurts nobody else, an error leaves nothing behind, an alarm survives) without
//! a way to fail in the product itself.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "the macros of the worker crate write public items")]

use actors::kernel::{Actor, Ctx, Fault, Migration, Reply, Timer, Value};
use schema::ids::WorkspaceId;
use schema::{ActorKind, Answer, Envelope, Principal, Reject};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use worker::{Context, Env, Request, Response, Result, event};

const WORKSPACE: &str = "00000000-0000-0000-0000-000000000001";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// Writes a row.
    Add,
    /// Writes a row, then refuses.
    Reject,
    /// Writes a row, then panics.
    Panic,
    /// Writes a row, then overflows the stack.
    Overflow,
    /// Writes a row, then sets a timer that panics, and one that writes a row.
    PanicLater,
    /// Writes a row after a second, by a timer.
    Later,
    /// Writes a row, and forgets everything after a second, by a timer.
    Forget,
    /// Runs a statement that SQLite refuses.
    BadSql,
    /// Gives values to SQLite and back.
    Echo,
    /// Counts rows.
    Count,
}

pub enum Core {}

impl Actor for Core {
    const KIND: ActorKind = ActorKind::RateLimiter;
    const MIGRATIONS: &'static [Migration] =
        &[Migration { name: "toy", sql: "create table rows (id integer primary key) strict;" }];
    type Command = Command;

    fn handle(ctx: &mut Ctx<'_>, command: Command) -> std::result::Result<Reply, Reject> {
        if !matches!(command, Command::Count | Command::Echo) {
            add(ctx)?;
        }
        match command {
            Command::Reject => return Err(Reject::conflict("refused")),
            Command::Panic => panic!("a panic that was asked for"),
            Command::Overflow => return Err(Reject::internal(deep(0).to_string())),
            Command::PanicLater => {
                ctx.set_timer("panic", "", ctx.now + 500, &[])?;
                ctx.set_timer("add", "", ctx.now + 501, &[])?;
            }
            Command::Forget => ctx.set_timer("forget", "", ctx.now + 1000, &[])?,
            Command::Later => ctx.set_timer("add", "", ctx.now + 1000, &[])?,
            Command::BadSql => drop(ctx.sql.exec("select a from nowhere", &[])?),
            Command::Echo => return echo(ctx),
            Command::Add | Command::Count => {}
        }
        let row = ctx.sql.first("select count(*) from rows", &[])?;
        Reply::of(&row.map_or(Ok(0), |row| row.integer(0))?)
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> std::result::Result<(), Reject> {
        assert!(timer.kind != "panic", "a panic in a timer that was asked for");
        if timer.kind == "forget" {
            return Ok(ctx.forget().map(drop)?);
        }
        Ok(add(ctx)?)
    }
}

fn add(ctx: &mut Ctx<'_>) -> std::result::Result<(), Fault> {
    ctx.sql.exec("insert into rows (id) values (null)", &[]).map(drop)
}

fn echo(ctx: &mut Ctx<'_>) -> std::result::Result<Reply, Reject> {
    let values = [
        Value::Null,
        Value::Integer((1 << 53) - 1),
        Value::Real(1.5),
        Value::Text("é\u{0}b".into()),
        Value::Blob(vec![0, 255]),
    ];
    let rows = ctx.sql.exec("select ?, ?, ?, ?, ?", &values)?;
    let too_big = ctx.sql.exec("select ?", &[Value::Integer(1 << 53)]).is_err();
    Reply::of(&(rows[0].0 == values && too_big))
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn deep(n: u64) -> u64 {
    std::hint::black_box(deep(std::hint::black_box(n + 1)) + 1)
}

actors::durable_actor!(Toy, Core, None);

#[wasm_bindgen]
extern "C" {
    type Stub;
    #[wasm_bindgen(method, catch)]
    fn call(
        this: &Stub,
        bytes: js_sys::Uint8Array,
    ) -> std::result::Result<js_sys::Promise, JsValue>;
}

/// `POST /{object}/{command}`: calls the object and gives its answer; `/panic` panics right here.
#[event(fetch, respond_with_errors)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    assert!(path != "/panic", "a panic in the gateway that was asked for");
    let (object, command) = path.trim_start_matches('/').split_once('/').unwrap_or(("a", "count"));
    let command: Command = serde_json::from_value(command.into())?;
    let instance = format!("{WORKSPACE}/{object}");
    let workspace: WorkspaceId = WORKSPACE.parse().map_err(|_| "no id")?;
    let envelope = Envelope::new(&*instance, Principal::system(workspace), None, &command);
    let stub: Stub = env.durable_object("TOY")?.get_by_name(&instance)?.into_rpc();
    let answer = stub.call(js_sys::Uint8Array::from(&envelope.encode()[..]))?;
    let answer = wasm_bindgen_futures::JsFuture::from(answer).await?;
    match Answer::decode(&js_sys::Uint8Array::new(&answer).to_vec()) {
        Ok(Answer::Done { json, .. }) => Response::from_bytes(json),
        Ok(Answer::Rejected(reject)) | Err(reject) => {
            Response::error(reject.message, reject.code.status())
        }
    }
}
