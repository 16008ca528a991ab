//! Registering, logging in and out: where passwords are checked and tokens are made.
//!
//! The room sees hashes only. What is random in a request (salt, tokens, a new workspace's id) is
//! made of its idempotency key where it has one, so that the same request asks for the same thing.

use crate::app::{Call, read};
use crate::auth;
use crate::password;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::token::{Access, Purpose, read_opaque, sha256_hex};
use schema::ids::WorkspaceId;
use schema::limiter::LimitKind;
use schema::room::RoomCommand;
use schema::room::access::{
    Agent, BeginLogin, ChangePassword, Login, LoginBegun, Me, Opened, Own, Refresh, Refreshed,
    Register, Workspace,
};
use schema::{Caller, Code, Millis, Principal, Reject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a client gets for a session.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Session"))]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Until when it is good.
    pub access_expires_at: Millis,
    /// For `POST /v1/auth/refresh`, once. Missing where the client keeps the one it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Until when the session can be refreshed.
    pub session_expires_at: Millis,
    /// The workspace.
    pub workspace: Workspace,
    /// Who is logged in.
    pub agent: Agent,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewWorkspace {
    name: String,
    owner_email: String,
    owner_name: String,
    password: String,
}

/// `POST /v1/workspaces`.
///
/// # Errors
/// `invalid_input`, `rate_limited`, `forbidden` where registration is closed, the room's.
pub async fn register<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    allow_registration(&call).await?;
    let input: NewWorkspace = call.body(&[]).await?;
    let owner_email = schema::check::email("ownerEmail", &input.owner_email)?;
    password::check("password", &input.password)?;
    let nonce = call.nonce(&format!("register|{owner_email}"))?;
    let workspace = workspace_of(&nonce, call.platform.now(), call.key()?.is_some());
    let refresh_token = call.config.keys.opaque(workspace, Purpose::Refresh, &nonce);
    let command = RoomCommand::Register(Register {
        name: input.name,
        owner_email,
        owner_name: input.owner_name,
        password_hash: password::hash(&input.password, &salt(&nonce))?,
        refresh_hash: sha256_hex(refresh_token.as_bytes()),
    });
    let reply = call.room_as(auth::visitor(workspace), &command).await?;
    let mut reply = open(&call, &reply, Some(refresh_token))?;
    reply.status = 201;
    reply.location = Some(format!("/v1/workspaces/{workspace}"));
    Ok(reply)
}

async fn allow_registration<P: Platform>(call: &Call<'_, P>) -> Result<(), Reject> {
    if call.request.bearer()?.is_some() && call.principal()?.caller == Caller::Operator {
        return Ok(());
    }
    if !call.config.open_registration {
        return Err(Reject::forbidden("registration is closed: ask the operator"));
    }
    auth::limit_address(call, LimitKind::Register).await
}

/// An id for a workspace: a UUIDv7, or where it must come out the same again, a UUIDv8.
fn workspace_of(nonce: &str, now: Millis, again: bool) -> WorkspaceId {
    let hash = Sha256::digest(format!("workspace|{nonce}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    if again {
        return WorkspaceId(uuid::Builder::from_custom_bytes(bytes).into_uuid());
    }
    let mut random = [0; 10];
    random.copy_from_slice(&hash[16..26]);
    let millis = u64::try_from(now).unwrap_or(0);
    WorkspaceId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

fn salt(nonce: &str) -> [u8; 32] {
    Sha256::digest(format!("salt|{nonce}")).into()
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    workspace_id: WorkspaceId,
    email: String,
    password: String,
}

/// `POST /v1/auth/login`.
///
/// # Errors
/// `rate_limited`, `unauthorized` alike for an unknown workspace, address or password.
pub async fn login<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    auth::limit_address(&call, LimitKind::Login).await?;
    let input: Credentials = call.body(&[]).await?;
    let email = schema::check::email("email", &input.email)?;
    password::length("password", &input.password)?;
    let account = &sha256_hex(email.as_bytes())[..32];
    auth::limit(&call, LimitKind::Account, input.workspace_id, account).await?;
    let visitor = auth::visitor(input.workspace_id);
    let begin = RoomCommand::BeginLogin(BeginLogin { email: email.clone() });
    let begun: LoginBegun = call.room_reads(visitor.clone(), &begin).await?;
    let right = password::verify(&input.password, begun.password_hash.as_deref());
    let (Some(agent_id), Some(password_hash), true) = (begun.agent_id, begun.password_hash, right)
    else {
        return Err(Reject::new(Code::Unauthorized, "the address or the password is wrong"));
    };
    let nonce = call.nonce(&format!("login|{}|{email}", input.workspace_id))?;
    let refresh_token = call.config.keys.opaque(input.workspace_id, Purpose::Refresh, &nonce);
    let refresh_hash = sha256_hex(refresh_token.as_bytes());
    // A request that is sent again with its key must ask for the same, and by then the hash is
    // another. Two at once make the same one, so that neither finds the other's in its way.
    let rehash = match call.key()? {
        Some(_) => None,
        None => {
            let nonce = call.config.keys.nonce_of("rehash", &password_hash);
            password::renewed(&input.password, &password_hash, &salt(&nonce))?
        }
    };
    let command = RoomCommand::Login(Login { agent_id, password_hash, refresh_hash, rehash });
    let reply = call.room_as(visitor, &command).await?;
    open(&call, &reply, Some(refresh_token))
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefreshToken {
    refresh_token: String,
}

/// `POST /v1/auth/refresh`.
///
/// # Errors
/// `rate_limited`, `unauthorized`.
pub async fn refresh<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    auth::limit_address(&call, LimitKind::Token).await?;
    let input: RefreshToken = call.body(&[]).await?;
    let (workspace, token_hash) = read_opaque(&input.refresh_token)?;
    let nonce = call.nonce(&format!("refresh|{token_hash}"))?;
    let next = call.config.keys.opaque(workspace, Purpose::Refresh, &nonce);
    let next_hash = sha256_hex(next.as_bytes());
    let command = RoomCommand::Refresh(Refresh { token_hash, next_hash });
    let reply = call.room_as(auth::visitor(workspace), &command).await?;
    let refreshed: Refreshed = read(&reply)?;
    let Some(opened) = refreshed.opened else {
        return Err(Reject::new(Code::Unauthorized, "the session is over: log in"));
    };
    let shown = show(&call, opened, Some(next));
    Ok(Reply { replayed: reply.replayed, ..Reply::of(&shown)? })
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Passwords {
    current_password: String,
    new_password: String,
}

/// `POST /v1/auth/password`.
///
/// # Errors
/// `invalid_input`, `rate_limited`, `unauthorized`, `forbidden` for a wrong password.
pub async fn change_password<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    auth::limit_address(&call, LimitKind::Login).await?;
    let input: Passwords = call.body(&[]).await?;
    password::length("currentPassword", &input.current_password)?;
    password::check("newPassword", &input.new_password)?;
    let own = me(&call, &principal).await?;
    let nonce = call.nonce(&format!("password|{}", own.id))?;
    let current_hash = prove(&call, &principal, own, &input.current_password).await?;
    let new_hash = password::hash(&input.new_password, &salt(&nonce))?;
    let command = RoomCommand::ChangePassword(ChangePassword { current_hash, new_hash });
    let reply = call.room_as(principal, &command).await?;
    open(&call, &reply, None)
}

/// Who calls.
///
/// # Errors
/// The room's refusals.
pub(super) async fn me<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
) -> Result<Agent, Reject> {
    let own: Own = call.room_reads(principal.clone(), &RoomCommand::Me(Me {})).await?;
    Ok(own.agent)
}

/// Has an agent prove by the password that it is they who ask; gives the hash that was compared.
///
/// # Errors
/// `rate_limited`, `forbidden`.
pub(super) async fn prove<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    agent: Agent,
    text: &str,
) -> Result<String, Reject> {
    let account = &sha256_hex(agent.email.as_bytes())[..32];
    auth::limit(call, LimitKind::Account, principal.workspace, account).await?;
    let begin = RoomCommand::BeginLogin(BeginLogin { email: agent.email });
    let visitor = auth::visitor(principal.workspace);
    let begun: LoginBegun = call.room_reads(visitor, &begin).await?;
    let right = password::verify(text, begun.password_hash.as_deref());
    match begun.password_hash {
        Some(hash) if right => Ok(hash),
        _ => Err(Reject::forbidden("the current password is wrong")),
    }
}

/// Makes a client's session of what the room says.
///
/// # Errors
/// `internal` where the room's reply has another shape.
pub fn open<P: Platform>(
    call: &Call<'_, P>,
    reply: &Reply,
    refresh_token: Option<String>,
) -> Result<Reply, Reject> {
    let shown = show(call, read(reply)?, refresh_token);
    Ok(Reply { replayed: reply.replayed, ..Reply::of(&shown)? })
}

fn show<P: Platform>(
    call: &Call<'_, P>,
    opened: Opened,
    refresh_token: Option<String>,
) -> SessionView {
    let access = Access {
        workspace: opened.workspace.id,
        agent: opened.agent.id,
        session: opened.session.id,
        epoch: opened.session.epoch,
        role: opened.agent.role,
    };
    let (access_token, access_expires_at) = call.config.keys.access(&access, call.platform.now());
    SessionView {
        access_token,
        access_expires_at,
        refresh_token,
        session_expires_at: opened.session.expires_at,
        workspace: opened.workspace,
        agent: opened.agent,
    }
}

/// A salt for a password, made like everything else that is random here.
///
/// # Errors
/// `invalid_input` for a bad key.
pub fn hash_password<P: Platform>(
    call: &Call<'_, P>,
    scope: &str,
    field: &str,
    text: &str,
) -> Result<String, Reject> {
    password::check(field, text)?;
    password::hash(text, &salt(&call.nonce(scope)?))
}
