//! Invitations. The token is shown once, to who invites: Postroom has no mailbox of its own to send
//! it from, and the inviter knows where the invited read.

use super::sessions;
use crate::app::{Call, read};
use crate::auth;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::token::{Purpose, read_opaque, sha256_hex};
use schema::limiter::LimitKind;
use schema::room::RoomCommand;
use schema::room::access::{AcceptInvitation, Invitation, Invite};
use schema::{Reject, Role};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct NewInvitation {
    email: String,
    #[serde(default)]
    name: Option<String>,
    role: Role,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Invited {
    invitation: Invitation,
    token: String,
}

/// `POST /v1/invitations`.
///
/// # Errors
/// The room's.
pub async fn invite<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let input: NewInvitation = call.body(&[]).await?;
    let nonce = call.nonce(&format!("invite|{}", principal.key_scope()))?;
    let token = call.config.keys.opaque(principal.workspace, Purpose::Invitation, &nonce);
    let token_hash = sha256_hex(token.as_bytes());
    let NewInvitation { email, name, role } = input;
    let command = RoomCommand::Invite(Invite { email, name, role, token_hash });
    let reply = call.room_as(principal, &command).await?;
    let invited = Invited { invitation: read(&reply)?, token };
    let location = Some(format!("/v1/invitations/{}", invited.invitation.id));
    Ok(Reply { status: 201, replayed: reply.replayed, location, ..Reply::of(&invited)? })
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Acceptance {
    token: String,
    password: String,
    #[serde(default)]
    name: Option<String>,
}

/// `POST /v1/invitations/accept`.
///
/// # Errors
/// `invalid_input`, `rate_limited`, the room's.
pub async fn accept<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    auth::limit_address(&call, LimitKind::Token).await?;
    let input: Acceptance = call.body(&[]).await?;
    let (workspace, token_hash) = read_opaque(&input.token)?;
    let scope = format!("accept|{token_hash}");
    let password_hash = sessions::hash_password(&call, &scope, "password", &input.password)?;
    let nonce = call.nonce(&scope)?;
    let refresh_token = call.config.keys.opaque(workspace, Purpose::Refresh, &nonce);
    let refresh_hash = sha256_hex(refresh_token.as_bytes());
    let command = RoomCommand::AcceptInvitation(AcceptInvitation {
        token_hash,
        name: input.name,
        password_hash,
        refresh_hash,
    });
    let reply = call.room_as(auth::visitor(workspace), &command).await?;
    Ok(Reply { status: 201, ..sessions::open(&call, &reply, Some(refresh_token))? })
}
