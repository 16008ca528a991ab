//! Logging in to Postroom with an account at Microsoft, which an agent has linked before.
//!
//! Who somebody is, is the directory and the account in it (`tid` and `oid` of the id token):
//! addresses change hands, and a directory's administrator may write any into a token. So nobody is
//! known by one, and an account opens nothing until the agent whose it is has linked it.
//!
//! Whoever logs in has no session yet that a state could be sealed for. It is sealed for a secret
//! that only the page has which began: a state, a code or a whole address that somebody else has
//! brought or taken opens nothing without it.

use super::microsoft::{self, LogInAt};
use super::sessions;
use crate::app::Call;
use crate::auth;
use crate::password;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::token::{Purpose, sha256_hex};
use actors::mail::graph::WHO;
use schema::ids::WorkspaceId;
use schema::limiter::LimitKind;
use schema::room::RoomCommand;
use schema::room::access::{LinkIdentity, LoginByIdentity};
use schema::{ActorKind, Code, Millis, Permission, Reject};
use serde::{Deserialize, Serialize};

/// Where to send the browser, and what to keep until it is back.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignInAt {
    /// An address of Microsoft's.
    url: String,
    /// Until when whoever goes there has to be back.
    expires_at: Millis,
    /// For the page that began, to be sent along with what Microsoft gives; for nobody else.
    secret: String,
}

/// `GET /v1/auth/microsoft/login`: where an agent logs in at Microsoft, to log in here.
///
/// # Errors
/// `invalid_input`, `not_found` where this deployment has no application at Microsoft.
pub async fn begin<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["workspaceId"])?;
    let workspace: Option<WorkspaceId> = query.parse("workspaceId", "a workspace's id")?;
    let workspace = workspace.ok_or_else(|| Reject::field("workspaceId", "must be there"))?;
    let application = microsoft::application(&call)?;
    let secret = microsoft::random(&call);
    let LogInAt { url, expires_at } =
        microsoft::send_off(&call, application, workspace, WHO, &browser(&secret))?;
    Reply::of(&SignInAt { url, expires_at, secret })
}

/// Whom a log-in belongs to that nobody is logged in for.
fn browser(secret: &str) -> String {
    format!("microsoft-login|{secret}")
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Back {
    /// As Microsoft gives it.
    code: String,
    /// As Microsoft gives it back.
    state: String,
    /// As it was given where the log-in began.
    secret: String,
}

/// `POST /v1/auth/microsoft/login`: back from there. It answers with a session.
///
/// # Errors
/// `rate_limited`; `unauthorized` alike for a log-in that is over, was used or is another
/// browser's, and for an account that no active agent of the workspace has linked; `unavailable`
/// where Microsoft does not answer; `not_found` where there is no application.
pub async fn log_in<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    auth::limit_address(&call, LimitKind::Login).await?;
    let Back { code, state, secret } = call.body(&[]).await?;
    let application = microsoft::application(&call)?;
    let begun = microsoft::open(&call, &browser(&secret), &state).map_err(alike)?;
    let exchanged = microsoft::exchange(&call, application, &begun, &state, &code).await;
    let (_, said) = exchanged.map_err(alike)?;
    let account = &sha256_hex(format!("{}|{}", said.tid, said.oid).as_bytes())[..32];
    auth::limit(&call, LimitKind::Account, begun.workspace, account).await?;
    // A log-in opens one session, however often it is carried out.
    let nonce = call.config.keys.nonce_of("microsoft-login", &begun.nonce);
    let refresh_token = call.config.keys.opaque(begun.workspace, Purpose::Refresh, &nonce);
    let command = RoomCommand::LoginByIdentity(LoginByIdentity {
        tenant_id: said.tid,
        user_id: said.oid,
        refresh_hash: sha256_hex(refresh_token.as_bytes()),
    });
    let (room, visitor) = (begun.workspace.to_string(), auth::visitor(begun.workspace));
    let reply = call.ask(ActorKind::WorkspaceRoom, room, visitor, Some(nonce), &command).await;
    sessions::open(&call, &reply.map_err(alike)?, Some(refresh_token))
}

/// One refusal for all that is wrong with a log-in.
fn alike(reject: Reject) -> Reject {
    if !matches!(reject.code, Code::InvalidInput | Code::Unauthorized | Code::Conflict) {
        return reject;
    }
    let text = "this log-in opens nothing: begin anew, with an account that was linked before";
    Reject::new(Code::Unauthorized, text)
}

/// `GET /v1/auth/microsoft/link`: where an agent logs in to link their account.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found` where this deployment has no application at Microsoft.
pub async fn begin_link<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Read).await?;
    let owner = microsoft::owner_for(LINK, &principal)?;
    let application = microsoft::application(&call)?;
    Reply::of(&microsoft::send_off(&call, application, principal.workspace, WHO, &owner)?)
}

/// What a log-in is for that links an account.
const LINK: &str = "microsoft-link";

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Linking {
    /// As Microsoft gives it.
    code: String,
    /// As Microsoft gives it back.
    state: String,
    /// Of the agent, here.
    current_password: String,
}

/// `POST /v1/auth/microsoft/link`: back from there. It answers with the account, which its agent
/// logs in by from now on.
///
/// # Errors
/// `rate_limited`, `unauthorized`, `forbidden` for a wrong password; `invalid_input` for a log-in
/// that is over, was used, or is another session's; `unavailable` where Microsoft does not answer;
/// the room's.
pub async fn link<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let agent = sessions::me(&call, &principal).await?;
    let owner = microsoft::owner_for(LINK, &principal)?;
    auth::limit_address(&call, LimitKind::Login).await?;
    let Linking { code, state, current_password } = call.body(&[]).await?;
    password::length("currentPassword", &current_password)?;
    let application = microsoft::application(&call)?;
    let begun = microsoft::open(&call, &owner, &state)?;
    let current_hash = sessions::prove(&call, &principal, agent, &current_password).await?;
    let (_, said) = microsoft::exchange(&call, application, &begun, &state, &code).await?;
    let command = RoomCommand::LinkIdentity(LinkIdentity {
        current_hash,
        tenant_id: said.tid,
        user_id: said.oid,
    });
    let room = principal.workspace.to_string();
    let key = Some(format!("{LINK}:{}", begun.nonce));
    call.ask(ActorKind::WorkspaceRoom, room, principal, key, &command).await
}
