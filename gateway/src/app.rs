//! What becomes of a request: route, answer, envelope. Nothing that goes wrong below leaves here as
//! anything but a refusal with a code.

use crate::answer;
use crate::auth;
use crate::body::{self, Extra, Rule};
use crate::config::Config;
use crate::http::{Body, Request, Response};
use crate::link;
use crate::log::{self, Answered};
use crate::page::Page;
use crate::platform::Platform;
use crate::query::Query;
use crate::respond::{Common, FileHead, Reply};
use crate::router::{self, Ids, Route, Target};
use crate::routes;
use schema::envelope::KernelCommand;
use schema::ids::WorkspaceId;
use schema::inbox::InboxCommand;
use schema::room::RoomCommand;
use schema::{ActorKind, Answer, Code, Envelope, Permission, Principal, Reject, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// What a request is answered with.
pub enum Served<S, C> {
    /// A response.
    Http(Response),
    /// A response whose body is on its way.
    Content(Response, C),
    /// A WebSocket.
    Socket(S),
}

/// What an endpoint gives.
pub enum Given<S, C> {
    /// A reply for the envelope.
    Reply(Reply),
    /// Plain text.
    Text(u16, String),
    /// A page of ours.
    Html(String),
    /// A table of ours, by its name.
    Csv(String, String),
    /// A mail to be looked at.
    Page(Page),
    /// A file, and its bytes where any are given.
    File(FileHead, Option<C>),
    /// A WebSocket.
    Socket(S),
}

/// A request on its way through an endpoint.
pub struct Call<'a, P> {
    /// The world.
    pub platform: &'a P,
    /// The settings.
    pub config: &'a Config,
    /// The request.
    pub request: Request,
    /// The ids of its path.
    pub ids: Ids,
    /// Its name.
    pub request_id: String,
}

/// Answers a request.
pub async fn serve<P: Platform + 'static>(
    platform: &P,
    request: Request,
) -> Served<P::Socket, P::Content> {
    let (began, method, path) = (platform.now(), request.method.clone(), request.path.clone());
    let request_id = request_id(platform, &request);
    let mut served = answer_any(platform, request, request_id.clone()).await;
    if let (Served::Http(response) | Served::Content(response, _), Some(tally)) =
        (&mut served, platform.tally())
        && response.status != 401
        && !path.starts_with(link::PATH)
    {
        response.headers.push(("server-timing", tally.to_string()));
    }
    let status = match &served {
        Served::Http(response) | Served::Content(response, _) => response.status,
        Served::Socket(_) => 101,
    };
    let took_ms = platform.now() - began;
    let answered =
        Answered { request_id: &request_id, method: &method, path: &path, status, took_ms };
    log::answered(platform, &answered);
    served
}

async fn answer_any<P: Platform + 'static>(
    platform: &P,
    mut request: Request,
    request_id: String,
) -> Served<P::Socket, P::Content> {
    // What HEAD gives is what GET gives, without its body.
    let head = request.method == "HEAD" && !request.path.starts_with(link::PATH);
    if head {
        request.method = "GET".into();
    }
    match respond(platform, request, request_id).await {
        Served::Http(response) | Served::Content(response, _) if head => {
            Served::Http(Response { body: Vec::new(), ..response })
        }
        served => served,
    }
}

async fn respond<P: Platform + 'static>(
    platform: &P,
    request: Request,
    request_id: String,
) -> Served<P::Socket, P::Content> {
    let config = platform.config();
    let common = Common::of(&request, config.as_ref().ok().copied(), request_id.clone());
    if request.method == "OPTIONS" {
        return Served::Http(common.preflight());
    }
    let given = match config {
        Ok(config) => answer(platform, config, request, request_id).await,
        Err(reject) => Err(reject),
    };
    match given {
        Ok(Given::Reply(reply)) => Served::Http(common.success(reply)),
        Ok(Given::Text(status, text)) => Served::Http(common.text(status, text)),
        Ok(Given::Html(text)) => Served::Http(common.html(text)),
        Ok(Given::Csv(name, text)) => Served::Http(common.csv(&name, text)),
        Ok(Given::Page(page)) => Served::Http(common.page(&page)),
        Ok(Given::File(file, Some(content))) => Served::Content(common.file(&file), content),
        Ok(Given::File(file, None)) => Served::Http(common.file(&file)),
        Ok(Given::Socket(socket)) => Served::Socket(socket),
        Err(reject) => {
            if matches!(reject.code, Code::Internal | Code::Unavailable) {
                let (id, code) = (&common.request_id, format!("{:?}", reject.code));
                let fields = [("requestId", &**id), ("code", &code), ("why", &reject.message)];
                log::error(platform, "request_failed", &fields);
            }
            Served::Http(common.failure(&reject))
        }
    }
}

async fn answer<P: Platform + 'static>(
    platform: &P,
    config: &Config,
    request: Request,
    request_id: String,
) -> Result<Given<P::Socket, P::Content>, Reject> {
    // Refused, not redirected: a client that sends its token in the clear is to be noticed. A link
    // to opt out works as it was mailed, whatever `PUBLIC_URL` was then.
    let mailed = request.path.starts_with(routes::opt_out::PATH);
    if request.is_plain() && !config.local() && !mailed {
        return Err(Reject::forbidden("use https"));
    }
    if request.path.starts_with(link::PATH) {
        let call = Call { platform, config, request, ids: Ids::default(), request_id };
        let (file, content) = routes::attachments::linked(call).await?;
        return Ok(Given::File(file, content));
    }
    if request.path == routes::graph::PATH {
        let call = Call { platform, config, request, ids: Ids::default(), request_id };
        return routes::graph::told(call).await.map(|(status, text)| Given::Text(status, text));
    }
    if request.path.starts_with(routes::opt_out::PATH) {
        let call = Call { platform, config, request, ids: Ids::default(), request_id };
        return routes::opt_out::answer(call).await.map(Given::Html);
    }
    if request.path.starts_with(routes::deliveries::PATH) {
        let call = Call { platform, config, request, ids: Ids::default(), request_id };
        return routes::deliveries::told(call).await.map(Given::Reply);
    }
    let (target, ids) = router::find(&request.method, &request.path)?;
    let call = Call { platform, config, request, ids, request_id };
    let route = match target {
        Target::Function(route) => route,
        Target::Room(line) => {
            let caller = (call.principal()?, call.key()?);
            return answer::answer(line, call, caller).await.map(Given::Reply);
        }
    };
    if !route.is_open() {
        call.principal()?;
    }
    call.key()?;
    match route {
        Route::Realtime => routes::realtime::join(call).await.map(Given::Socket),
        Route::AttachmentContent => {
            let (file, content) = routes::attachments::content(call).await?;
            Ok(Given::File(file, content))
        }
        Route::ReportCsv => {
            let (name, text) = routes::reports::csv(call).await?;
            Ok(Given::Csv(name, text))
        }
        Route::CommentHtml => routes::comments::html(call).await.map(Given::Page),
        Route::ExportWorkspace => routes::transfer::export(call).await.map(Given::Socket),
        route => routes::answer(route, call).await.map(Given::Reply),
    }
}

/// The runtime's own name for the request, so that both logs agree; else a random one.
fn request_id<P: Platform>(platform: &P, request: &Request) -> String {
    let ray = request.headers.get("cf-ray");
    let fits = |text: &String| {
        let odd = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'-';
        !text.is_empty() && text.len() <= 64 && !text.bytes().any(odd)
    };
    ray.filter(fits).unwrap_or_else(|| crate::token::hex(&platform.random()[..8]))
}

impl<P: Platform> Call<'_, P> {
    /// The query, of which only `known` parameters may be there.
    ///
    /// # Errors
    /// `invalid_input`.
    pub fn query(&self, known: &[&str]) -> Result<Query, Reject> {
        Query::read(self.request.query.as_deref(), known)
    }

    /// The JSON body, with what stands in path or headers added to it.
    ///
    /// # Errors
    /// See [`body::read`]; `invalid_input`.
    pub async fn body<T: DeserializeOwned>(&mut self, extras: &[Extra<'_>]) -> Result<T, Reject> {
        codec::from_json(&self.text(Rule::AtMost(body::BYTES_MAX), extras).await?)
    }

    /// The JSON body, where it may be missing.
    ///
    /// # Errors
    /// See [`body::read`]; `invalid_input`.
    pub async fn body_or_empty<T: DeserializeOwned>(
        &mut self,
        extras: &[Extra<'_>],
    ) -> Result<T, Reject> {
        codec::from_json(&self.text(Rule::Optional, extras).await?)
    }

    /// The JSON body as text.
    ///
    /// # Errors
    /// See [`body::read`].
    pub async fn text(&mut self, rule: Rule, extras: &[Extra<'_>]) -> Result<Vec<u8>, Reject> {
        self.query(&[])?;
        let body = std::mem::replace(&mut self.request.body, Body::Bytes(Vec::new()));
        body::read(&self.request.headers, body, rule, extras).await
    }

    /// The body as it is, of a type.
    ///
    /// # Errors
    /// `unsupported_media_type`, `too_large`, `bad_request`.
    pub async fn bytes(&mut self, kind: &str, bytes_max: usize) -> Result<Vec<u8>, Reject> {
        self.query(&[])?;
        let body = std::mem::replace(&mut self.request.body, Body::Bytes(Vec::new()));
        body::raw(&self.request.headers, body, kind, bytes_max).await
    }

    /// The version of `If-Match` as a field of a command.
    ///
    /// # Errors
    /// `invalid_input`.
    pub fn if_match(&self, field: &'static str) -> Result<Vec<Extra<'static>>, Reject> {
        let version = self.request.if_match()?;
        Ok(version.map(|version| (field, version.to_string())).into_iter().collect())
    }

    /// The id in the path, as a field of a command.
    #[must_use]
    pub fn id_as(&self, field: &'static str) -> Extra<'static> {
        (field, format!("\"{}\"", self.ids.first.hyphenated()))
    }

    /// Who calls, as far as the token says.
    ///
    /// # Errors
    /// `unauthorized`, `bad_request`.
    pub fn principal(&self) -> Result<Principal, Reject> {
        auth::principal(self.config, &self.request, self.platform.now())
    }

    /// Asks the room of the caller's workspace, which checks the caller itself.
    ///
    /// # Errors
    /// The room's refusals.
    pub async fn room(&self, command: &RoomCommand) -> Result<Reply, Reject> {
        let principal = self.principal()?;
        self.room_as(principal, command).await
    }

    /// Asks a room as somebody.
    ///
    /// # Errors
    /// The room's refusals.
    pub async fn room_as(
        &self,
        principal: Principal,
        command: &RoomCommand,
    ) -> Result<Reply, Reject> {
        let key = self.key()?;
        let instance = principal.workspace.to_string();
        self.ask(ActorKind::WorkspaceRoom, instance, principal, key, command).await
    }

    /// Asks a room as somebody, for a reply that the gateway itself reads. Without a key.
    ///
    /// # Errors
    /// The room's refusals.
    pub async fn room_reads<T: DeserializeOwned>(
        &self,
        principal: Principal,
        command: &RoomCommand,
    ) -> Result<T, Reject> {
        let instance = principal.workspace.to_string();
        let reply = self.ask(ActorKind::WorkspaceRoom, instance, principal, None, command).await?;
        read(&reply)
    }

    /// Asks the room whether the caller may, and gives the caller with the role of now.
    ///
    /// # Errors
    /// `unauthorized`, `forbidden`.
    pub async fn may(&self, permission: Permission) -> Result<Principal, Reject> {
        auth::may(self, self.principal()?, permission).await
    }

    /// Asks an inbox of the caller's workspace.
    ///
    /// # Errors
    /// The inbox's refusals.
    pub async fn inbox(
        &self,
        principal: Principal,
        inbox: schema::ids::InboxId,
        command: &InboxCommand,
    ) -> Result<Reply, Reject> {
        let key = self.key()?;
        let instance = format!("{}/{inbox}", principal.workspace);
        self.ask(ActorKind::InboxState, instance, principal, key, command).await
    }

    /// The idempotency key; reads have none.
    ///
    /// # Errors
    /// `invalid_input`.
    pub fn key(&self) -> Result<Option<String>, Reject> {
        let key = self.request.idempotency_key()?;
        Ok(key.filter(|_| self.request.method != "GET"))
    }

    /// Asks an actor.
    ///
    /// # Errors
    /// Its refusals; `unavailable`.
    pub async fn ask<C: Serialize>(
        &self,
        actor: ActorKind,
        instance: String,
        principal: Principal,
        key: Option<String>,
        command: &C,
    ) -> Result<Reply, Reject> {
        self.hand_over(actor, Envelope::new(instance, principal, key, command)).await
    }

    /// Asks an actor what every actor understands.
    ///
    /// # Errors
    /// Its refusals; `unavailable`.
    pub async fn ask_kernel(
        &self,
        actor: ActorKind,
        instance: String,
        principal: Principal,
        command: &KernelCommand,
    ) -> Result<Reply, Reject> {
        self.hand_over(actor, Envelope::kernel(instance, principal, command)).await
    }

    async fn hand_over(&self, actor: ActorKind, mut envelope: Envelope) -> Result<Reply, Reject> {
        envelope.request_id.clone_from(&self.request_id);
        envelope.address = Some(self.request.address());
        reply(self.platform.call(actor, &envelope).await?)
    }

    /// Random bits, which a request that is sent again under its key gets again: what is made of
    /// them (tokens, salts, ids) is then the same, and so is the command.
    ///
    /// # Errors
    /// `invalid_input` for a bad key.
    pub fn nonce(&self, scope: &str) -> Result<String, Reject> {
        Ok(match self.key()? {
            Some(key) => self.config.keys.nonce_of(scope, &key),
            None => crate::token::hex(&self.platform.random()),
        })
    }

    /// Seals a secret for its owner alone. A request that is sent again under its key gets the same
    /// seal; the nonce hangs on the secret too, so that it never seals two.
    ///
    /// # Errors
    /// `invalid_input` for a bad key, `internal` without `SECRETS_KEY`.
    pub fn seal(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, Reject> {
        use actors::mail::seal::{NONCE_BYTES, SealKey};
        let scope = format!("seal|{owner}|{}", crate::token::sha256_hex(secret));
        let digest = Sha256::digest(self.nonce(&scope)?);
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&digest[..NONCE_BYTES]);
        let fault = |error: String| Reject::internal(format!("SECRETS_KEY: {error}"));
        let key = self.platform.var("SECRETS_KEY").ok_or_else(|| fault("is not set".into()))?;
        let key = SealKey::parse(&key).map_err(|error| fault(error.to_string()))?;
        key.seal(owner, nonce, secret).map_err(|error| fault(error.to_string()))
    }

    /// The workspace that an operator names in a header.
    ///
    /// # Errors
    /// `invalid_input`.
    pub fn named_workspace(&self) -> Result<Option<WorkspaceId>, Reject> {
        auth::named_workspace(&self.request)
    }
}

fn reply(answer: Answer) -> Result<Reply, Reject> {
    match answer {
        Answer::Done { json, replayed } => Ok(Reply { replayed, ..Reply::json(json) }),
        Answer::Rejected(reject) => Err(reject),
    }
}

/// An actor's reply as the type that its command promises.
///
/// # Errors
/// `internal` where it has another shape.
pub fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Reject> {
    codec::read_reply(&reply.data)
}
