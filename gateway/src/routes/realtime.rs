//! The way into a room's WebSocket.
//!
//! A browser shows a page nothing of a refused upgrade but that it failed; so a refusal is an
//! accepted socket that is closed with a code. Nothing that the client sent is passed on to the
//! room but what is in [`Connect`].

use crate::app::{Call, read};
use crate::platform::Platform;
use crate::query::Query;
use crate::respond::Reply;
use crate::token::{Purpose, read_opaque, sha256_hex};
use schema::frame::{Codec, Connect};
use schema::ids::WorkspaceId;
use schema::room::RoomCommand;
use schema::room::access::{CreateRealtimeTicket, TicketMade};
use schema::view::{self, View};
use schema::{Code, Millis, Reject, codec};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "RealtimeTicket"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ticket {
    ticket: String,
    expires_at: Millis,
}

/// How long the text of views may be, in bytes.
const VIEWS_BYTES_MAX: usize = 4_096;

#[derive(Deserialize)]
struct Nothing {}

/// `POST /v1/realtime/tickets`.
///
/// # Errors
/// The room's.
pub async fn ticket<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let Nothing {} = call.body_or_empty(&[]).await?;
    let nonce = call.nonce(&format!("realtime|{}", principal.key_scope()))?;
    let ticket = call.config.keys.opaque(principal.workspace, Purpose::Realtime, &nonce);
    let ticket_hash = sha256_hex(ticket.as_bytes());
    let command = RoomCommand::CreateRealtimeTicket(CreateRealtimeTicket { ticket_hash });
    let reply = call.room_as(principal, &command).await?;
    let TicketMade { expires_at } = read(&reply)?;
    let view = Ticket { ticket, expires_at };
    Ok(Reply { status: 201, replayed: reply.replayed, ..Reply::of(&view)? })
}

/// `GET /realtime`, `GET /v1/realtime`.
///
/// # Errors
/// `bad_request` for a request that is no upgrade; every other refusal is a close code.
pub async fn join<P: Platform>(call: Call<'_, P>) -> Result<P::Socket, Reject> {
    if !call.request.is_upgrade() {
        return Err(Reject::new(Code::BadRequest, "this path takes WebSocket upgrades"));
    }
    let offered = call.request.headers.get("sec-websocket-protocol");
    let codec = choose(offered.as_deref());
    // A client that offers protocols drops a connection that speaks none of them, even one that is
    // only opened to be closed with a code.
    let protocol = offered.as_deref().map(|offered| match &codec {
        Ok(codec) => codec.subprotocol(),
        Err(_) => offered.split(',').next().unwrap_or_default().trim(),
    });
    let connect = codec.clone().and_then(|codec| connect(&call, codec));
    match connect {
        Ok(connect) => match call.platform.join(&connect, protocol).await {
            Err(why) => call.platform.refuse(protocol, &why),
            joined => joined,
        },
        Err(why) => call.platform.refuse(protocol, &why),
    }
}

fn connect<P: Platform>(call: &Call<'_, P>, codec: Codec) -> Result<Connect, Reject> {
    check_origin(call)?;
    let query = call.query(&["workspaceId", "since", "ticket", "views"])?;
    let since = query.count("since")?;
    let named: Option<WorkspaceId> = query.parse("workspaceId", "a workspace's id")?;
    let workspace = named.ok_or_else(|| Reject::field("workspaceId", "must be there"))?;
    let ticket_hash = match query.text("ticket")? {
        Some(ticket) => {
            let (of, hash) = read_opaque(&ticket)?;
            (of == workspace).then_some(Some(hash)).ok_or_else(unauthorized)?
        }
        None => None,
    };
    let principal = match ticket_hash {
        Some(_) => None,
        None => Some(call.principal()?),
    };
    if principal.as_ref().is_some_and(|principal| principal.workspace != workspace) {
        return Err(unauthorized());
    }
    let instance = workspace.to_string();
    let (views, poll) = (views(&query)?, None);
    Ok(Connect { instance, workspace, ticket_hash, principal, since, codec, views, poll })
}

/// What the client wants to see: a JSON list of views; everything where it does not say.
///
/// # Errors
/// `invalid_input`.
pub(crate) fn views(query: &Query) -> Result<Vec<View>, Reject> {
    let Some(text) = query.long("views", VIEWS_BYTES_MAX)? else { return Ok(Vec::new()) };
    let views: Vec<View> =
        codec::from_json(text.as_bytes()).map_err(|error| Reject::field("views", error.message))?;
    view::check(&views)?;
    Ok(views)
}

fn unauthorized() -> Reject {
    Reject::new(Code::Unauthorized, "this is not a ticket of the workspace")
}

/// A browser says where its page is from; a program that is none says nothing.
fn check_origin<P: Platform>(call: &Call<'_, P>) -> Result<(), Reject> {
    let Some(origin) = call.request.headers.get("origin") else { return Ok(()) };
    if origin == call.request.origin || call.config.origins.has(&origin) {
        return Ok(());
    }
    Err(Reject::forbidden("pages of this origin may not connect"))
}

/// The first subprotocol that is ours; JSON where the client names none.
fn choose(offered: Option<&str>) -> Result<Codec, Reject> {
    let Some(offered) = offered else { return Ok(Codec::Json) };
    let ours = |name: &str| {
        [Codec::Json, Codec::Msgpack].into_iter().find(|codec| codec.subprotocol() == name)
    };
    let found = offered.split(',').find_map(|name| ours(name.trim()));
    let message = "offer postroom.v1.json or postroom.v1.msgpack";
    found.ok_or_else(|| Reject::new(Code::BadRequest, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_subprotocol_of_ours_is_chosen() {
        assert_eq!(choose(None), Ok(Codec::Json));
        assert_eq!(choose(Some("x, postroom.v1.msgpack, postroom.v1.json")), Ok(Codec::Msgpack));
        assert_eq!(choose(Some("postroom.v1.json")), Ok(Codec::Json));
        assert!(choose(Some("graphql-ws")).is_err() && choose(Some("")).is_err());
    }
}
