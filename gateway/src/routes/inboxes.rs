//! Inboxes and what they send. A password is sealed here, for its inbox alone, before it goes on.

use crate::app::{Call, read};
use crate::auth;
use crate::gather::gather;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::routes::status;
use actors::inbox_state::identity::inbox_of;
use schema::ids::{InboxId, SendId, WorkspaceId};
use schema::inbox::{
    ConfigureInbox, GetInbox, GetSend, InboxCommand, InboxView, ListSends, NewMail, PauseInbox,
    RegisterInbox, ResolveUnknown, ResumeInbox, Security, SendMail, SmtpTransport, Transport,
    check_way, host_name, parse_secret,
};
use schema::{ActorKind, Permission, Principal, Reject};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// After so many numbers without a secret the rest is not looked for.
const GAP_MAX: u32 = 5;
/// How many secrets are looked at.
const SECRETS_MAX: u32 = 200;

/// `GET /v1/inboxes`: from D1.
///
/// # Errors
/// `unauthorized`, `invalid_input`, `unavailable`.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let principal = call.may(Permission::Read).await?;
    let list = format!("inboxes|{}", principal.workspace);
    let (rows, next) = status::rows(&call, &principal, &list, &query).await?;
    Reply::list(&rows, next)
}

/// How a client says that an inbox sends.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Smtp {
    host: String,
    port: u16,
    #[serde(default)]
    security: Option<Security>,
    #[serde(default)]
    username: Option<String>,
    password: String,
}

const fn yes() -> bool {
    true
}

fn utc() -> String {
    "UTC".into()
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewInbox {
    email: String,
    #[serde(default)]
    display_name: String,
    smtp: Smtp,
    #[serde(default = "yes")]
    warmup: bool,
    #[serde(default = "utc")]
    time_zone: String,
}

/// `POST /v1/inboxes`. The inbox of an address has one id in a workspace: registered again with the
/// same values, it is the same inbox with, perhaps, a new password.
///
/// # Errors
/// `invalid_input`, the inbox's.
pub async fn register<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let input: NewInbox = call.body(&[]).await?;
    let email = schema::check::email("email", &input.email)?;
    let inbox = inbox_of(principal.workspace, &email);
    let transport = transport(&call, &principal, inbox, &email, input.smtp)?;
    let (display_name, time_zone) = (input.display_name, input.time_zone);
    let register =
        RegisterInbox { email, display_name, transport, warmup: input.warmup, time_zone };
    let reply = call.inbox(principal, inbox, &InboxCommand::Register(register)).await?;
    Ok(reply.created("/v1/inboxes").tagged())
}

/// Checks a way out and seals its password.
fn transport<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    inbox: InboxId,
    email: &str,
    smtp: Smtp,
) -> Result<Transport, Reject> {
    let host = host_name("smtp.host", &smtp.host)?;
    let by_port = if smtp.port == 465 { Security::ImplicitTls } else { Security::Starttls };
    let security = smtp.security.unwrap_or(by_port);
    if security == Security::Plain && !call.config.local() {
        return Err(Reject::field("smtp.security", "must be implicit_tls or starttls"));
    }
    check_way(&host, smtp.port, security)?;
    if smtp.password.is_empty() || smtp.password.len() > 1_024 {
        return Err(Reject::field("smtp.password", "must have 1 to 1024 bytes"));
    }
    let username = match smtp.username {
        Some(username) => schema::check::line("smtp.username", &username, 320)?,
        None => email.to_owned(),
    };
    let owner = format!("{}/{inbox}", principal.workspace);
    let sealed_password = call.seal(&owner, smtp.password.as_bytes())?;
    let port = smtp.port;
    Ok(Transport::Smtp(SmtpTransport { host, port, security, username, sealed_password }))
}

/// `GET /v1/inboxes/{id}`.
///
/// # Errors
/// `unauthorized`, the inbox's.
pub async fn get<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Read).await?;
    let command = InboxCommand::Status(GetInbox {});
    Ok(call.inbox(principal, InboxId(call.ids.first), &command).await?.tagged())
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "InboxChanges"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changes {
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    smtp: Option<Smtp>,
    #[serde(default)]
    warmup: Option<bool>,
    #[serde(default)]
    time_zone: Option<String>,
}

/// `PATCH /v1/inboxes/{id}`. A new way out is given whole, with its password.
///
/// # Errors
/// `invalid_input`, `unauthorized`, `forbidden`, the inbox's.
pub async fn configure<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let inbox = InboxId(call.ids.first);
    let input: Changes = call.body(&[]).await?;
    let transport = match input.smtp {
        None => None,
        Some(smtp) => {
            let status = InboxCommand::Status(GetInbox {});
            let instance = format!("{}/{inbox}", principal.workspace);
            let kind = ActorKind::InboxState;
            let view = call.ask(kind, instance, principal.clone(), None, &status).await?;
            let view: InboxView = read(&view)?;
            Some(transport(&call, &principal, inbox, &view.email, smtp)?)
        }
    };
    let Changes { display_name, warmup, time_zone, .. } = input;
    let configure = ConfigureInbox { display_name, transport, warmup, time_zone };
    Ok(call.inbox(principal, inbox, &InboxCommand::Configure(configure)).await?.tagged())
}

/// `POST /v1/inboxes/{id}/pause`.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn pause<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let input: PauseInbox = call.body(&[]).await?;
    let inbox = InboxId(call.ids.first);
    Ok(call.inbox(principal, inbox, &InboxCommand::Pause(input)).await?.tagged())
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Which {
    inbox_id: InboxId,
}

/// `POST /api/admin/resume-inbox`.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn resume<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let Which { inbox_id } = call.body(&[]).await?;
    let command = InboxCommand::Resume(ResumeInbox {});
    Ok(call.inbox(principal, inbox_id, &command).await?.tagged())
}

#[derive(Deserialize)]
struct SendsPage<'a> {
    #[serde(borrow)]
    sends: &'a RawValue,
    #[serde(default, rename = "nextCursor")]
    next_cursor: Option<String>,
}

/// `GET /v1/inboxes/{id}/sends`.
///
/// # Errors
/// `unauthorized`, `invalid_input`, the inbox's.
pub async fn list_sends<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["state", "limit", "cursor"])?;
    let input = ListSends {
        state: query.name("state")?,
        cursor: query.parse("cursor", "one that this list gave")?,
        limit: Some(query.limit()?),
    };
    let principal = call.may(Permission::Read).await?;
    let inbox = InboxId(call.ids.first);
    let reply = call.inbox(principal, inbox, &InboxCommand::ListSends(input)).await?;
    let page: SendsPage<'_> = serde_json::from_slice(&reply.data)
        .map_err(|error| Reject::internal(format!("not a page: {error}")))?;
    let data = page.sends.get().as_bytes().to_vec();
    Ok(Reply { next_cursor: Some(page.next_cursor), ..Reply::json(data) })
}

/// `POST /v1/inboxes/{id}/sends`; the idempotency key names the mail for ever.
///
/// # Errors
/// `invalid_input` without a key, `unauthorized`, `forbidden`, the inbox's.
pub async fn send<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let key = call.key()?;
    let key = key.ok_or_else(|| Reject::field("Idempotency-Key", "must be there"))?;
    let principal = call.may(Permission::Work).await?;
    let mail: NewMail = call.body(&[]).await?;
    let inbox = InboxId(call.ids.first);
    let reply = call.inbox(principal, inbox, &InboxCommand::Send(SendMail { key, mail })).await?;
    Ok(Reply { status: 202, ..reply.created(&format!("/v1/inboxes/{inbox}/sends")) })
}

/// `GET /v1/inboxes/{id}/sends/{send}`.
///
/// # Errors
/// `unauthorized`, the inbox's.
pub async fn get_send<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Read).await?;
    let command = InboxCommand::GetSend(GetSend { send_id: SendId(call.ids.second) });
    Ok(call.inbox(principal, InboxId(call.ids.first), &command).await?.tagged())
}

/// `DELETE /v1/inboxes/{id}/sends/{send}`: takes back a mail that has not begun to leave.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn cancel_send<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Work).await?;
    let command = InboxCommand::CancelSend(GetSend { send_id: SendId(call.ids.second) });
    Ok(call.inbox(principal, InboxId(call.ids.first), &command).await?.tagged())
}

/// `POST /v1/inboxes/{id}/sends/{send}/resolve`.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn resolve_send<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let extras = [("sendId", format!("\"{}\"", SendId(call.ids.second)))];
    let input: ResolveUnknown = call.body(&extras).await?;
    let inbox = InboxId(call.ids.first);
    Ok(call.inbox(principal, inbox, &InboxCommand::ResolveUnknown(input)).await?.tagged())
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Initialize {
    #[serde(default)]
    workspace_id: Option<WorkspaceId>,
    #[serde(default = "yes")]
    warmup: bool,
    #[serde(default = "utc")]
    time_zone: String,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Initialized {
    secret: String,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox: Option<InboxView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reject>,
}

/// `POST /api/admin/initialize-inboxes`: registers an inbox for each secret `SMTP_INBOX_1`, `_2`…
/// Done again it changes nothing, but renews passwords that were changed.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`; what is wrong with one secret is in its result.
pub async fn initialize<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let mut principal = auth::operates(&call).await?;
    let input: Initialize = call.body_or_empty(&[]).await?;
    if let Some(workspace) = input.workspace_id {
        if principal.caller != schema::Caller::Operator && principal.workspace != workspace {
            return Err(Reject::not_found("workspace"));
        }
        principal.workspace = workspace;
    }
    if principal.workspace == auth::DEPLOYMENT {
        return Err(Reject::field("workspaceId", "must be there"));
    }
    let principal = auth::may(&call, principal, Permission::Manage).await?;
    let secrets = secrets(call.platform);
    let done = gather(secrets, |(name, secret)| {
        let (call, principal, input) = (&call, &principal, &input);
        async move {
            let (inbox, error) = match one(call, principal, input, &secret).await {
                Ok(inbox) => (Some(inbox), None),
                Err(reject) => (None, Some(public(call, &name, reject))),
            };
            Initialized { secret: name, success: inbox.is_some(), inbox, error }
        }
    });
    Reply::of(&done.await)
}

/// A refusal as a part of a reply: what is internal stays in the log.
fn public<P: Platform>(call: &Call<'_, P>, what: &str, reject: Reject) -> Reject {
    if reject.code != schema::Code::Internal {
        return reject;
    }
    let fields = [("requestId", &*call.request_id), ("what", what), ("why", &reject.message)];
    crate::log::error(call.platform, "part_failed", &fields);
    Reject::new(reject.code, "internal error")
}

fn secrets<P: Platform>(platform: &P) -> Vec<(String, String)> {
    let (mut found, mut missing) = (Vec::new(), 0);
    for number in 1..=SECRETS_MAX {
        let name = format!("SMTP_INBOX_{number}");
        match platform.var(&name).filter(|secret| !secret.trim().is_empty()) {
            Some(secret) => {
                missing = 0;
                found.push((name, secret));
            }
            None => missing += 1,
        }
        if missing > GAP_MAX {
            break;
        }
    }
    found
}

async fn one<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    input: &Initialize,
    secret: &str,
) -> Result<InboxView, Reject> {
    let secret = parse_secret(secret)?;
    let inbox = inbox_of(principal.workspace, &secret.email);
    let smtp = Smtp {
        host: secret.host,
        port: secret.port,
        security: Some(secret.security),
        username: None,
        password: secret.password,
    };
    let register = RegisterInbox {
        transport: transport(call, principal, inbox, &secret.email, smtp)?,
        email: secret.email,
        display_name: secret.display_name,
        warmup: input.warmup,
        time_zone: input.time_zone.clone(),
    };
    let instance = format!("{}/{inbox}", principal.workspace);
    let command = InboxCommand::Register(register);
    let kind = ActorKind::InboxState;
    read(&call.ask(kind, instance, principal.clone(), None, &command).await?)
}
